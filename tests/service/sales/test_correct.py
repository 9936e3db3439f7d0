"""Sales hears of it when a hand-off rests on what turns out to have been a machine's – and only then."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from engine.config.sales import Points, Scoring
from engine.service.sales.answer import accept
from tests.service.conftest import Found
from tests.service.sales.test_hand_over import JANE, SALES, asks, handoff, letters
from tests.service.sales.test_mail import carry
from tests.service.world import MONDAY, World

TRIALS = Points(name="tries it", each="event('trial')", points=30)
SCORING = Scoring(points=(Points(name="clicks", each="ever.clicks", points=30), TRIALS))
TOLD = ("mail", "carl", "handoff.corrected")


def clicked(found: Found, sales_ready: str, **changes: Any) -> World:
    """Jane clicked, as it seems, and asked for a trial an hour later."""
    world = found(sales=SALES, sales_ready=sales_ready, webhooks={"hook": "https://hook.example"}, **changes)
    world.take_in(f"{JANE},Jane,web")
    world.go()
    world.hit(1, link=1, at=MONDAY + timedelta(minutes=1))
    world.later(hours=1)
    asks(world, JANE, "trial")
    world.go()
    return world


def unmask(world: World) -> None:
    """Hits on the mail's other links, told of late, give the scanner away."""
    first = next(event for event in world.events(JANE) if event.kind == "click")
    for link in (0, 2):
        world.hit(1, link=link, at=first.at + timedelta(milliseconds=300 * (link + 1)))
    world.later(minutes=10)
    assert next(event for event in world.events(JANE) if event.kind == "click").actor == "machine"


def corrections(world: World) -> int:
    return [line.code for line in world.story(JANE)].count("handoff_corrected")


@pytest.mark.acceptance(row=36)
@pytest.mark.parametrize(
    ("sales_ready", "changes"),
    [
        ("ever.clicks >= 1 and event('trial')", {}),
        ("score >= 50", {"scoring": SCORING}),
    ],
)
def test_a_machines_click_that_was_not_the_last_thing_corrects_too(
    found: Found, sales_ready: str, changes: dict[str, Any]
) -> None:
    world = clicked(found, sales_ready, **changes)
    click = next(event for event in world.events(JANE) if event.kind == "click")
    assert handoff(world).ripened_at > click.received_at, "the trial tipped it"

    unmask(world)

    assert corrections(world) == 1
    assert TOLD in letters(world)
    assert handoff(world).state == "open", "sales may know better"


@pytest.mark.parametrize("sales_ready", ["event('trial')", "score >= 30"])
def test_a_hand_off_that_holds_without_the_click_stays_uncorrected(found: Found, sales_ready: str) -> None:
    world = clicked(found, sales_ready, scoring=Scoring(points=(TRIALS,)))
    unmask(world)
    assert corrections(world) == 0


def test_what_the_lead_did_after_it_was_handed_over_made_it_no_riper_then(found: Found) -> None:
    world = clicked(found, "count('trial') >= 2 or (ever.clicks >= 1 and event('trial'))")
    world.later(hours=1)
    asks(world, JANE, "trial")
    world.go()

    unmask(world)

    assert corrections(world) == 1


def test_an_accepted_hand_off_stays_and_its_owner_is_told(found: Found) -> None:
    world = clicked(found, "ever.clicks >= 1 and event('trial')")
    carry(world)
    accept(world.home, handoff(world).id, "carl")
    world.go()

    unmask(world)
    carry(world)

    assert handoff(world).state == "accepted"
    subjects = [str(mail["Subject"]) for mail in world.received("carl@elsewhere.example")]
    assert subjects[-1].startswith("Jane – perhaps not ripe: ")


def test_the_rule_of_then_counts_not_that_of_today(found: Found) -> None:
    world = clicked(found, "ever.clicks >= 1 and event('trial')")
    with closing(replace(world, changes={**world.changes, "sales_ready": "event('trial')"})) as later:
        unmask(later)
        assert corrections(later) == 1
