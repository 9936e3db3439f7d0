"""When something happens in a scenario: "Mon 2 Nov 09:10", a day alone, or so long after the step before."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from engine.authoring.reader import Converter, Notes
from engine.authoring.toml_source import Item
from engine.authoring.values import delay
from engine.domain.scenario import ONE_MINUTE, Moment
from engine.domain.timing import Delay
from engine.domain.timing.local import instant_at, start_of
from engine.domain.timing.words import DAYS, MONTHS, clock_hint, read_clock, read_weekday, squeeze, weekday_hint
from engine.errors import did_you_mean

EXAMPLE = "Mon 2 Nov 09:10"
_LONG_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
_LONG_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DATE = re.compile(
    r"(?:(?P<weekday>[^\W\d]+)\.?,? )?(?P<day>\d{1,2})\.? (?P<month>[^\W\d]+)\.?(?: (?P<year>\d{4}))?,?"
    r"(?: (?P<time>\S.*))?"
)
_UNTIL = "until "


class Clock(NamedTuple):
    """How a scenario counts time: its zone, and the local day on which it begins."""

    zone: ZoneInfo
    first: date


def moment(clock: Clock, *, minute: bool) -> Converter[Moment]:
    """A minute of the scenario's local time; unless one is asked for, a whole day too."""

    def convert(item: Item, notes: Notes) -> Moment | None:
        found = _read(item.value, clock)
        if isinstance(found, Moment) and minute and found.is_day:
            found = f"'{item.value}' is a whole day, and something happens at a time: write '{EXAMPLE}'"
        if isinstance(found, Moment):
            return found
        message, _, hint = found.partition(": ")
        notes.error("E407", item.place, message, hint)
        return None

    return convert


def stretch(clock: Clock) -> Converter[Moment | Delay]:
    """How long: "60d", "3 business days", "until Tue 10:00" or "until Mon 9 Nov 09:00"."""

    def convert(item: Item, notes: Notes) -> Moment | Delay | None:
        text = squeeze(item.value) if isinstance(item.value, str) else ""
        rest = text[len(_UNTIL) :]
        if text.casefold().startswith(_UNTIL) and _DATE.fullmatch(rest):
            found = _read(rest, clock)
            if isinstance(found, Moment):
                return found
            message, _, hint = found.partition(": ")
            notes.error("E407", item.place, message, hint)
            return None
        return delay(item, notes)

    return convert


def local_instant(value: datetime, zone: ZoneInfo) -> datetime:
    """The UTC instant of a wall time in a zone; one with an offset means itself."""
    if value.tzinfo is not None:
        return value.astimezone(UTC)
    return instant_at(value.date(), value.time(), zone)


def _read(value: object, clock: Clock) -> Moment | str:
    match value:
        case datetime():
            return _minute(local_instant(value, clock.zone))
        case date():
            return _day(value, clock)
        case str():
            return _read_text(squeeze(value), clock)
        case _:
            return f"this is no moment: write '{EXAMPLE}'"


def _read_text(text: str, clock: Clock) -> Moment | str:
    found = _DATE.fullmatch(text)
    if found is None:
        return f"'{text}' is no moment: write weekday, day, month and time, as in '{EXAMPLE}'"
    month = _month(found["month"])
    if month is None:
        return (
            f"'{found['month']}' in '{text}' is no month: {did_you_mean(found['month'], MONTHS) or 'write Jan … Dec'}"
        )
    day = _date(int(found["day"]), month, int(found["year"]) if found["year"] else None, clock.first)
    if day is None:
        return f"'{text}' is no day of the calendar: look it up"
    wrong = _wrong_weekday(found["weekday"], day, text)
    if wrong:
        return wrong
    if found["time"] is None:
        return _day(day, clock)
    clock_time = read_clock(found["time"])
    if clock_time is None:
        return f"'{found['time']}' in '{text}' is no time of day: {clock_hint(found['time'])}"
    return _minute(instant_at(day, clock_time, clock.zone))


def _month(word: str) -> int | None:
    lowered = word.casefold()
    short = [month.casefold() for month in MONTHS]
    for names in (short, _LONG_MONTHS):
        if lowered in names:
            return list(names).index(lowered) + 1
    return None


def _date(day: int, month: int, year: int | None, first: date) -> date | None:
    """The date; without a year the first one since the scenario begins."""
    for candidate in (year,) if year is not None else range(first.year, first.year + 9):
        try:
            found = date(candidate, month, day)
        except ValueError:
            continue
        if year is not None or found >= first:
            return found
    return None


def _wrong_weekday(word: str | None, day: date, text: str) -> str:
    if word is None:
        return ""
    weekday = read_weekday(word)
    if weekday is None:
        return f"'{word}' in '{text}' is no weekday: {weekday_hint(word)}"
    if weekday == day.weekday():
        return ""
    told = f"{day.day} {MONTHS[day.month - 1]} {day.year}"
    return f"{told} is a {_LONG_DAYS[day.weekday()]}, not a {_LONG_DAYS[weekday]}: write '{DAYS[day.weekday()]}'"


def _minute(instant: datetime) -> Moment:
    start = instant.replace(second=0, microsecond=0)
    return Moment(start, start + ONE_MINUTE)


def _day(day: date, clock: Clock) -> Moment:
    return Moment(start_of(day, clock.zone), start_of(day + timedelta(days=1), clock.zone))
