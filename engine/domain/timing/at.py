"""What `at` may say: "3 days before trigger.trial_ends 10:00", "on lead.birthday 09:00", "1h before vars.webinar"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from engine.clock import require_utc
from engine.domain.timing.calendar import Calendar, business_day
from engine.domain.timing.local import MIDNIGHT, instant_at
from engine.domain.timing.spans import BusinessDays, Span, UntilClock, after, before, parse_delay, tell
from engine.domain.timing.words import clock_hint, looks_like_clock, read_clock, squeeze, tell_clock
from engine.errors import did_you_mean

SCOPES = ("lead", "trigger", "vars")


@dataclass(frozen=True, slots=True)
class At:
    """A moment relative to a date of the lead, the trigger or the campaign.

    `anchor` is (scope, name) with scope lead, trigger or vars. `time` is a local time of day and overrides the window.
    `yearly` takes the anchor's next anniversary, which a birthday needs.
    """

    offset: Span | BusinessDays | None
    before: bool
    anchor: tuple[str, str]
    time: time | None = None
    yearly: bool = False

    @property
    def overrides_window(self) -> bool:
        return self.time is not None


_EXAMPLES = "write a date and, if wanted, a distance and a time, as in '3 days before trigger.trial_ends 10:00'"
_SHAPE = re.compile(
    r"(?P<yearly>(?:every|each) year )?(?:(?P<offset>.+) (?P<side>before|after) |(?:on|at) )?"
    r"(?P<scope>\w+)\.(?P<name>[^\W\d]\w*)(?: (?:at )?(?P<time>\S+))?",
    re.IGNORECASE,
)


def parse_at(text: str) -> At | str:
    """The moment that a text says, or what is wrong with it, for the person who wrote it."""
    words = squeeze(text)
    if not words:
        return f"nothing is written here: {_EXAMPLES}"
    found = _SHAPE.fullmatch(words)
    if found is None:
        return f"'{words}' is not understood: {_shape_hint(words)}"
    scope = found["scope"].casefold()
    if scope not in SCOPES:
        hint = did_you_mean(found["scope"], SCOPES) or f"write {found['name']} after lead., trigger. or vars."
        return f"'{found['scope']}.{found['name']}' in '{words}' is no date that is known here: {hint}"
    offset = _read_offset(found["offset"], words)
    if isinstance(offset, str):
        return offset
    moment = read_clock(found["time"]) if found["time"] else None
    if found["time"] and moment is None:
        return f"'{found['time']}' in '{words}' is no time of day: {clock_hint(found['time'])}"
    if moment is not None and isinstance(offset, Span) and offset.seconds:
        return f"'{words}' says hours or minutes and a time of day: keep one of them"
    side = (found["side"] or "").casefold()
    return At(offset, side == "before", (scope, found["name"]), moment, found["yearly"] is not None)


def when_at(
    at: At,
    anchor_value: date | datetime | None,
    zone: ZoneInfo,
    calendar: Calendar,
    not_before: datetime | None = None,
) -> datetime | None:
    """The UTC instant that `at` means for a lead in `zone`; None if the anchor has no value or lies outside all dates.

    A bare date begins at the start of that local date; a datetime without a zone is wall time there. `not_before` is
    asked by yearly moments only, which take the first anniversary that is not before it.
    """
    if anchor_value is None:
        return None
    try:
        if at.yearly and not_before is not None:
            return _anniversary(at, anchor_value, zone, calendar, not_before)
        return _moment(at, anchor_value, zone, calendar)
    except (OverflowError, ValueError):  # a lead's date may be 1 January 0001 or 31 December 9999
        return None


def tell_at(at: At) -> str:
    """The moment as "3 days before trigger.trial_ends 10:00": a text that parses to the same moment."""
    lead_in = "on" if at.offset is None else f"{tell(at.offset)} {'before' if at.before else 'after'}"
    words = ["every year"] if at.yearly else []
    words += [lead_in, ".".join(at.anchor)]
    return " ".join([*words, tell_clock(at.time)] if at.time is not None else words)


def _moment(at: At, value: date | datetime, zone: ZoneInfo, calendar: Calendar) -> datetime:
    if at.time is not None:
        day = value.astimezone(zone).date() if isinstance(value, datetime) and value.tzinfo else _plain_date(value)
        return instant_at(_shifted(at, day, calendar), at.time, zone)
    anchor = _instant(value, zone)
    if at.offset is None:
        return anchor
    return (before if at.before else after)(anchor, at.offset, zone, calendar)


def _shifted(at: At, day: date, calendar: Calendar) -> date:
    sign = -1 if at.before else 1
    match at.offset:
        case None:
            return day
        case BusinessDays(count=count):
            return business_day(day, sign * count, calendar)
        case Span(days=days):
            return day + timedelta(days=sign * days)


def _anniversary(
    at: At, value: date | datetime, zone: ZoneInfo, calendar: Calendar, not_before: datetime
) -> datetime | None:
    wall = value.astimezone(zone).replace(tzinfo=None) if isinstance(value, datetime) and value.tzinfo else value
    first = not_before.astimezone(zone).year - 1
    # An offset of up to ten years may lie between the moment and its anchor, so look as far around.
    reach = 1 + (abs(at.offset.days) // 365 if isinstance(at.offset, Span) else 10 if at.offset else 0)
    for year in range(max(first - reach, wall.year), max(first, wall.year) + reach + 3):
        moment = _moment(at, _in_year(wall, year), zone, calendar)
        if moment >= not_before:
            return moment
    return None


def _in_year(value: date, year: int) -> date:
    """The anniversary in that year; 29 February is kept on the 28th where there is none."""
    if (value.month, value.day) == (2, 29) and not (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)):
        return value.replace(year=year, day=28)
    return value.replace(year=year)


def _plain_date(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value


def _instant(value: date | datetime, zone: ZoneInfo) -> datetime:
    if not isinstance(value, datetime):
        return instant_at(value, MIDNIGHT, zone)
    return require_utc(value) if value.tzinfo else instant_at(value.date(), value.time(), zone)


def _read_offset(text: str | None, words: str) -> Span | BusinessDays | str | None:
    if text is None:
        return None
    offset = parse_delay(text)
    if isinstance(offset, UntilClock):
        return f"'{words}' mixes 'until' with a date: write only the distance, as in '3 days before'"
    return offset


def _shape_hint(words: str) -> str:
    last = words.rsplit(maxsplit=1)[-1]
    if looks_like_clock(last) and read_clock(last) is None:
        return clock_hint(last)
    return _EXAMPLES if "." in words else f"no date is named, such as lead.birthday or vars.webinar; {_EXAMPLES}"
