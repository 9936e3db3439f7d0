"""Where leads are, who answers for them, and those between chairs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from engine.config.sales import Lifecycle
from engine.service.housekeeping import keep_house
from engine.service.reports.registry import make_report
from engine.service.reports.report import Asked
from engine.store.database import writing
from engine.store.lifecycle import lead
from tests.service.conftest import Found
from tests.service.reports.as_rows import rows_of
from tests.service.reports.test_reports import change_stage, hand_over
from tests.service.world import World

STAGES = Lifecycle(owners={"mql": "sales"}, within={"subscriber": "5d"})


def settled(found: Found, **values: Any) -> World:
    """Joe, of whom no campaign knows anything: nothing is to come for him."""
    world = found(lifecycle=STAGES)
    world.take_in("joe@northwind.example,Joe,nowhere")
    world.go()
    if values:
        becomes(world, **values)
    return world


def becomes(world: World, **values: Any) -> None:
    with writing(world.home.store) as connection:
        connection.execute(lead.update().values(**values))


def lacks(world: World) -> list[str]:
    report = make_report(world.home, "unowned", Asked())
    return [row["lacks"] for row in rows_of(report, "Who")]


def test_a_lead_without_owner_and_next_action_is_told_with_what_it_lacks(found: Found) -> None:
    world = settled(found)
    report = make_report(world.home, "unowned", Asked())
    assert rows_of(report, "How many") == [{"lacks": "an owner", "leads": 1}, {"lacks": "a next action", "leads": 1}]
    [row] = rows_of(report, "Who")
    assert (row["lead"], row["lacks"]) == ("Joe", "an owner and a next action")


def test_the_owner_of_a_stage_answers_for_its_leads(found: Found) -> None:
    assert lacks(settled(found, lifecycle="mql")) == ["a next action"]


def test_a_lead_with_sales_has_a_next_action(found: Found) -> None:
    world = settled(found, owner="ann")
    hand_over(world, ended_at=None)
    assert lacks(world) == []


def test_a_lead_in_a_campaign_has_a_next_action(found: Found) -> None:
    world = found(lifecycle=STAGES)
    world.take_in("jane@northwind.example,Jane,web")
    world.go()
    assert lacks(world) == ["an owner"]


def test_customers_the_disqualified_colleagues_and_who_wants_no_mail_are_left_out(found: Found) -> None:
    world = settled(found)
    for values in ({"lifecycle": "customer"}, {"lifecycle": "disqualified"}, {"internal": True}, {"subscribed": False}):
        becomes(world, **{"lifecycle": "subscriber", "internal": False, "subscribed": True} | values)
        assert lacks(world) == [], values
    becomes(world, lifecycle="subscriber", internal=False, subscribed=True)
    assert len(lacks(world)) == 1


def test_the_stages_are_told_with_counts_owners_times_and_who_stays_too_long(found: Found) -> None:
    world = settled(found, lifecycle="subscriber")
    change_stage(world, "subscriber", "mql", seconds=2 * 86_400)
    world.later(minutes=4 * 24 * 60)
    keep_house(world.home, world.clock.now())
    before = {row["stage"]: row for row in rows_of(make_report(world.home, "lifecycle", Asked()))}
    assert (before["subscriber"]["leads"], before["subscriber"]["mean_days"]) == (1, 2.0)
    assert (before["subscriber"]["too_long"], before["mql"]["owner"], before["mql"]["leads"]) == (0, "sales", 0)
    world.later(minutes=int(timedelta(days=2).total_seconds() // 60))
    after = {row["stage"]: row for row in rows_of(make_report(world.home, "lifecycle", Asked()))}
    assert after["subscriber"]["too_long"] == 1
