"""Reports of a home: their figures are those of what happened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import insert, update

from engine.domain.traffic import HitKind
from engine.service.housekeeping import keep_house
from engine.service.reports.registry import make_report
from engine.service.reports.report import Asked, Report
from engine.service.reports.sales import quantile
from engine.store.database import writing
from engine.store.lifecycle_counts import change, lead
from engine.store.report_figures import handoff
from tests.service.conftest import Found
from tests.service.world import MONDAY, World

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)


@pytest.fixture
def lived(found: Found) -> World:
    """Jane had a mail and clicked it."""
    world = found()
    world.take_in("jane@northwind.example,Jane,web")
    world.go()
    world.hit(1, HitKind.CLICK, link=1, at=MONDAY + timedelta(minutes=1))
    world.later(minutes=10)
    return world


def made(world: World, name: str, **options: str) -> Report:
    keep_house(world.home, world.clock.now())
    return make_report(world.home, name, Asked(options=options))


def rows(report: Report, table: int = 0) -> list[dict[str, Any]]:
    found = report.tables[table]
    names = [column.name for column in found.columns]
    return [dict(zip(names, row, strict=True)) for row in found.rows]


def change_stage(world: World, *stages: str, seconds: int = 86_400, lead_id: int = 1) -> None:
    with writing(world.home.store) as connection:
        for before, after in pairwise(stages):
            values = {"lead_id": lead_id, "at": MONDAY, "before": before, "after": after, "seconds": seconds}
            connection.execute(insert(change), [{**values, "why": "", "owner": "", "theme": "", "source": "web"}])


def hand_over(world: World, **values: Any) -> None:
    base = {"lead_id": 1, "at": MONDAY, "ripened_at": MONDAY, "state": "x", "owner": "ann", "story": {}}
    whole = dict.fromkeys(("alerted_at", "touched_at", "answered_at", "escalated_at"))
    whole = {**whole, "ended_at": MONDAY, "reason": "", "campaign": "c", "theme": "t"}
    with writing(world.home.store) as connection:
        connection.execute(insert(handoff), [{**base, **whole, **values}])


def test_campaigns_counts_entries_mails_and_clicks(lived: World) -> None:
    [row] = rows(made(lived, "campaigns"))
    assert (row["entered"], row["mails"], row["clicks"], row["unsubscribes"]) == (1, 1, 1, 0)


def test_themes_sums_its_campaigns(lived: World) -> None:
    [row] = rows(made(lived, "themes"))
    assert (row["mails"], row["clicks"], row["click_rate"], row["interested"]) == (1, 1, 1.0, 1)


def test_a_lead_that_clicks_on_many_days_is_one_lead_of_interest(lived: World) -> None:
    lived.later(days=2)
    lived.hit(1, HitKind.CLICK, link=1)
    lived.later(minutes=10)
    [row] = rows(made(lived, "themes"))
    assert (row["clicks"], row["interested"]) == (2, 1)


def test_the_funnel_tells_conversion_time_losses_and_returns(lived: World) -> None:
    change_stage(lived, "subscriber", "inquiry", "mql", "recycled", "mql", "sal")
    report = made(lived, "funnel")
    counts = {row["stage"]: row["leads"] for row in rows(report)}
    assert counts == {"subscriber": 1, "inquiry": 1, "engaged": 1, "mql": 1, "sal": 1, "sql": 0, "customer": 0}
    sal = next(row for row in rows(report) if row["stage"] == "sal")
    assert (sal["of_before"], sal["mean_days"], sal["median_days"], sal["median_of"]) == (1.0, 1.0, 1.0, 1)
    lost = {row["stage"]: row for row in rows(report, 1)}
    assert (lost["mql"]["recycled"], lost["mql"]["came_back"]) == (1, 1)


@pytest.mark.parametrize("by", ["cohort", "theme", "source"])
def test_the_funnel_has_a_line_for_each(lived: World, by: str) -> None:
    change_stage(lived, "subscriber", "inquiry", "mql")
    report = made(lived, "funnel", by=by)
    [row] = rows(report)
    assert (row["inquiry"], row["mql"], row["sal"]) == (1, 1, 0)
    [shares], [times] = rows(report, 1), rows(report, 2)
    assert (shares["inquiry"], shares["mql"], shares["sal"]) == (1.0, 1.0, 0.0)
    assert (times["inquiry"], times["mql"], times["sal"]) == (1.0, None, None), "it skipped a stage on its way to mql"


def test_the_median_of_a_cohort_is_that_of_its_own_leads(lived: World) -> None:
    lived.take_in("joe@northwind.example,Joe,web")
    known = datetime(2026, 9, 3, tzinfo=UTC)
    with writing(lived.home.store) as connection:
        connection.execute(update(lead).where(lead.c.id == 2).values(created_at=known))
    change_stage(lived, "inquiry", "engaged", seconds=86_400)
    change_stage(lived, "inquiry", "engaged", seconds=3 * 86_400, lead_id=2)
    report = made(lived, "funnel", by="cohort")
    told = [(row["cohort"].month, row["stage"], row["median_days"], row["median_of"]) for row in rows(report, 3)]
    assert told == [(9, "engaged", 3.0, 1), (11, "engaged", 1.0, 1)]
    engaged = next(row for row in rows(made(lived, "funnel")) if row["stage"] == "engaged")
    assert (engaged["median_days"], engaged["median_of"]) == (2.0, 2)


def test_sales_tells_who_answered_gave_back_and_ignored(lived: World) -> None:
    hour = timedelta(hours=1)
    hand_over(lived, alerted_at=MONDAY + hour, answered_at=MONDAY + hour)
    hand_over(lived, answered_at=MONDAY + 2 * hour, reason="too_early")
    hand_over(lived, escalated_at=MONDAY + hour)
    hand_over(lived, owner="ben")
    lived.later(minutes=60 * 24 * 5)
    report = made(lived, "sales")
    ann, ben, everybody = rows(report)
    assert (ann["accepted"], ann["given_back"], ann["escalated"], ann["ignored"]) == (1, 1, 1, 1)
    assert (ben["ignored_share"], ben["in_time"]) == (1.0, 0.0)
    assert (everybody["handed_over"], everybody["in_time"]) == (4, 0.5)
    alert = rows(report, 1)[0]
    assert (alert["leads"], alert["median"]) == (1, 1 / 24)
    assert rows(report, 2) == [{"reason": "Too early", "leads": 1, "share": 1.0}]


def test_a_home_without_anything_has_reports_all_the_same(found: Found) -> None:
    world = found()
    for name in ("funnel", "themes", "campaigns", "sales"):
        assert made(world, name).title


@pytest.mark.parametrize(
    ("values", "share", "value"), [([], 0.5, None), ([1.0], 0.9, 1.0), ([1, 2, 3, 4], 0.5, 2), (range(1, 11), 0.9, 9)]
)
def test_quantiles_are_values_that_occurred(values: list[float], share: float, value: float | None) -> None:
    assert quantile(list(values), share) == value
