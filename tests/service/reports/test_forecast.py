"""Forecasts are kept, and judged by what came."""

from __future__ import annotations

from datetime import date, timedelta

from engine.service.reports.forecast import Week, keep, score, weeks_known
from engine.service.reports.registry import make_report
from engine.service.reports.report import Asked
from tests.service.reports.test_reports import hand_over
from tests.service.world import MONDAY, World


def test_a_score_says_range_error_and_bias() -> None:
    monday = date(2026, 11, 2)
    found = score([(Week(monday, 10, 8, 12), 11), (Week(monday, 10, 8, 12), 5)])
    assert found is not None
    assert (found.inside, found.error, found.bias) == (0.5, 3.0, 2.0)
    assert "2.0 too high on average" in found.words
    assert score([]) is None


def test_a_week_that_is_over_is_told_by_the_last_forecast_before_it(world: World) -> None:
    world.take_in("jane@northwind.example,Jane,web")
    today, week = MONDAY.date(), MONDAY.date() + timedelta(days=7)
    keep(world.home, [Week(week, 9, 8, 10)])
    world.later(minutes=24 * 60)
    keep(world.home, [Week(week, 2, 1, 3)])
    coming, past = weeks_known(world.home, world.clock.now().date())
    assert (coming, past) == ([Week(week, 2, 1, 3)], [])
    hand_over(world, at=MONDAY + timedelta(days=8))
    world.later(minutes=24 * 60 * 14)
    coming, past = weeks_known(world.home, today + timedelta(days=15))
    assert (coming, past) == ([], [(Week(week, 2, 1, 3), 1)])
    report = make_report(world.home, "forecast", Asked())
    assert report.tables[1].rows[0][4:] == (1, "yes")
    assert "100% came out inside the range" in " ".join(report.notes)
