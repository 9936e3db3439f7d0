"""The days that a report is about, as days of the company and as the instants at which they begin and end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from engine.domain.timing.local import start_of
from engine.service.home import Home
from engine.service.reports.report import Asked


@dataclass(frozen=True, slots=True)
class Window:
    """Days, both included; `begins` is the first one's start and `ends` that of the day after the last, in UTC."""

    first: date
    last: date
    begins: datetime
    ends: datetime

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def told(self) -> str:
        """`2 Nov – 29 Nov 2026`."""
        year = f" {self.first.year}" if self.first.year != self.last.year else ""
        return f"{self.first.day} {self.first:%b}{year} – {self.last.day} {self.last:%b} {self.last.year}"


def window_of(home: Home, asked: Asked, days: int) -> Window:
    """The days that are asked for: until today by default, and so many of them by default."""
    last = asked.last or home.clock.now().astimezone(home.zone).date()
    return window_from(home, asked.first or last - timedelta(days=days - 1), last)


def window_from(home: Home, first: date, last: date) -> Window:
    """These days."""
    return Window(first, last, start_of(first, home.zone), start_of(last + timedelta(days=1), home.zone))


def before(home: Home, window: Window) -> Window:
    """As many days right before."""
    return window_from(home, window.first - timedelta(days=window.days), window.first - timedelta(days=1))
