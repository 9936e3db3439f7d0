"""Forgetting and counting on both databases, in bites, without reading what stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, func, select

from engine.domain.actor import Actor
from engine.domain.journey.facts import EventKind
from engine.store.daily_counts import count_events, counted_up_to, counts
from engine.store.database import reading, writing
from engine.store.events import NewEvent, add_events
from engine.store.retention import forget_events, forget_machines
from engine.store.tables import EventRow
from tests.store.test_lead_import import person, take

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
event = EventRow.__table__  # type: ignore[attr-defined]
ZONE = ZoneInfo("Europe/Berlin")


@pytest.fixture
def year(engine_for: Engine) -> Engine:
    """A click a day for a hundred days, every other one of a machine."""
    take(engine_for, person("jane@x.example"))
    with writing(engine_for) as connection:
        for day in range(100):
            at = START + timedelta(days=day)
            actor = Actor.HUMAN if day % 2 else Actor.MACHINE
            add_events(connection, [NewEvent(f"e{day}", 1, EventKind.CLICK, at, at, actor=actor)])
    return engine_for


def left(engine: Engine) -> int:
    with reading(engine) as connection:
        return int(connection.scalar(select(func.count()).select_from(event)) or 0)


def test_only_what_is_counted_is_forgotten(year: Engine) -> None:
    now = START + timedelta(days=200)
    with writing(year) as connection:
        assert forget_events(connection, now, 1000) == 0
        assert count_events(connection, ZONE, START + timedelta(days=50), 1000) == 50
        assert forget_events(connection, now, 1000) == 50
        assert counts(connection, ["click:human", "click:machine"]) == {"click:human": 25, "click:machine": 25}
    assert left(year) == 50


def test_bites_come_to_an_end_and_what_stays_is_not_read_again(year: Engine) -> None:
    now = START + timedelta(days=200)
    with writing(year) as connection:
        assert count_events(connection, ZONE, now, 30) == 30
        assert count_events(connection, ZONE, now, 1000) == 70
        assert count_events(connection, ZONE, now, 1000) == 0
        looked = [forget_machines(connection, START + timedelta(days=80), 30) for _ in range(4)]
    assert looked == [30, 30, 20, 0]
    assert left(year) == 60


def test_pending_event_holds_the_watermark(year: Engine) -> None:
    at = START + timedelta(days=100)
    with writing(year) as connection:
        hit = NewEvent("p", 1, EventKind.OPEN, at, at, actor=Actor.UNKNOWN, settles_at=at + timedelta(minutes=1))
        add_events(connection, [hit])
        add_events(connection, [NewEvent("q", 1, EventKind.REPLY, at, at)])
        assert count_events(connection, ZONE, at + timedelta(days=1), 1000) == 100
        assert counted_up_to(connection, "counted:event") == 100
