"""Public holidays and weekends of a country, from the `holidays` library: computed, and kept per country and year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from engine.domain.timing.calendar import SATURDAY_AND_SUNDAY


@dataclass(frozen=True, slots=True)
class HolidayCalendar:
    """The calendar of the leads of some place.

    `countries` are ISO 3166 codes, with a subdivision where wanted ("DE", "DE-BY", "US-CA"); a date that is a holiday
    in any of them is one here, and the first says which days are the weekend. An unknown code adds nothing, so that
    only Saturdays and Sundays are off. `extra` are the company's own holidays; `blackouts` its dates without marketing
    mail.
    """

    countries: tuple[str, ...] = ()
    extra: frozenset[date] = frozenset()
    blackouts: frozenset[date] = frozenset()

    def is_holiday(self, day: date) -> bool:
        return day in self.extra or day in _year_of(self.countries, day.year).holidays

    def is_blackout(self, day: date) -> bool:
        return day in self.blackouts

    def is_working_day(self, day: date) -> bool:
        year = _year_of(self.countries, day.year)
        if day in self.extra or day in year.holidays:
            return False
        return day.weekday() not in year.weekend or day in year.moved_workdays

    def name_of(self, day: date) -> str:
        """What the holiday is called, in English where the library can, else in the country's language; "" if none."""
        return _year_of(self.countries, day.year).holidays.get(day, "holiday" if day in self.extra else "")


def is_known_country(code: str) -> bool:
    """Whether the library knows that country, and its subdivision if one is named."""
    from holidays import country_holidays  # its list of all countries would load every one of them

    country, _, subdivision = code.upper().partition("-")
    try:
        country_holidays(country, subdiv=subdivision or None)
    except NotImplementedError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Year:
    holidays: dict[date, str]
    weekend: frozenset[int] = SATURDAY_AND_SUNDAY
    moved_workdays: frozenset[date] = frozenset()


_PLAIN_YEAR = _Year({})


@lru_cache(maxsize=1024)
def _year_of(countries: tuple[str, ...], year: int) -> _Year:
    if len(countries) <= 1:
        return _country_year(countries[0], year) if countries else _PLAIN_YEAR
    years = [_country_year(code, year) for code in countries]
    merged = {day: name for one in reversed(years) for day, name in one.holidays.items()}
    return _Year(merged, years[0].weekend, years[0].moved_workdays)


@lru_cache(maxsize=1024)
def _country_year(code: str, year: int) -> _Year:
    from holidays import country_holidays

    country, _, subdivision = code.upper().partition("-")
    try:
        found = country_holidays(country, subdiv=subdivision or None, years=year, expand=False, language="en_US")
    except NotImplementedError:  # the library's answer to an unknown country or subdivision
        return _PLAIN_YEAR
    moved = frozenset(day for day in found.weekend_workdays if day.year == year)
    return _Year(dict(found.items()), frozenset(found.weekend), moved)
