"""What a wall time means, also where clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain.timing.local import explain_zone, instant_at, shift_days, start_of, zone_named
from tests.domain.timing.zones import APIA, BEIRUT, BERLIN, HAVANA, LORD_HOWE, utc, zoned_instants


@pytest.mark.parametrize(
    ("day", "moment", "zone", "instant"),
    [
        pytest.param(date(2026, 7, 1), time(10), BERLIN, "2026-07-01 08:00", id="plain"),
        pytest.param(date(2026, 3, 29), time(2, 30), BERLIN, "2026-03-29 01:00", id="skipped: the gap's end"),
        pytest.param(date(2026, 3, 29), time(2), BERLIN, "2026-03-29 01:00", id="first skipped minute"),
        pytest.param(date(2026, 3, 29), time(3), BERLIN, "2026-03-29 01:00", id="first after the gap"),
        pytest.param(date(2026, 10, 25), time(2, 30), BERLIN, "2026-10-25 00:30", id="repeated: the first"),
        pytest.param(date(2026, 10, 4), time(2, 15), LORD_HOWE, "2026-10-03 15:30", id="half an hour skipped"),
        pytest.param(date(2026, 4, 5), time(1, 45), LORD_HOWE, "2026-04-04 14:45", id="half an hour repeated"),
        pytest.param(date(2011, 12, 30), time(12), APIA, "2011-12-30 10:00", id="a skipped date"),
        pytest.param(date(2028, 2, 29), time(9), BERLIN, "2028-02-29 08:00", id="leap day"),
    ],
)
def test_wall_time_means_one_instant(day: date, moment: time, zone: ZoneInfo, instant: str) -> None:
    assert instant_at(day, moment, zone) == utc(instant)


@pytest.mark.parametrize(
    ("day", "zone", "instant"),
    [
        (date(2026, 3, 29), BEIRUT, "2026-03-28 22:00"),
        (date(2026, 3, 8), HAVANA, "2026-03-08 05:00"),
        (date(2026, 11, 1), HAVANA, "2026-11-01 04:00"),
    ],
)
def test_date_starts_with_its_first_instant(day: date, zone: ZoneInfo, instant: str) -> None:
    assert start_of(day, zone) == utc(instant)


@settings(deadline=None)
@given(zoned_instants(), st.integers(-5400, 5400))
def test_no_earlier_instant_shows_that_wall_time(case: tuple[ZoneInfo, datetime], seconds: int) -> None:
    zone, around = case
    wanted = around.astimezone(zone).replace(tzinfo=None, microsecond=0) + timedelta(seconds=seconds)
    found = instant_at(wanted.date(), wanted.time(), zone)
    just_before = (found - timedelta(seconds=1)).astimezone(zone).replace(tzinfo=None)
    assert just_before < wanted <= found.astimezone(zone).replace(tzinfo=None)


@settings(deadline=None)
@given(zoned_instants(), st.integers(0, 5400))
def test_later_wall_time_is_never_an_earlier_instant(case: tuple[ZoneInfo, datetime], seconds: int) -> None:
    zone, around = case
    first = around.astimezone(zone).replace(tzinfo=None)
    second = first + timedelta(seconds=seconds)
    assert instant_at(first.date(), first.time(), zone) <= instant_at(second.date(), second.time(), zone)


def test_days_keep_the_time_of_day() -> None:
    assert shift_days(utc("2026-03-28 09:00"), 1, BERLIN) == utc("2026-03-29 08:00")
    assert shift_days(utc("2026-03-29 08:00"), -1, BERLIN) == utc("2026-03-28 09:00")


def test_no_days_leave_the_second_occurrence_alone() -> None:
    second_half_past_two = utc("2026-10-25 01:30")
    assert shift_days(second_half_past_two, 0, BERLIN) == second_half_past_two


def test_result_is_in_utc() -> None:
    assert instant_at(date(2026, 3, 29), time(2, 30), BERLIN).tzinfo is UTC
    assert instant_at(date(2026, 7, 1), time(2, 30), BERLIN).tzinfo is UTC


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../../etc/passwd", "/etc/passwd", "Europe", "a\0b", "x" * 5000])
def test_unknown_or_hostile_zone_name_is_none(name: str) -> None:
    assert zone_named(name) is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Berlin", "no time zone is called 'Berlin'; did you mean 'Europe/Berlin'?"),
        ("Europe/Berln", "no time zone is called 'Europe/Berln'; did you mean 'Europe/Berlin'?"),
        ("new york", "no time zone is called 'new york'; did you mean 'America/New_York'?"),
        ("Zzz", "no time zone is called 'Zzz'; write a name such as 'Europe/Berlin' or 'UTC'"),
    ],
)
def test_unknown_zone_is_explained(name: str, text: str) -> None:
    assert explain_zone(name) == text
