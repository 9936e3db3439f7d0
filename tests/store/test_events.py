"""Events on both databases: written once, judged after their quarantine, found with their neighbours."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from engine.domain.actor import Actor
from engine.domain.journey.facts import EventKind
from engine.store.database import reading, writing
from engine.store.events import (
    MailOf,
    NewEvent,
    add_events,
    events_of,
    neighbours,
    next_settling_instant,
    pending_events,
    settle,
    traffic_of,
)
from engine.store.facts import load_facts
from tests.store.journals import NOW, one_mail

SECOND = timedelta(seconds=1)


def click(name: str, mail: int, at: datetime = NOW, network: str = "203.0.113.0/24") -> NewEvent:
    settles_at = at + 60 * SECOND
    kept = {"network": network}
    return NewEvent(
        name, 1, EventKind.CLICK, at, at, actor=Actor.UNKNOWN, settles_at=settles_at, mail=MailOf(mail), evidence=kept
    )


def add(engine: Engine, *events: NewEvent) -> int:
    with writing(engine) as connection:
        return add_events(connection, events)


def rows(engine: Engine) -> list[Any]:
    with reading(engine) as connection:
        return events_of(connection, 1)


def test_replay_changes_nothing(engine_for: Engine) -> None:
    mail = one_mail(engine_for)
    first = click("a", mail)
    assert add(engine_for, first, click("b", mail)) == 2
    assert add(engine_for, first, click("c", mail)) == 1
    assert add(engine_for) == 0
    assert [row.source_id for row in rows(engine_for)] == ["a", "b", "c"]


def test_quarantine_ends_in_its_order_and_settled_events_count(engine_for: Engine) -> None:
    mail = one_mail(engine_for)
    add(engine_for, click("late", mail, NOW + 30 * SECOND), click("early", mail))
    with reading(engine_for) as connection:
        assert next_settling_instant(connection) == NOW + 60 * SECOND
        assert pending_events(connection, NOW + 59 * SECOND, 10) == []
        pending = pending_events(connection, NOW + 90 * SECOND, 10)
        assert [row.source_id for row in pending] == ["early", "late"]
        assert load_facts(connection, [1])[0].events == ()
    with writing(engine_for) as connection:
        settle(connection, [{"number": pending[0].id, "judge": "human", "because": "a person's pace"}])
        settle(connection, [])
    with reading(engine_for) as connection:
        assert [(event.kind, event.actor) for event in load_facts(connection, [1])[0].events] == [
            (EventKind.CLICK, Actor.HUMAN)
        ]
        assert next_settling_instant(connection) == NOW + 90 * SECOND
    early = next(row for row in rows(engine_for) if row.source_id == "early")
    assert (early.pending, early.judged) == (False, "a person's pace")


def test_traffic_is_grouped_by_mail(engine_for: Engine) -> None:
    mail = one_mail(engine_for)
    add(engine_for, click("b", mail, NOW + SECOND), click("a", mail))
    with reading(engine_for) as connection:
        assert {key: [row.source_id for row in found] for key, found in traffic_of(connection, [mail, 9]).items()} == {
            mail: ["a", "b"]
        }


def test_neighbours_are_of_that_network_and_time_settled_or_not(engine_for: Engine) -> None:
    mail = one_mail(engine_for)
    add(
        engine_for,
        click("before", mail, NOW - 61 * SECOND),
        click("near", mail, NOW - 30 * SECOND),
        click("elsewhere", mail, NOW - 30 * SECOND, "198.51.100.0/24"),
        click("now", mail),
    )
    near = next(row.id for row in rows(engine_for) if row.source_id == "near")
    with writing(engine_for) as connection:
        settle(connection, [{"number": near, "judge": "human", "because": ""}])
        settles = NOW + 60 * SECOND
        found = neighbours(connection, ["203.0.113.0/24"], settles - 60 * SECOND, settles)
    assert [(row.network, row.at) for row in found] == [
        ("203.0.113.0/24", NOW - 30 * SECOND),
        ("203.0.113.0/24", NOW),
    ]
