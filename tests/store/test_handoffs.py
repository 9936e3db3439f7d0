"""Hand-offs in both databases: one that is live for each lead, moved by compare-and-set, and who has how many."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from engine.domain.journey.decision import Moved
from engine.domain.sales.handoff import HandoffState
from engine.domain.sales.routing import Load
from engine.store.database import reading, writing
from engine.store.facts import load_leads
from engine.store.handoff_counts import AtSales, at_sales
from engine.store.handoffs import (
    add_handoff,
    change_handoff,
    close_handoffs,
    colleagues_of,
    companies_of,
    handoff,
    handoff_row,
    highest_scored,
    in_hand_of,
    live_handoff,
    live_handoffs,
    loads_since,
    next_clock,
    past_handoffs,
    run_out,
)
from engine.store.lifecycle import changes_of, lead, save_moves, stands_since
from tests.store.test_lead_import import T0, person, stored, take

HOUR = timedelta(hours=1)


def given(engine: Engine, who: str = "jane@acme.example", owner: str = "ann", **more: Any) -> int | None:
    values = {
        "lead_id": stored(engine, who).id,
        "at": T0,
        "ripened_at": T0,
        "owner": owner,
        "state": "open",
        "clock_at": T0 + HOUR,
        "story": {"who": "Jane"},
    }
    with writing(engine) as connection:
        return add_handoff(connection, values | more)


def move(engine: Engine, number: int | None, before: HandoffState, after: HandoffState, **values: Any) -> bool:
    with writing(engine) as connection:
        return change_handoff(connection, number or 0, before, after, values)


def test_a_lead_is_given_once_at_a_time(engine_for: Engine) -> None:
    take(engine_for, person())
    first = given(engine_for)
    assert first is not None
    assert given(engine_for) is None
    assert move(engine_for, first, HandoffState.OPEN, HandoffState.REJECTED, ended_at=T0)
    assert given(engine_for) not in (None, first)


def test_the_database_itself_refuses_a_second_live_one(engine_for: Engine) -> None:
    take(engine_for, person())
    number = given(engine_for)
    with reading(engine_for) as connection:
        row = handoff_row(connection, number or 0)
    assert row is not None
    again = {**row._mapping, "id": None}
    again.pop("id")
    with pytest.raises(IntegrityError), writing(engine_for) as connection:
        connection.execute(handoff.insert(), again)


def test_who_comes_second_or_goes_where_it_cannot_changes_nothing(engine_for: Engine) -> None:
    take(engine_for, person())
    number = given(engine_for)
    assert move(engine_for, number, HandoffState.OPEN, HandoffState.ACCEPTED)
    assert not move(engine_for, number, HandoffState.OPEN, HandoffState.SNOOZED)
    assert not move(engine_for, number, HandoffState.ACCEPTED, HandoffState.EXPIRED)


def test_clocks_that_ran_out_are_found_and_loads_counted(engine_for: Engine) -> None:
    take(engine_for, person("a@one.example"), person("b@one.example"), person("c@two.example"))
    one = given(engine_for, "a@one.example")
    two = given(engine_for, "b@one.example", clock_at=T0 + 2 * HOUR)
    other = given(engine_for, "c@two.example", owner="bob", at=T0 - timedelta(days=40))
    move(engine_for, one, HandoffState.OPEN, HandoffState.ACCEPTED, answered_at=T0, clock_at=None)
    move(engine_for, other, HandoffState.OPEN, HandoffState.REJECTED, reason="too_early", answered_at=T0, ended_at=T0)
    with reading(engine_for) as connection:
        assert next_clock(connection) == T0 + HOUR
        assert [row.id for row in run_out(connection, T0 + HOUR, 9)] == [other]
        assert loads_since(connection, ["ann", "bob", "new"], T0 - HOUR) == {
            "ann": Load(2, 1, 1, turns=(two, one)),
            "bob": Load(turns=(other,)),
            "new": Load(),
        }
        assert len(live_handoffs(connection)) == 2


def test_what_sales_has_is_counted_and_the_first_deadline_known(engine_for: Engine) -> None:
    people = [person(f"{name}@one.example") for name in ("a", "b", "c", "d", "e")]
    take(engine_for, *people)
    late = given(engine_for, "a@one.example", clock_at=T0 + HOUR)
    given(engine_for, "b@one.example", clock_at=T0 + 2 * HOUR)
    taken = given(engine_for, "c@one.example")
    back = given(engine_for, "d@one.example", at=T0 - timedelta(days=2))
    long_ago = given(engine_for, "e@one.example", at=T0 - timedelta(days=8))
    move(engine_for, late, HandoffState.OPEN, HandoffState.ESCALATED, clock_at=T0 + 3 * HOUR)
    move(engine_for, taken, HandoffState.OPEN, HandoffState.ACCEPTED, answered_at=T0, clock_at=None)
    for number in (back, long_ago):
        move(engine_for, number, HandoffState.OPEN, HandoffState.REJECTED, reason="too_early", ended_at=T0)
    with reading(engine_for) as connection:
        assert at_sales(connection, T0) == AtSales(
            accepted=1, waiting=2, escalated=1, next_at=T0 + 2 * HOUR, got=4, came_back=1
        )
        assert [at_sales(connection, T0 + hours * HOUR).overdue for hours in (1, 2, 3)] == [0, 1, 2]


def test_the_end_of_a_deal_closes_what_is_live(engine_for: Engine) -> None:
    take(engine_for, person())
    given(engine_for)
    who = stored(engine_for).id
    with writing(engine_for) as connection:
        assert close_handoffs(connection, who, T0) == 1
        assert close_handoffs(connection, who, T0) == 0
        assert live_handoff(connection, who) is None


def test_a_lead_stands_in_its_stage_since_its_last_change(engine_for: Engine) -> None:
    take(engine_for, person())
    who = stored(engine_for).id
    with writing(engine_for) as connection:
        facts = load_leads(connection, [who])[who]
        assert stands_since(connection, who) == facts.created_at
        save_moves(connection, [(facts, Moved(facts.lifecycle, "mql", "asked"))], T0 + timedelta(days=2))
        assert stands_since(connection, who) == T0 + timedelta(days=2)
        (row,) = changes_of(connection, who)
    assert (row.after, row.seconds) == ("mql", 2 * 86_400)


def test_colleagues_and_the_nearest_are_those_with_the_highest_scores(engine_for: Engine) -> None:
    take(engine_for, *(person(f"{name}@one.example") for name in ("a", "b", "c")))
    scores = {f"{name}@one.example": score for name, score in (("a", 5.0), ("b", 20.0), ("c", 0.0))}
    with writing(engine_for) as connection:
        for name, score in scores.items():
            connection.execute(lead.update().where(lead.c.email == name).values(score=score))
        who = {name: stored(engine_for, name).id for name in scores}
        assert highest_scored(connection, 9) == [who["b@one.example"], who["a@one.example"]]
        company = companies_of(connection, [who["c@one.example"]])[who["c@one.example"]]
        assert company.domain == "one.example"
        found = [row.email for row in colleagues_of(connection, who["c@one.example"], company.account)]
    assert found == ["b@one.example", "a@one.example"]


def test_what_sales_has_now_and_what_is_past_are_told_apart(engine_for: Engine) -> None:
    """Whoever learns from hand-offs sees those of which nobody waits for an answer any more, the newest first."""
    take(engine_for, person(), person("bob@acme.example"))
    first, later = given(engine_for), given(engine_for, "bob@acme.example")
    with reading(engine_for) as connection:
        lead = handoff_row(connection, first or 0).lead_id  # type: ignore[union-attr]
        assert set(in_hand_of(connection, [lead, 999])) == {lead} and in_hand_of(connection, []) == {}
        assert past_handoffs(connection, T0 + HOUR, 10) == []
    move(engine_for, first, HandoffState.OPEN, HandoffState.ACCEPTED, answered_at=T0 + HOUR)
    move(engine_for, later, HandoffState.OPEN, HandoffState.REJECTED, reason="no_fit", ended_at=T0 + HOUR)
    with reading(engine_for) as connection:
        assert set(in_hand_of(connection, [lead])) == {lead}
        assert [(one.state, one.reason, one.answered_at) for one in past_handoffs(connection, T0 + HOUR, 10)] == [
            ("rejected", "no_fit", None),
            ("accepted", "", T0 + HOUR),
        ]
        assert past_handoffs(connection, T0 - HOUR, 10) == [] and len(past_handoffs(connection, T0 + HOUR, 1)) == 1
