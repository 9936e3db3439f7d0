"""The census of a large home: counted a bite at a time, kept, renewed, and true of whom it names."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine.config.sales import Lifecycle
from engine.service import census
from engine.service.census import EVERY, Census, census_of, take_census
from engine.service.reports.registry import make_report
from engine.service.reports.report import Asked, Report
from engine.store.database import reading, writing
from engine.store.lifecycle import lead
from tests.service.conftest import Found
from tests.service.reports.as_rows import rows_of
from tests.service.world import World


@pytest.fixture
def large(found: Found, monkeypatch: pytest.MonkeyPatch) -> World:
    """Five leads for whom nothing is to come, in a home where more than two are many, counted two at a time."""
    for name, value in (("LIVE", 2), ("BITE", 2), ("MOST_BITES", 1)):
        monkeypatch.setattr(census, name, value)
    world = found(lifecycle=Lifecycle(within={"subscriber": "5d"}))
    world.take_in(*(f"lead{n}@northwind.example,Lead{n},nowhere" for n in range(5)))
    world.go()
    becomes(world, lifecycle="subscriber")
    return world


def becomes(world: World, number: int | None = None, **values: Any) -> None:
    query = lead.update() if number is None else lead.update().where(lead.c.id == number)
    with writing(world.home.store) as connection:
        connection.execute(query.values(**values))


def counted(world: World) -> Census:
    with reading(world.home.store) as connection:
        return census_of(world.home, connection)


def take_whole(world: World) -> int:
    rounds = 0
    while take_census(world.home, world.clock.now()):
        rounds += 1
    return rounds


def report(world: World, name: str) -> Report:
    return make_report(world.home, name, Asked())


def test_a_small_home_is_counted_as_it_is_asked_and_never_beforehand(found: Found) -> None:
    world = found()
    world.take_in("joe@northwind.example,Joe,nowhere")
    assert take_census(world.home, world.clock.now()) == 0
    assert counted(world).live
    assert sum(counted(world).stages.values()) == 1


def test_a_large_home_is_counted_over_several_rounds_to_what_counting_it_at_once_gives(large: World) -> None:
    at_once = counted(large)
    assert at_once.live
    assert take_whole(large) == 3
    kept = counted(large)
    assert not kept.live
    assert (kept.counts, kept.longest, kept.too_long) == (at_once.counts, at_once.longest, at_once.too_long)
    assert kept.stages == {"subscriber": 5}


def test_reports_are_of_the_census_and_say_when_it_was(large: World) -> None:
    take_whole(large)
    becomes(large, 1, lifecycle="mql")
    lines = {row["stage"]: row["leads"] for row in rows_of(report(large, "lifecycle"))}
    assert (lines["subscriber"], lines["mql"]) == (5, 0)
    assert any("Leads were counted" in note for note in report(large, "lifecycle").notes)
    assert any("Leads were counted" in note for note in report(large, "unowned").notes)


def test_who_has_an_owner_and_a_next_action_since_the_census_is_not_named(large: World) -> None:
    take_whole(large)
    assert len(rows_of(report(large, "unowned"), "Who")) == 5
    becomes(large, 2, owner="ann", next_due_at=large.clock.now())
    becomes(large, 3, owner="ann")
    named = {row["lead"]: row["lacks"] for row in rows_of(report(large, "unowned"), "Who")}
    whole = dict.fromkeys(("Lead0", "Lead3", "Lead4"), "an owner and a next action")
    assert named == whole | {"Lead2": "a next action"}


def test_the_next_census_begins_when_the_latest_is_old_and_counts_anew(large: World) -> None:
    take_whole(large)
    becomes(large, 1, lifecycle="mql")
    large.clock.step_to(large.clock.now() + EVERY - timedelta(minutes=1))
    assert take_whole(large) == 0
    large.clock.step_to(large.clock.now() + timedelta(minutes=1))
    assert take_census(large.home, large.clock.now()) == 1
    assert counted(large).stages == {"subscriber": 5}, "the latest holds until the next is whole"
    take_whole(large)
    assert counted(large).stages == {"subscriber": 4, "mql": 1}


def test_leads_that_came_while_it_runs_are_counted_too(large: World) -> None:
    take_census(large.home, large.clock.now())
    large.take_in("late@northwind.example,Late,nowhere")
    take_whole(large)
    assert sum(counted(large).stages.values()) == 6


def test_a_census_of_other_rules_answers_nobody(large: World) -> None:
    take_whole(large)
    large.home.config.lifecycle.within["subscriber"] = "1d"
    assert counted(large).live
    assert take_whole(large) == 3
    assert not counted(large).live
