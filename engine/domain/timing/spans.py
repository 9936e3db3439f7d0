"""What `wait`, `after`, `within` and `max` may say: "10m", "1d 12h", "3 business days", "until Tue 10:00".

Hours and minutes are elapsed time. Days and weeks keep the local time of day across a change of clocks: two days after
10:00 is 10:00, because that is what people expect who say "two days".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from engine.domain.timing.calendar import Calendar, business_day
from engine.domain.timing.local import instant_at, local_date, same_time_on, shift_days
from engine.domain.timing.words import (
    DAYS,
    clock_hint,
    plural,
    read_clock,
    read_weekday,
    squeeze,
    tell_clock,
    weekday_hint,
)
from engine.errors import did_you_mean

LONGEST_DAYS = 3660
"""Nothing here may be longer than ten years: longer is a slip of the keyboard, and would overflow dates."""


@dataclass(frozen=True, slots=True)
class Span:
    """Local days, and then elapsed seconds."""

    days: int = 0
    seconds: int = 0

    @property
    def is_zero(self) -> bool:
        return not self.days and not self.seconds

    @property
    def elapsed(self) -> timedelta:
        """The length where no zone is known: days of 24 hours."""
        return timedelta(days=self.days, seconds=self.seconds)


@dataclass(frozen=True, slots=True)
class BusinessDays:
    """That many working days later, at the same local time of day."""

    count: int


@dataclass(frozen=True, slots=True)
class UntilClock:
    """The next time that the local clock shows `time` (on `weekday`, 0 = Monday), strictly later than the start."""

    weekday: int | None
    time: time


Delay = Span | BusinessDays | UntilClock
LONGEST_SHIFT = timedelta(hours=2)
"""Summer time puts clocks on by one hour, and twice that once did; a local day is shorter by no more."""


def at_least(delay: Delay) -> timedelta:
    """How long a delay lasts at the least, whenever it begins; for those who need not know it exactly."""
    match delay:
        case Span():
            return max(timedelta(), delay.elapsed - LONGEST_SHIFT) if delay.days else delay.elapsed
        case BusinessDays():
            return max(timedelta(), timedelta(days=delay.count) - LONGEST_SHIFT)
        case UntilClock():
            return timedelta()


_SECONDS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600),
}
_DAYS = {**dict.fromkeys(("d", "day", "days"), 1), **dict.fromkeys(("w", "wk", "wks", "week", "weeks"), 7)}
_SPELLED = ("seconds", "minutes", "hours", "days", "weeks")
_TOO_LONG_UNITS = {**dict.fromkeys(("mo", "month", "months"), 30), **dict.fromkeys(("y", "yr", "year", "years"), 365)}

_DIGITS = 4000  # int() refuses longer ones
_PART = re.compile(r"(\d+) ?([^\W\d]+)\.?,? ?(?:and )?", re.IGNORECASE)
_BUSINESS = re.compile(r"(\d+) ([^\W\d]+)[ -](days?)", re.IGNORECASE)
_SPAN_EXAMPLES = "write a length of time such as '10m', '3h', '2d', '4w' or '1d 12h'"
_EXAMPLES = f"{_SPAN_EXAMPLES}, or '3 business days', or 'until Tue 10:00'"


def parse_delay(text: str) -> Delay | str:
    """The delay that a text says, or what is wrong with it, for the person who wrote it."""
    words = squeeze(text)
    if words.casefold().startswith("until"):
        return _parse_until(words)
    if found := _BUSINESS.fullmatch(words):
        return _parse_business(words, int(found[1][:_DIGITS]), found[2])
    return _parse_parts(words, _EXAMPLES)


def parse_span(text: str) -> Span | str:
    """The length of time that a text says, or what is wrong with it; no business days and no "until" here."""
    words = squeeze(text)
    if words.casefold().startswith("until") or _BUSINESS.fullmatch(words):
        return f"'{words}' cannot stand here: {_SPAN_EXAMPLES}"
    return _parse_parts(words, _SPAN_EXAMPLES)


def after(start: datetime, delay: Delay, zone: ZoneInfo, calendar: Calendar) -> datetime:
    """The UTC instant at which a delay that began at `start` (UTC) is over in `zone`; never before `start`."""
    match delay:
        case Span(days=0, seconds=seconds):
            return start + timedelta(seconds=seconds)
        case Span(days=days, seconds=seconds):
            return shift_days(start, days, zone) + timedelta(seconds=seconds)
        case BusinessDays(count=count):
            return same_time_on(business_day(local_date(start, zone), count, calendar), start, zone)
        case UntilClock(weekday=weekday, time=moment):
            return _next_clock(start, weekday, moment, zone)


def before(end: datetime, delay: Span | BusinessDays, zone: ZoneInfo, calendar: Calendar) -> datetime:
    """The UTC instant from which that delay leads to `end`: local days back to the same time of day, then seconds."""
    if isinstance(delay, BusinessDays):
        return same_time_on(business_day(local_date(end, zone), -delay.count, calendar), end, zone)
    return shift_days(end, -delay.days, zone) - timedelta(seconds=delay.seconds)


def tell(delay: Delay) -> str:
    """The delay as "3 business days", "10 minutes", "until Tue 10:00": a text that parses to the same delay."""
    match delay:
        case Span():
            return _tell_span(delay)
        case BusinessDays(count=count):
            return plural(count, "business day")
        case UntilClock(weekday=weekday, time=moment):
            day = "" if weekday is None else f"{DAYS[weekday]} "
            return f"until {day}{tell_clock(moment)}"


def _next_clock(start: datetime, weekday: int | None, moment: time, zone: ZoneInfo) -> datetime:
    day = start.astimezone(zone).date()
    step = 1 if weekday is None else 7
    if weekday is not None:
        day += timedelta(days=(weekday - day.weekday()) % 7)
    while (instant := instant_at(day, moment, zone)) <= start:
        day += timedelta(days=step)
    return instant


def _parse_until(text: str) -> UntilClock | str:
    words = text.split()
    if words[0].casefold() != "until" or not 2 <= len(words) <= 3:
        return f"'{text}' does not say until when: write 'until 10:00' or 'until Tue 10:00'"
    weekday = None
    if len(words) == 3 and (weekday := read_weekday(words[1])) is None:
        return f"'{words[1]}' in '{text}' is no weekday: {weekday_hint(words[1])}"
    if len(words) == 2 and read_weekday(words[1]) is not None:
        return f"'{text}' says no time of day: write 'until {words[1]} 10:00'"
    moment = read_clock(words[-1])
    if moment is None:
        return f"'{words[-1]}' in '{text}' is no time of day: {clock_hint(words[-1])}"
    return UntilClock(weekday, moment)


def _parse_business(text: str, count: int, word: str) -> BusinessDays | str:
    if word.casefold() not in {"business", "working"}:
        near = did_you_mean(word, ("business", "working"))
        hint = f"did you mean '{plural(count, 'business day')}'?" if near else _EXAMPLES
        return f"'{text}' is not understood: {hint}"
    if count < 1:
        return f"'{text}' is no wait: write '1 business day' or more"
    if count * 7 > LONGEST_DAYS * 5:
        return f"'{text}' is longer than ten years"
    return BusinessDays(count)


def _parse_parts(text: str, examples: str) -> Span | str:
    days = seconds = at = 0
    while at < len(text):
        found = _PART.match(text, at)
        if found is None:
            return f"'{text}' is not understood: {_number_hint(text)}{examples}"
        count, unit = int(found[1][:_DIGITS]), found[2].casefold()
        if unit not in _DAYS and unit not in _SECONDS:
            return f"'{text}' is not understood: {_unit_hint(count, found[2])}"
        days += count * _DAYS.get(unit, 0)
        seconds += count * _SECONDS.get(unit, 0)
        at = found.end()
    if not text:
        return f"nothing is written here: {examples}"
    if days * 86_400 + seconds > LONGEST_DAYS * 86_400:
        return f"'{text}' is longer than ten years"
    return Span(days, seconds)


def _number_hint(text: str) -> str:
    if re.search(r"\d[.,]\d|½|¼|¾", text):
        return "use whole numbers ('90m' for 1.5 hours); "
    words = text.casefold().split()
    if len(words) > 1 and (words[-1] in _DAYS or words[-1] in _SECONDS) and not words[0][0].isdecimal():
        return "write the number in digits; "
    return ""


def _unit_hint(count: int, unit: str) -> str:
    if days := _TOO_LONG_UNITS.get(unit.casefold()):
        name = "months" if days < 365 else "years"
        return f"{name} differ in length, so say weeks or days, as in '{count * days}d' or '{count * days // 7}w'"
    if near := did_you_mean(unit, _SPELLED):
        word = near.split("'")[1]
        return f"did you mean '{plural(count, word.removesuffix('s'))}'?"
    return f"'{unit}' is no unit of time; write m, h, d or w, as in '10m', '3h', '2d', '4w'"


def _tell_span(span: Span) -> str:
    parts: list[str] = []
    if span.days:
        parts.append(plural(span.days // 7, "week") if span.days % 7 == 0 else plural(span.days, "day"))
    hours, rest = divmod(span.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    named = ((hours, "hour"), (minutes, "minute"), (seconds, "second"))
    parts += [plural(count, unit) for count, unit in named if count]
    return " ".join(parts) or "0 minutes"
