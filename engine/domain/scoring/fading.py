"""How points fade, in whole numbers.

A score is compared with rules, by us and by two databases; sums of fractions would come out differently by their order.
So one occurrence is worth a whole number of units, ten thousand to a point, rounded once by its age; everything behind
that adds whole numbers, and a score is their sum rounded to tenths.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from math import ceil, floor, log2

UNITS = 10_000
"""Units to a point."""

_TENTH = UNITS // 10
_DAY = timedelta(days=1)


def units(points: float) -> int:
    """So many points in units, halves rounded up."""
    return floor(points * UNITS + 0.5)


def score_from(worth: int) -> float:
    """Units as a score, in tenths of a point, halves rounded up."""
    return (worth + _TENTH // 2) // _TENTH / 10


def points_from(worth: int) -> float:
    """Units as points, for people to read."""
    return worth / UNITS


def age_of_day(day: date, now: datetime) -> int:
    """How many midnights UTC lie between a day and an instant (UTC)."""
    return max(0, (now.date() - day).days)


class Fading:
    """What one occurrence is worth, by its age in days."""

    __slots__ = ("_half_life", "_known", "_points", "lasts")

    def __init__(self, points: float, half_life: timedelta) -> None:
        self._points = points
        self._half_life = half_life / _DAY
        self._known: dict[int, int] = {}
        self.lasts = ceil(self._half_life * log2(max(1.0, 2 * abs(points) * UNITS))) + 1

    def worth(self, age: int) -> int:
        """In units; 0 from an age of `lasts` days on."""
        found = self._known.get(age)
        if found is None:
            halves = min(age / self._half_life, 1_000.0)
            found = self._known[age] = units(self._points * 0.5**halves) if age < self.lasts else 0
        return found
