"""The words of time: weekday names, clock times and instants, as people write and read them.

English only and independent of the machine's locale, because files are shared and tests compare texts.
"""

from __future__ import annotations

import re
from datetime import datetime, time
from zoneinfo import ZoneInfo

from engine.errors import did_you_mean

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_LONG_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WEEKDAYS = {
    **{name.casefold(): number for number, name in enumerate(DAYS)},
    **{name.casefold(): number for number, name in enumerate(_LONG_DAYS)},
    "tues": 1,
    "thur": 3,
    "thurs": 3,
}
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_TWELVE_HOURS = re.compile(r"(1[0-2]|0?[1-9])(?::([0-5]\d))? ?([ap])\.?m\.?", re.IGNORECASE)


def squeeze(text: str) -> str:
    """The text with single spaces, without any around it."""
    return " ".join(text.split())


def read_weekday(word: str) -> int | None:
    """0 for "Mon", "monday" … 6 for "Sun"; None if it is no weekday."""
    return _WEEKDAYS.get(word.casefold().rstrip("."))


def weekday_hint(word: str) -> str:
    """What to write instead of a word that stands where a weekday belongs."""
    return did_you_mean(word, (*DAYS, *_LONG_DAYS)) or f"write one of {', '.join(DAYS)}"


def read_clock(word: str) -> time | None:
    """The time of day of "09:00" or "9:00" (00:00 to 23:59); None if it is none."""
    found = _CLOCK.fullmatch(word)
    return time(int(found[1]), int(found[2])) if found else None


def clock_hint(word: str) -> str:
    """What to write instead of a word that stands where a time of day belongs."""
    if found := _TWELVE_HOURS.fullmatch(word):
        hour = int(found[1]) % 12 + (12 if found[3].casefold() == "p" else 0)
        return f"write '{hour:02}:{found[2] or '00'}'"
    if word.isdecimal() and int(word) < 24:
        return f"write '{int(word):02}:00'"
    return "write hours and minutes, 00:00 to 23:59, as in '09:00'"


def looks_like_clock(word: str) -> bool:
    """Whether the writer meant a time of day, well written or not: "10:00", "25:00", "9am"."""
    return ":" in word or _TWELVE_HOURS.fullmatch(word) is not None


def tell_clock(moment: time) -> str:
    """The clock time as it stands in files, such as "09:00"."""
    return f"{moment.hour:02}:{moment.minute:02}"


def plural(count: int, unit: str) -> str:
    """The count with its unit: "1 day", "3 days"."""
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def tell_instant(instant: datetime, zone: ZoneInfo, now: datetime | None = None) -> str:
    """The instant as "Tue 24 Nov 09:00" in the zone's time; with the year where it is not that of `now`."""
    local = instant.astimezone(zone)
    year = f" {local.year}" if now is not None and now.astimezone(zone).year != local.year else ""
    return f"{DAYS[local.weekday()]} {local.day} {MONTHS[local.month - 1]}{year} {local:%H:%M}"
