"""Zones whose clocks do everything that clocks do, and instants in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # changes by half an hour
BEIRUT = ZoneInfo("Asia/Beirut")  # skips midnight
HAVANA = ZoneInfo("America/Havana")  # skips and repeats midnight
APIA = ZoneInfo("Pacific/Apia")  # skipped 30 December 2011
ODD_NAMES = ("Pacific/Chatham", "Asia/Kathmandu", "America/Santiago", "Africa/Casablanca", "Antarctica/Troll", "UTC")
ZONES = (BERLIN, NEW_YORK, LORD_HOWE, BEIRUT, HAVANA, APIA, *map(ZoneInfo, ODD_NAMES))

zones = st.sampled_from(ZONES)


def utc(text: str) -> datetime:
    """The instant of "2026-03-29 01:00", in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def wall(text: str, zone: ZoneInfo) -> datetime:
    """The UTC instant of an unambiguous wall time."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@cache
def _change_of_clocks(zone: ZoneInfo, year: int, month: int) -> datetime:
    """The hour of the first change of clocks in the eight months from then, or else the month's begin."""
    begin = datetime(year, month, 1, tzinfo=UTC)
    offset = begin.astimezone(zone).utcoffset()
    hours = (begin + timedelta(hours=number) for number in range(24 * 250))
    return next((hour for hour in hours if hour.astimezone(zone).utcoffset() != offset), begin)


instants = st.datetimes(datetime(2009, 1, 1), datetime(2036, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


def instants_near_changes(zone: ZoneInfo) -> st.SearchStrategy[datetime]:
    """Instants around the moments at which this zone's clocks change, to the minute."""
    years, months, minutes = st.integers(2012, 2034), st.sampled_from((1, 7)), st.integers(-2880, 2880)
    changes = st.builds(_change_of_clocks, st.just(zone), years, months)
    return st.builds(lambda change, ahead: change + timedelta(minutes=ahead), changes, minutes)


@st.composite
def zoned_instants(draw: st.DrawFn) -> tuple[ZoneInfo, datetime]:
    """A zone and an instant, every second one near a change of its clocks."""
    zone = draw(zones)
    return zone, draw(instants | instants_near_changes(zone))
