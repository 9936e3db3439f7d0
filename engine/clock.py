"""Time as a parameter: who needs the time is given a clock, or better, the instant itself.

Every instant in the engine is an aware `datetime` in UTC; local time exists only inside `engine.domain.timing`.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the present instant, in UTC."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class SteppedClock:
    """A clock that stands still until it is moved: for the demo, simulations and tests.

    Safe to read from several threads. It never goes back by `step_to`; `set_to` moves it anywhere, as a clock fault.
    """

    def __init__(self, start: datetime) -> None:
        self._now = require_utc(start)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        with self._lock:
            return self._now

    def step_to(self, instant: datetime) -> None:
        with self._lock:
            self._now = max(self._now, require_utc(instant))

    def set_to(self, instant: datetime) -> None:
        with self._lock:
            self._now = require_utc(instant)


def require_utc(instant: datetime) -> datetime:
    """The same instant in UTC.

    Raises:
        ValueError: the datetime is naive, so nobody knows which instant it means.
    """
    if instant.tzinfo is UTC:
        return instant
    if instant.tzinfo is None:
        raise ValueError(f"{instant.isoformat()} has no time zone; instants in Ripeline are aware, in UTC")
    return instant.astimezone(UTC)
