"""Sums over days are the same, whether they are read from days or from months."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from engine.store.credit import credit_day
from engine.store.database import reading, writing
from engine.store.revenue_figures import Days, credit_totals
from engine.store.rollups import add_up

START = date(2026, 1, 20)


def fill(engine: Engine) -> None:
    """One deal a day for a hundred days, worth as much as the day's number."""
    rows = []
    for number in range(100):
        day = START + timedelta(days=number)
        for span, begin in (("day", day), ("month", day.replace(day=1))):
            rows.append((("linear", "theme", span, begin, "data", False), {"opened": 1, "pipeline": number}))
    with writing(engine) as connection:
        connection.execute(credit_day.delete())
        add_up(connection, credit_day, rows)


_ENDS = st.none() | st.integers(-10, 110).map(lambda number: START + timedelta(days=number))


@given(_ENDS, _ENDS)
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_days_are_summed_once_each(module_engine: Engine, first: date | None, last: date | None) -> None:
    with reading(module_engine) as connection:
        known = credit_totals(connection, "linear", "theme", Days())
    if not known:
        fill(module_engine)
    wanted = [
        number
        for number in range(100)
        if (first is None or first <= START + timedelta(days=number))
        and (last is None or START + timedelta(days=number) <= last)
    ]
    with reading(module_engine) as connection:
        found = credit_totals(connection, "linear", "theme", Days(first, last))
    assert (sum(one.opened for one in found), sum(one.pipeline for one in found)) == (len(wanted), sum(wanted))


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [
        (None, None, (None, None)),
        (date(2026, 1, 1), date(2026, 3, 31), (date(2026, 1, 1), date(2026, 4, 1))),
        (date(2026, 1, 2), date(2026, 3, 30), (date(2026, 2, 1), date(2026, 3, 1))),
        (date(2025, 12, 5), date(2025, 12, 31), (date(2026, 1, 1), date(2026, 1, 1))),
    ],
)
def test_whole_months_are_those_within(
    first: date | None, last: date | None, months: tuple[date | None, date | None]
) -> None:
    assert Days(first, last).whole_months() == months


def test_what_is_taken_back_leaves_nothing(engine_for: Engine) -> None:
    key = ("linear", "theme", "day", START, "data", False)
    with writing(engine_for) as connection:
        assert add_up(connection, credit_day, [(key, {"opened": 1, "pipeline": 5}), (key, {"pipeline": 2})]) == 1
        assert add_up(connection, credit_day, [(key, {"opened": -1, "pipeline": -7})]) == 1
        assert add_up(connection, credit_day, [(key, {"opened": 1}), (key, {"opened": -1})]) == 0
        (row,) = connection.execute(credit_day.select())
    assert (row.opened, row.pipeline) == (0, 0)
