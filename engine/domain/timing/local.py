"""Between local wall time and UTC: zones by name, and what a wall time means on the days when clocks change.

A wall time that is skipped (02:30 in spring) means the first existing moment after the gap; one that comes twice
(02:30 in autumn) means its first occurrence. So a later wall time never means an earlier instant.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from engine.errors import did_you_mean

MIDNIGHT = time(0)
ONE_DAY = timedelta(days=1)

_SECOND = timedelta(seconds=1)


@lru_cache(maxsize=2048)
def zone_named(name: str) -> ZoneInfo | None:
    """The zone of an IANA name such as "Europe/Berlin"; None if there is none of that name."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown; a path or control characters; a folder such as "Europe"
        return None


def explain_zone(name: str) -> str:
    """Why a name is no zone, with the nearest one that is: for error texts, too slow for the sending path."""
    known = available_timezones()
    cities = {zone.rpartition("/")[2]: zone for zone in sorted(known) if "/" in zone}
    city = cities.get(name.strip().title().replace(" ", "_"))
    hint = f"did you mean '{city}'?" if city else did_you_mean(name, known)
    wanted = hint or "write a name such as 'Europe/Berlin' or 'UTC'"
    return f"no time zone is called '{name}'; {wanted}"


def instant_at(day: date, moment: time, zone: ZoneInfo) -> datetime:
    """The UTC instant of a wall time (see the module's text for skipped and repeated ones)."""
    wall = datetime.combine(day, moment, zone).replace(fold=0)  # a time taken from an instant may carry its fold
    offset = wall.utcoffset()
    later_offset = wall.replace(fold=1).utcoffset()
    assert offset is not None and later_offset is not None
    if offset < later_offset:
        return _end_of_gap(wall, offset, later_offset)
    return (wall.replace(tzinfo=None) - offset).replace(tzinfo=UTC)


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a local date (which is not 00:00 where clocks change at midnight)."""
    return instant_at(day, MIDNIGHT, zone)


def local_date(instant: datetime, zone: ZoneInfo) -> date:
    """The date on the wall in that zone."""
    return instant.astimezone(zone).date()


def shift_days(start: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The same local time of day, `days` local dates later (or earlier, if negative)."""
    local = start.astimezone(zone)
    return instant_at(local.date() + timedelta(days=days), local.time(), zone) if days else start


def _end_of_gap(wall: datetime, before: timedelta, behind: timedelta) -> datetime:
    """The instant of the clock change that skipped `wall`, found by bisection to the second."""
    naive = wall.replace(tzinfo=None, microsecond=0)
    zone = wall.tzinfo
    low = (naive - behind).replace(tzinfo=UTC)  # still the old offset, or just the change itself
    high = (naive - before).replace(tzinfo=UTC) + _SECOND  # surely the new offset
    if low.astimezone(zone).utcoffset() == behind:
        return low
    while high - low > _SECOND:
        middle = low + timedelta(seconds=(high - low) // _SECOND // 2)
        low, high = (low, middle) if middle.astimezone(zone).utcoffset() == behind else (middle, high)
    return high
