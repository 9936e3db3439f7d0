"""What a recipient says by a click is in force before the answer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.domain.recipient import Ack, UnavailableError, Wish
from engine.service.leave import Leave
from engine.store.database import reading
from engine.store.permission import consents_of
from tests.service.world import MONDAY, World

JANE = "jane@northwind.example"


@pytest.fixture
def mailed(world: World) -> World:
    world.take_in(f"{JANE},Jane,web")
    world.go()
    return world


@pytest.mark.acceptance(row=34)
def test_unsubscribed_lead_is_not_sent_the_next_step(mailed: World) -> None:
    assert Leave(mailed.home).unsubscribe(1, "one-click", MONDAY, {"hit": "h"}) is Ack.DONE
    assert mailed.suppressions(JANE) == [("marketing", "unsubscribed")]
    mailed.later(days=3)
    assert mailed.states(JANE) == [("first", "sent")]
    assert [event.kind for event in mailed.events(JANE)] == ["unsubscribe"]
    assert [line.code for line in mailed.story(JANE)].count("unsubscribed") == 1


def test_second_unsubscribe_changes_nothing(mailed: World) -> None:
    leave = Leave(mailed.home)
    leave.unsubscribe(1, "one-click", MONDAY, {})
    assert leave.unsubscribe(1, "page", MONDAY + timedelta(hours=1), {}) is Ack.ALREADY
    assert len(mailed.events(JANE)) == 1


def test_undo_lets_mail_go_again_and_keeps_the_proof(mailed: World) -> None:
    leave = Leave(mailed.home)
    leave.unsubscribe(1, "one-click", MONDAY, {"hit": "a"})
    assert leave.undo(1, MONDAY + timedelta(minutes=1), {"hit": "b"}) is Ack.DONE
    assert mailed.suppressions(JANE) == []
    with reading(mailed.home.store) as connection:
        kept = consents_of(connection, mailed.lead(JANE).id)
    assert [(row.granted, row.proof) for row in kept[-2:]] == [(False, {"hit": "a"}), (True, {"hit": "b"})]


def test_unsubscribe_that_waited_in_the_spool_does_not_undo_a_later_consent(mailed: World) -> None:
    leave = Leave(mailed.home)
    leave.unsubscribe(1, "one-click", MONDAY, {})
    leave.undo(1, MONDAY + timedelta(hours=2), {})
    assert leave.unsubscribe(1, "one-click", MONDAY + timedelta(hours=1), {}) is Ack.ALREADY
    assert mailed.suppressions(JANE) == []


def test_declined_topic_stops_its_campaign_and_tracking_is_a_choice(mailed: World) -> None:
    leave = Leave(mailed.home)
    choices = leave.choices(1)
    assert choices is not None
    assert {topic.key for topic in choices.topics} == {"data", "choice", "order"}
    leave.choose(1, Wish(frozenset({"choice"}), tracking=False), MONDAY, {})
    mailed.later(days=3)
    assert mailed.states(JANE) == [("first", "sent")]
    assert not mailed.lead(JANE).tracking
    after = leave.choices(1)
    assert after is not None
    assert {topic.key for topic in after.topics if topic.wanted} == {"choice"}


def test_token_of_a_mail_that_is_gone_gives_nothing_away(mailed: World) -> None:
    leave = Leave(mailed.home)
    assert leave.unsubscribe(999, "one-click", MONDAY, {}) is Ack.DONE
    assert leave.choices(999) is None


def test_store_that_is_away_is_said_so(mailed: World) -> None:
    leave = Leave(mailed.home)
    database = mailed.path / "var" / "ripeline.db"
    mailed.home.store.dispose()
    database.rename(database.with_suffix(".away"))
    database.mkdir()
    with pytest.raises(UnavailableError):
        leave.unsubscribe(1, "one-click", MONDAY, {})
    with pytest.raises(UnavailableError):
        leave.choices(1)
    database.rmdir()
    database.with_suffix(".away").rename(database)
