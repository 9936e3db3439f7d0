"""A time of the week, such as "Mon 07:00"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from engine.domain.timing.local import instant_at
from engine.domain.timing.words import clock_hint, read_clock, read_weekday, weekday_hint


@dataclass(frozen=True, slots=True)
class Weekly:
    """A weekday (0 = Monday) and a local time."""

    weekday: int
    time: time

    def last(self, now: datetime, zone: ZoneInfo) -> datetime:
        """The newest instant at which it was so, in UTC; `now` itself if it is so now."""
        today = now.astimezone(zone).date()
        day = today - timedelta(days=(today.weekday() - self.weekday) % 7)
        found = instant_at(day, self.time, zone)
        return found if found <= now else instant_at(day - timedelta(days=7), self.time, zone)


def parse_weekly(text: str) -> Weekly | str:
    """The time of the week that a text says, or what is wrong with it."""
    words = text.split()
    if len(words) != 2:
        return f"'{text}' is no time of the week: write a weekday and a time, as in 'Mon 07:00'"
    weekday, clock = read_weekday(words[0]), read_clock(words[1])
    if weekday is None:
        return f"'{words[0]}' is no weekday: {weekday_hint(words[0])}"
    if clock is None:
        return f"'{words[1]}' is no time of day: {clock_hint(words[1])}"
    return Weekly(weekday, clock)
