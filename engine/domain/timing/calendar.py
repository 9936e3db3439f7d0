"""Which local dates are working days, and on which no marketing mail may go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from engine.domain.timing.local import ONE_DAY

SATURDAY_AND_SUNDAY = frozenset({5, 6})

_LONGEST_STREAK_OF_DAYS_OFF = 400


class Calendar(Protocol):
    """What timing asks about a local date; one calendar per country of the leads."""

    def is_holiday(self, day: date) -> bool:
        """A public holiday: no working day, and no marketing mail."""
        ...

    def is_blackout(self, day: date) -> bool:
        """A date on which the company wants no marketing mail to go; business days still count it."""
        ...

    def is_working_day(self, day: date) -> bool:
        """A day on which people are at work there: no weekend of that country, and no holiday."""
        ...


@dataclass(frozen=True, slots=True)
class PlainCalendar:
    """A calendar of listed dates; by default only Saturdays and Sundays are off."""

    holidays: frozenset[date] = frozenset()
    blackouts: frozenset[date] = frozenset()
    weekend: frozenset[int] = SATURDAY_AND_SUNDAY

    def is_holiday(self, day: date) -> bool:
        return day in self.holidays

    def is_blackout(self, day: date) -> bool:
        return day in self.blackouts

    def is_working_day(self, day: date) -> bool:
        return day.weekday() not in self.weekend and day not in self.holidays


def mail_may_go(day: date, calendar: Calendar) -> bool:
    """Whether marketing mail may go on that local date at all."""
    return not calendar.is_blackout(day) and not calendar.is_holiday(day)


def business_day(start: date, count: int, calendar: Calendar) -> date:
    """The `count`-th working day after `start` (before it, if negative); `start` itself never counts.

    A calendar without working days cannot stop it: after 400 days off in a row it takes the day that it has reached.
    """
    step = ONE_DAY if count > 0 else -ONE_DAY
    day = start
    for _ in range(abs(count)):
        day = _next_working_day(day, step, calendar)
    return day


def _next_working_day(day: date, step: timedelta, calendar: Calendar) -> date:
    for _ in range(_LONGEST_STREAK_OF_DAYS_OFF):
        day += step
        if calendar.is_working_day(day):
            break
    return day
