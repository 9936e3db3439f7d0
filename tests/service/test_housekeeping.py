"""Counting by day, and forgetting what was kept long enough."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from engine.config.model import Retention
from engine.domain.traffic import HitKind
from engine.service.housekeeping import keep_house
from engine.service.keepsakes import message_as_sent
from engine.service.status import status_of
from engine.store.daily_counts import counts, daily
from engine.store.database import reading, writing
from engine.store.outbox import Letter, claim_letter, end_letter, letter_row, open_letters, post
from tests.service.conftest import Found
from tests.service.world import MONDAY, World

JANE = "jane@northwind.example"
APPLE = "Mozilla/5.0"


@pytest.fixture
def lived(found: Found) -> World:
    """Jane had her first mail on Monday, clicked as a person and was opened by a machine; all is settled."""
    world = found(retention=Retention(mail_copies="30d", attempts="30d", machine_events="10d", events="", story="60d"))
    world.take_in(f"{JANE},Jane,web")
    world.go()
    world.hit(1, HitKind.OPEN, user_agent=APPLE, network="17.0.0.0/24")
    world.hit(1, HitKind.CLICK, link=1, at=MONDAY + timedelta(minutes=1))
    world.later(minutes=10)
    return world


def keep(world: World) -> int:
    return keep_house(world.home, world.clock.now()).forgotten


def by_day(world: World) -> dict[tuple[date, str, str], int]:
    with reading(world.home.store) as connection:
        rows = connection.execute(select(daily).where(~daily.c.what.startswith("lead:")))
        return {(row.day, row.step, row.what): row.n for row in rows}


def moves(world: World) -> dict[tuple[date, str, str], int]:
    with reading(world.home.store) as connection:
        rows = connection.execute(select(daily).where(daily.c.what.startswith("lead:")))
        return {(row.day, row.step, row.what): row.n for row in rows}


def test_how_leads_moved_is_counted_once_by_the_stage_that_they_came_to(lived: World) -> None:
    for _ in range(3):
        keep(lived)
    assert moves(lived) == {(MONDAY.date(), "aware", "lead:entered"): 1}


def test_what_happened_is_counted_once_by_day_step_and_actor(lived: World) -> None:
    for _ in range(3):
        keep(lived)
    day = MONDAY.date()
    assert by_day(lived) == {
        (day, "first", "accepted"): 1,
        (day, "first", "open:machine"): 1,
        (day, "first", "click:human"): 1,
    }
    with reading(lived.home.store) as connection:
        assert counts(connection, ["accepted", "click:human"]) == {"accepted": 1, "click:human": 1}
        assert counts(connection, ["accepted"], since=day + timedelta(days=1)) == {}


def test_days_are_those_of_the_company(found: Found) -> None:
    world = found()
    world.__dict__["config"] = world.config.model_copy(
        update={"company": world.config.company.model_copy(update={"zone": "Pacific/Auckland"})}
    )
    world.clock.step_to(MONDAY + timedelta(hours=5))
    world.take_in(f"{JANE},Jane,web")
    world.go()
    world.later(minutes=10)
    keep(world)
    assert [day for day, _, _ in by_day(world)] == [date(2026, 11, 3)]


def test_what_is_younger_than_two_minutes_waits(lived: World) -> None:
    keep(lived)
    lived.take_in("joe@northwind.example,Joe,web")
    lived.go()
    keep(lived)
    assert sum(by_day(lived).values()) == 3
    lived.later(minutes=3)
    keep(lived)
    assert sum(by_day(lived).values()) == 4


def test_verdict_that_comes_late_corrects_the_count(lived: World) -> None:
    keep(lived)
    for link in (0, 1, 2):
        lived.hit(1, HitKind.CLICK, link=link, at=MONDAY + timedelta(minutes=1, milliseconds=300 * link))
    lived.later(minutes=30)
    keep(lived)
    found = by_day(lived)
    assert found[MONDAY.date(), "first", "click:human"] == 0, "a scanner fetched three links at once"
    assert found[MONDAY.date(), "first", "click:machine"] == 4


def test_what_is_old_is_forgotten_and_its_counts_stay(lived: World) -> None:
    keep(lived)
    before = by_day(lived)
    assert keep(lived) == 0
    lived.clock.step_to(MONDAY + timedelta(days=11))
    keep(lived)
    assert [(event.kind, event.actor) for event in lived.events(JANE)] == [("click", "human")]
    assert message_as_sent(lived.home, 1) is not None
    lived.clock.step_to(MONDAY + timedelta(days=31))
    keep(lived)
    assert message_as_sent(lived.home, 1) is None
    assert lived.attempts(1) == []
    assert lived.mails(JANE)[0].state == "sent", "the mail itself keeps how it ended"
    assert lived.story(JANE)
    lived.clock.step_to(MONDAY + timedelta(days=61))
    keep(lived)
    assert lived.story(JANE) == []
    assert [event.actor for event in lived.events(JANE)] == ["human"], "kept for ever, as config says"
    assert by_day(lived) == before
    assert keep(lived) == 0


def test_status_counts_todays_mails_with_and_without_counts(lived: World) -> None:
    assert status_of(lived.home, lived.clock.now()).sent_today == 1
    keep(lived)
    assert status_of(lived.home, lived.clock.now()).sent_today == 1
    assert status_of(lived.home, MONDAY + timedelta(days=1)).sent_today == 0


def test_letter_that_arrived_is_forgotten_and_one_that_waits_is_kept(found: Found) -> None:
    world = found(retention=Retention(letters="30d"))
    with writing(world.home.store) as connection:
        for name in ("arrived", "waits"):
            post(connection, Letter(name, "webhook", "crm", "lead.step", {}), MONDAY)
        row = claim_letter(connection, MONDAY, MONDAY)
        assert row is not None
        end_letter(connection, row.id, row.attempts, MONDAY)
    world.clock.step_to(MONDAY + timedelta(days=30))
    keep(world)
    with reading(world.home.store) as connection:
        assert letter_row(connection, row.id) is not None, "not older than 30 days yet"
    world.clock.step_to(MONDAY + timedelta(days=31))
    keep(world)
    with reading(world.home.store) as connection:
        assert letter_row(connection, row.id) is None
        assert [left.message_id for left in open_letters(connection, 9)] == ["waits"]
