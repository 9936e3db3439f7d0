"""When mail may go: days of the week and hours of the day, in the lead's zone or a fixed one.

A window over midnight ("22:00-02:00") belongs to the day on which it opens. Blackout dates and holidays are asked of
the local date of the mail itself, so that none goes after midnight on a date that is closed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from engine.domain.timing.calendar import Calendar, mail_may_go
from engine.domain.timing.local import MIDNIGHT, ONE_DAY, instant_at, start_of, zone_named
from engine.domain.timing.words import (
    DAYS,
    clock_hint,
    read_clock,
    read_weekday,
    squeeze,
    tell_clock,
    tell_instant,
    weekday_hint,
)

LEAD_ZONE = "lead"
EVERY_DAY = frozenset(range(7))
SEARCH_DAYS = 400

_UTC = ZoneInfo("UTC")
_DASHES = re.compile(r"\s*(?:[-–—]|\.\.|\bto\b)\s*", re.IGNORECASE)
_GROUPS = {
    "daily": EVERY_DAY,
    "every day": EVERY_DAY,
    "weekdays": frozenset(range(5)),
    "weekend": frozenset({5, 6}),
    "weekends": frozenset({5, 6}),
}


@dataclass(frozen=True, slots=True)
class Window:
    """Open on `days` (0 = Monday) from `start` to before `end`; an end of 00:00 is midnight, the day's end.

    `zone` is "lead" or an IANA name; `fallback` is the IANA name for leads whose zone is unknown ("" = the home's).
    """

    days: frozenset[int] = EVERY_DAY
    start: time = MIDNIGHT
    end: time = MIDNIGHT
    zone: str = LEAD_ZONE
    fallback: str = ""

    @property
    def crosses_midnight(self) -> bool:
        return MIDNIGHT < self.end <= self.start


def parse_window_days(text: str) -> frozenset[int] | str:
    """The weekdays of "Mon-Thu", "Mon,Wed-Fri", "Sat-Mon" or "weekdays" (0 = Monday), or what is wrong."""
    words = squeeze(text)
    if not words:
        return "no days are written here: write days as in 'Mon-Thu' or 'Mon,Wed,Fri'"
    if (group := _GROUPS.get(words.casefold())) is not None:
        return group
    days: set[int] = set()
    for part in words.split(","):
        found = _read_days(part.strip())
        if isinstance(found, str):
            return f"{found} (in '{words}')" if part.strip() != words else found
        days |= found
    return frozenset(days)


def parse_window_hours(text: str) -> tuple[time, time] | str:
    """The opening and closing time of "09:00-17:00", or what is wrong; "24:00" closes at midnight, as time 00:00."""
    words = squeeze(text)
    ends = _DASHES.split(words)
    if not words:
        return "no hours are written here: write from and to, as in '09:00-17:00'"
    if len(ends) != 2:
        return f"'{words}' says no hours: write from and to, as in '09:00-17:00'"
    start = read_clock(ends[0])
    end = MIDNIGHT if ends[1] == "24:00" else read_clock(ends[1])
    if start is None or end is None:
        wrong = ends[0] if start is None else ends[1]
        return f"'{wrong}' in '{words}' is no time of day: {clock_hint(wrong)}"
    if start == end and ends[1] != "24:00":
        return f"'{words}' opens and closes at once: write '00:00-24:00' for the whole day"
    return start, end


def zone_for(window: Window | None, lead_zone: str | None, home_zone: str) -> ZoneInfo:
    """The zone whose clock counts: the window's, or the lead's if the window says so and it is a known zone.

    A lead's zone that nobody knows falls back to the window's fallback, then to the home's, then to UTC.
    """
    if window is None or window.zone == LEAD_ZONE:
        wanted = (lead_zone or "", window.fallback if window else "", home_zone)
    else:
        wanted = (window.zone, window.fallback, home_zone)
    for name in wanted:
        if name and (zone := zone_named(name)) is not None:
            return zone
    return _UTC


def next_open(instant: datetime, window: Window | None, zone: ZoneInfo, calendar: Calendar) -> datetime | None:
    """The UTC instant itself if mail may go then, else the next opening; None if there is none within 400 days.

    Without a window, mail may go at any time of the dates that are neither blackout nor holiday. At the calendar's end,
    where dates such as 9999-12-31 stand for "never", nothing opens.
    """
    if instant.year >= CALENDAR_ENDS:
        return None
    local = instant.astimezone(zone)
    if not local.fold and _is_open(local, window or _ALWAYS, calendar):
        return instant
    return _search(instant, local.date(), window or _ALWAYS, zone, calendar)


def closes_at(instant: datetime, window: Window, zone: ZoneInfo) -> datetime | None:
    """When the opening that holds `instant` ends, blackout dates aside; None if the window is closed then."""
    today = instant.astimezone(zone).date()
    for day in (today - ONE_DAY, today, today + ONE_DAY):
        if day.weekday() in window.days:
            last = day + ONE_DAY if window.end <= window.start else day
            closing = instant_at(last, window.end, zone)
            if instant_at(day, window.start, zone) <= instant < closing:
                return closing
    return None


def tell_window(window: Window) -> str:
    """The window as "Mon–Thu 09:00–17:00 their time", "every day 08:00–24:00 Europe/Berlin"."""
    zone = "their time" if window.zone == LEAD_ZONE else window.zone
    return f"{tell_days(window.days)} {_tell_hours(window)} {zone}"


def tell_opening(instant: datetime, window: Window, zone: ZoneInfo, now: datetime | None = None) -> str:
    """When mail may go from `instant` on, as "Tue 24 Nov 09:00–17:00"; without an end if the window is closed then."""
    closing = closes_at(instant, window, zone)
    until = f"–{tell_clock(closing.astimezone(zone).time())}" if closing else ""
    return tell_instant(instant, zone, now) + until.replace("–00:00", "–24:00")


def tell_days(days: frozenset[int]) -> str:
    """The days as "Mon–Thu", "Mon, Wed–Fri", "every day"."""
    if days == EVERY_DAY:
        return "every day"
    runs: list[list[int]] = []
    for day in sorted(days):
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ", ".join(_tell_run(run) for run in runs)


_ALWAYS = Window()
CALENDAR_ENDS = 9_990
"""From this year on dates are not reckoned with: a search for the next opening would leave what Python can count."""


def _read_days(part: str) -> frozenset[int] | str:
    ends = _DASHES.split(part)
    numbers = [read_weekday(end) for end in ends]
    if None in numbers or len(ends) > 2:
        wrong = ends[numbers.index(None)] if None in numbers else part
        if not wrong:
            return "a weekday is missing: write days as in 'Mon-Thu' or 'Mon,Wed,Fri'"
        return f"'{wrong}' is no weekday: {weekday_hint(wrong)}"
    first, last = numbers[0], numbers[-1]
    assert first is not None and last is not None
    return frozenset((first + ahead) % 7 for ahead in range((last - first) % 7 + 1))


def _is_open(local: datetime, window: Window, calendar: Calendar) -> bool:
    """By the wall clock; right for every local time but the second occurrence of a repeated one."""
    moment = local.time()
    weekday = local.weekday()
    if window.crosses_midnight:
        inside = (moment >= window.start and weekday in window.days) or (
            moment < window.end and (weekday - 1) % 7 in window.days
        )
    else:
        inside = weekday in window.days and window.start <= moment and (moment < window.end or window.end == MIDNIGHT)
    return inside and mail_may_go(local.date(), calendar)


def _search(instant: datetime, first: date, window: Window, zone: ZoneInfo, calendar: Calendar) -> datetime | None:
    for ahead in range(SEARCH_DAYS + 1):
        day = first + timedelta(days=ahead)
        pieces = _pieces(day.weekday(), window)
        if pieces and mail_may_go(day, calendar):
            for start, end in pieces:
                closing = instant_at(day, end, zone) if end > MIDNIGHT else start_of(day + ONE_DAY, zone)
                opening = max(instant, instant_at(day, start, zone))
                if opening < closing:
                    return opening
    return None


def _pieces(weekday: int, window: Window) -> list[tuple[time, time]]:
    """The open stretches of a local date in order; an end of 00:00 is the day's end."""
    if not window.crosses_midnight:
        return [(window.start, window.end)] if weekday in window.days else []
    early = [(MIDNIGHT, window.end)] if (weekday - 1) % 7 in window.days else []
    late = [(window.start, MIDNIGHT)] if weekday in window.days else []
    return early + late


def _tell_run(run: list[int]) -> str:
    if len(run) == 2:
        return f"{DAYS[run[0]]}, {DAYS[run[1]]}"
    return DAYS[run[0]] if len(run) == 1 else f"{DAYS[run[0]]}–{DAYS[run[-1]]}"


def _tell_hours(window: Window) -> str:
    end = "24:00" if window.end == MIDNIGHT else tell_clock(window.end)
    return f"{tell_clock(window.start)}–{end}"
