"""Public holidays and weekends of countries."""

from __future__ import annotations

from datetime import date

import pytest

from engine.domain.timing.calendar import business_day
from engine.domain.timing.holidays import HolidayCalendar, is_known_country

CHRISTMAS = date(2026, 12, 25)
CORPUS_CHRISTI = date(2026, 6, 4)
FRIDAY, SATURDAY, SUNDAY = date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 22)


@pytest.mark.parametrize(
    ("country", "day", "holiday"),
    [
        ("DE", CHRISTMAS, True),
        ("de", CHRISTMAS, True),
        ("DE", CORPUS_CHRISTI, False),
        ("DE-BY", CORPUS_CHRISTI, True),
        ("US", date(2026, 11, 26), True),
        ("GB", date(2026, 11, 26), False),
        ("JP", CHRISTMAS, False),
    ],
)
def test_holidays_are_the_countrys_own(country: str, day: date, holiday: bool) -> None:
    calendar = HolidayCalendar((country,))
    assert calendar.is_holiday(day) is holiday
    assert calendar.is_working_day(day) is not holiday


@pytest.mark.parametrize("code", ["ZZ", "", "DE-XX", "🙂", "../x"])
def test_unknown_country_has_only_weekends(code: str) -> None:
    calendar = HolidayCalendar((code,))
    assert not calendar.is_holiday(CHRISTMAS)
    assert [calendar.is_working_day(day) for day in (FRIDAY, SATURDAY, SUNDAY)] == [True, False, False]


def test_weekend_is_the_countrys_own() -> None:
    israel = HolidayCalendar(("IL",))
    assert [israel.is_working_day(day) for day in (FRIDAY, SATURDAY, SUNDAY)] == [False, False, True]


def test_saturday_that_a_country_works_is_a_working_day() -> None:
    assert HolidayCalendar(("CN",)).is_working_day(date(2025, 2, 8))


def test_several_countries_are_joined() -> None:
    both = HolidayCalendar(("DE", "US"))
    assert both.is_holiday(date(2026, 11, 26)) and both.is_holiday(date(2026, 5, 1))


def test_own_dates_are_added() -> None:
    calendar = HolidayCalendar(("DE",), extra=frozenset({FRIDAY}), blackouts=frozenset({date(2026, 11, 27)}))
    assert calendar.is_holiday(FRIDAY) and not calendar.is_working_day(FRIDAY)
    assert calendar.is_blackout(date(2026, 11, 27)) and calendar.is_working_day(date(2026, 11, 27))


def test_holiday_is_named() -> None:
    calendar = HolidayCalendar(("DE",), extra=frozenset({FRIDAY}))
    assert [calendar.name_of(day) for day in (CHRISTMAS, FRIDAY, SATURDAY)] == ["Christmas Day", "holiday", ""]


def test_business_days_skip_the_countrys_holidays() -> None:
    assert business_day(date(2026, 12, 24), 1, HolidayCalendar(("DE",))) == date(2026, 12, 28)


@pytest.mark.parametrize(
    ("code", "known"), [("DE", True), ("DE-BY", True), ("us-ca", True), ("ZZ", False), ("DE-XX", False)]
)
def test_known_countries(code: str, known: bool) -> None:
    assert is_known_country(code) is known
