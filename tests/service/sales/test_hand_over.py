"""A lead given to sales in a whole home: who gets it, what it answers, what the clock does, how marketing goes on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from engine.cli.commands.status import told
from engine.config.sales import Lifecycle, Reason, Route, Sales, Salesperson
from engine.domain.deals import DealRecord, Outcome
from engine.domain.identity import EMAIL, Identity
from engine.domain.sales.handoff import HandoffState
from engine.domain.sales.sheet import Said
from engine.domain.tokens import fingerprint_of
from engine.service.record import Happening, record_event
from engine.service.revenue.record_opportunity import record_opportunity
from engine.service.sales.answer import Answered, HandoffError, accept, reject, snooze, touched
from engine.service.sales.desk import SalesDesk
from engine.service.status import status_of
from engine.service.why import story_of_lead
from engine.store.database import reading
from engine.store.handoffs import handoffs_of, live_handoffs
from engine.store.lifecycle import changes_of
from engine.store.sales_tables import OutboxRow
from tests.service.conftest import Found
from tests.service.world import World

JANE = "jane@northwind.example"
SALES = Sales(
    hand_raises=("demo_requested",),
    person=(Salesperson(name="bea"), Salesperson(name="carl", capacity=1)),
    route=(Route(name="all", to=("carl", "bea")),),
    escalate_to="bea",
    reasons={"too_early": Reason(title="Too early"), "no_fit": Reason(title="Not for us", disqualify=True)},
    webhook="hook",
)


def asked(found: Found, *others: str, **changes: Any) -> World:
    """Jane asked for a demo."""
    world = found(sales=SALES, lifecycle=Lifecycle(), webhooks={"hook": "https://hook.example"}, **changes)
    world.take_in(f"{JANE},Jane,web", *(f"{other},Joe,web" for other in others))
    world.go()
    for person in (JANE, *others):
        asks(world, person)
    world.go()
    return world


def asks(world: World, person: str, name: str = "demo_requested") -> None:
    happening = Happening(person, name, world.clock.now(), f"{person}:{name}:{world.clock.now()}")
    assert record_event(world.home, happening)


def test_status_says_in_a_line_what_sales_has(found: Found) -> None:
    world = asked(found, "joe@northwind.example")
    accept(world.home, handoff(world).id, "carl")
    lines = ["".join(text for text, _ in line) for line in told(status_of(world.home, world.clock.now()), None)]
    assert next(line for line in lines if line.startswith("Sales")) == (
        "Sales   2 leads with sales · 1 to be answered, the first by Tue 3 Nov 09:00 · "
        "in seven days 2 handed over, 0 of them given back"
    )


def test_why_says_that_sales_has_the_lead_and_not_that_it_is_unripe(found: Found) -> None:
    world = asked(found, sales_ready="score >= 50")
    head = story_of_lead(world.home, world.runner.current(), JANE, world.clock.now()).head
    assert (head.ripe, head.needs) == ("with sales: carl", None)


def handoff(world: World, person: str = JANE) -> Any:
    with reading(world.home.store) as connection:
        return handoffs_of(connection, world.lead(person).id)[-1]


def letters(world: World) -> list[tuple[str, str, str]]:
    with reading(world.home.store) as connection:
        rows = connection.execute(select(OutboxRow.__table__).order_by(OutboxRow.__table__.c.id))  # type: ignore[attr-defined]
        return [(row.kind, row.target, row.topic) for row in rows]


def test_a_raised_hand_is_handed_over_in_the_very_next_tick_with_its_story(found: Found) -> None:
    world = asked(found)

    row = handoff(world)
    assert (row.owner, row.route, row.state) == ("carl", "route 'all'", "open")
    assert row.ripened_at == row.at == world.clock.now()
    assert world.lead(JANE).owner == "carl"
    assert row.story["who"] == "Jane"
    assert row.story["deeds"][0]["what"] == "demo requested"
    assert letters(world) == [("mail", "carl", "lead.handed_off"), ("webhook", "hook", "lead.handed_off")]


def test_whoever_is_full_gets_no_more(found: Found) -> None:
    world = asked(found, "joe@elsewhere.example", "jim@somewhere.example")
    with reading(world.home.store) as connection:
        owners = [row.owner for row in live_handoffs(connection)]
    assert sorted(owners) == ["bea", "bea", "carl"]


def test_accepted_it_stays_with_sales_and_the_lifecycle_follows(found: Found) -> None:
    world = asked(found)
    world.later(minutes=5)

    first = accept(world.home, handoff(world).id, "carl")
    again = accept(world.home, handoff(world).id, "bea")
    world.go()

    assert (first.new, again.new, again.words) == (True, False, "carl accepted this lead.")
    assert handoff(world).answered_by == "carl"
    assert world.lead(JANE).lifecycle == "sal"
    with reading(world.home.store) as connection:
        ways = [(row.before, row.after) for row in changes_of(connection, world.lead(JANE).id)]
    assert ways == [("subscriber", "mql"), ("mql", "sal")]


def test_given_back_marketing_has_it_again_and_sales_is_told(found: Found) -> None:
    world = asked(found)

    reject(world.home, handoff(world).id, "carl", "too_early", "in spring")
    world.go()

    row = handoff(world)
    assert (row.state, row.reason, row.answer_note) == ("rejected", "too_early", "in spring")
    assert row.ended_at == world.clock.now()
    assert world.lead(JANE).lifecycle == "recycled"
    assert ("webhook", "hook", "handoff.rejected") in letters(world)
    with pytest.raises(HandoffError, match="carl gave this lead back already"):
        accept(world.home, row.id, "bea")


def test_a_lead_may_be_handed_over_again_after_it_came_back(found: Found) -> None:
    world = asked(found)
    reject(world.home, handoff(world).id, "carl", "too_early")
    world.later(hours=1)
    asks(world, JANE)
    world.go()

    with reading(world.home.store) as connection:
        states = [row.state for row in handoffs_of(connection, world.lead(JANE).id)]
    assert states == ["rejected", "open"]


@pytest.mark.parametrize("reason", ["too_erly", ""])
def test_an_unknown_reason_is_told_with_what_was_meant(found: Found, reason: str) -> None:
    world = asked(found)
    with pytest.raises(HandoffError, match=r"no reason of \[sales.reasons\]"):
        reject(world.home, handoff(world).id, "carl", reason)
    assert handoff(world).state == "open"


def test_silence_escalates_and_then_gives_the_lead_back(found: Found) -> None:
    world = asked(found)

    world.later(days=1)
    world.go()
    assert handoff(world).state == "escalated"
    assert ("mail", "bea", "handoff.escalated") in letters(world)

    world.later(days=2)
    world.go()
    row = handoff(world)
    assert (row.state, row.reason, row.answered_at) == ("expired", "no_answer_from_sales", None)
    assert world.lead(JANE).lifecycle == "recycled"


def test_a_snooze_stops_the_clock_and_asks_again(found: Found) -> None:
    world = asked(found)
    until = world.clock.now() + timedelta(days=5)

    snooze(world.home, handoff(world).id, "carl", until)
    world.later(days=4)
    world.go()
    assert handoff(world).state == "snoozed"

    world.later(days=1)
    world.go()
    assert handoff(world).state == "open"
    assert letters(world)[-2:] == [("mail", "carl", "handoff.reopened"), ("webhook", "hook", "handoff.reopened")]


def test_a_snooze_into_the_past_or_far_away_is_refused(found: Found) -> None:
    world = asked(found)
    for days in (-1, 0, 400):
        with pytest.raises(HandoffError, match="choose a time within 90 days"):
            snooze(world.home, handoff(world).id, "carl", world.clock.now() + timedelta(days=days))


def test_the_first_touch_is_noted_once(found: Found) -> None:
    world = asked(found)
    assert touched(world.home, handoff(world).id, "carl").new
    assert touched(world.home, handoff(world).id, "carl") == Answered(
        handoff(world).id, HandoffState.OPEN, "It was noted before.", new=False
    )


def test_only_who_was_asked_sees_and_answers(found: Found) -> None:
    world = asked(found)
    desk, number = SalesDesk(world.home), handoff(world).id

    assert desk.sheet("handoff", number, fingerprint_of("zoe")) is None
    assert (
        desk.answer("handoff", number, fingerprint_of("zoe"), Said("accept")) == "You were not asked about this lead."
    )
    shown = desk.sheet("handoff", number, fingerprint_of("carl"))
    assert shown is not None
    sheet, question = shown
    assert (sheet.who, question.open, list(question.reasons or {})) == ("Jane", True, ["too_early", "no_fit"])
    assert "It is yours" in desk.answer("handoff", number, fingerprint_of("carl"), Said("accept"))
    assert handoff(world).state == "accepted"


def test_deciding_again_hands_nobody_over_twice(found: Found) -> None:
    world = asked(found)
    world.later(hours=2)
    world.go()
    with reading(world.home.store) as connection:
        assert len(handoffs_of(connection, world.lead(JANE).id)) == 1


@pytest.mark.parametrize(("outcome", "lifecycle"), [(Outcome.WON, "customer"), (Outcome.LOST, "recycled")])
def test_the_end_of_a_deal_ends_the_hand_off(found: Found, outcome: Outcome, lifecycle: str) -> None:
    world = asked(found)
    world.later(minutes=5)
    accept(world.home, handoff(world).id, "carl")
    world.later(days=1)
    now = world.clock.now()
    deal = DealRecord("crm", "1", lead=(Identity(EMAIL, JANE),), opened_at=now - timedelta(hours=1), closed_at=now)
    recorded = record_opportunity(world.home, replace(deal, amount=100, outcome=outcome))
    world.go()

    assert recorded.handoff == handoff(world).id
    assert (handoff(world).state, handoff(world).clock_at) == ("closed", None)
    assert world.lead(JANE).lifecycle == lifecycle
