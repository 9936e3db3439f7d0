"""The daemon's pulse: whether its one job thread still does its work."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE_SECONDS = 60.0
PATIENCE_TICKS = 5


class Pulse:
    """When the job thread last got on with its work: a tick, a batch of leads or a segment of the spool was done.

    Beaten by the job thread, felt by any other. `tick` is the seconds from one tick to the next.
    """

    def __init__(self, tick: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._patience = max(PATIENCE_SECONDS, PATIENCE_TICKS * tick)
        self._last = monotonic()

    def beat(self) -> None:
        """Something was done."""
        self._last = self._monotonic()

    @property
    def silence(self) -> float:
        """Seconds since the last beat, or since the start."""
        return self._monotonic() - self._last

    @property
    def is_felt(self) -> bool:
        """Whether the last beat is not older than a minute, nor than five ticks."""
        return self.silence <= self._patience
