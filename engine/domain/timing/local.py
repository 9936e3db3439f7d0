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


@lru_cache(maxsize=16_384)
def instant_at(day: date, moment: time, zone: ZoneInfo) -> datetime:
    """The UTC instant of a wall time (see the module's text for skipped and repeated ones).

    Remembered, because a window opens at the same instant for all leads of a zone; for times of day that are a lead's
    own there is `shift_days`.
    """
    return _resolve(day, moment, zone)


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a local date (which is not 00:00 where clocks change at midnight)."""
    return instant_at(day, MIDNIGHT, zone)


def local_date(instant: datetime, zone: ZoneInfo) -> date:
    """The date on the wall in that zone."""
    return instant.astimezone(zone).date()


def shift_days(start: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The same local time of day, `days` local dates later (or earlier, if negative)."""
    local = start.astimezone(zone)
    return _resolve(local.date() + timedelta(days=days), local.time(), zone) if days else start


def same_time_on(day: date, start: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which `day` has the local time of day that `start` has."""
    return _resolve(day, start.astimezone(zone).time(), zone)


def _resolve(day: date, moment: time, zone: ZoneInfo) -> datetime:
    wall = datetime.combine(day, moment, zone)
    if wall.fold:  # a time taken from an instant may carry its fold
        wall = wall.replace(fold=0)
    instant = wall.astimezone(UTC)
    # Datetimes of one zone compare by the wall; asking for the other fold's offset instead takes twice as long.
    return instant if instant.astimezone(zone) == wall else _end_of_gap(wall)


def _end_of_gap(wall: datetime) -> datetime:
    """The instant of the clock change that skipped `wall`, found by bisection to the second."""
    offset, zone = wall.replace(fold=1).utcoffset(), wall.tzinfo
    low = wall.replace(fold=1, microsecond=0).astimezone(UTC) - _SECOND  # surely before the change
    high = wall.replace(microsecond=0).astimezone(UTC) + _SECOND  # surely behind it
    while high - low > _SECOND:
        middle = low + (high - low) // _SECOND // 2 * _SECOND
        low, high = (low, middle) if middle.astimezone(zone).utcoffset() == offset else (middle, high)
    return high
