"""Notices that the machine's clock was moved while we run: against a clock that nobody can move."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from engine.domain.witness import CLOCK, DRIFT, told


def steady_seconds() -> float:
    """Seconds since the machine started, sleep included, so that a laptop's nap is no jump."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class ClockWatch:
    """Compares how far the clock and a steady one have come since the last look."""

    def __init__(self, steady: Callable[[], float] = steady_seconds) -> None:
        self._steady = steady
        self._last: tuple[datetime, float] | None = None

    def doubt(self, now: datetime) -> str:
        """That the clock jumped since the last look, in words; empty if it did not."""
        steady, last = self._steady(), self._last
        self._last = (now, steady)
        if last is None:
            return ""
        jump = (now - last[0]) - timedelta(seconds=steady - last[1])
        if abs(jump) <= DRIFT:
            return ""
        return f"{CLOCK}jumped {'forward' if jump > timedelta() else 'back'} by {told(jump)}"
