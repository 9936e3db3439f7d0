"""Mails of unknown fate: evidence first, then the home's policy."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.config.model import Delivery
from engine.domain.traffic import HitKind
from tests.service.conftest import Found
from tests.service.world import MONDAY, World
from tests.smtpscript import Cut, Rule

JANE = "jane@northwind.example"


def cut_off(found: Found, accept: bool = True, times: int = 1, **settings: str) -> World:
    """Jane's first mail is cut off after its dot, and the relay has it or not."""
    world = found(Rule("DOT", Cut(accept=accept), times=times), delivery=Delivery(**settings))  # type: ignore[arg-type]
    world.take_in(f"{JANE},Jane,web")
    world.go()
    assert world.states(JANE) == [("first", "unknown")]
    return world


@pytest.mark.parametrize("kind", [HitKind.OPEN, HitKind.CLICK])
def test_open_or_click_proves_that_it_arrived(found: Found, kind: HitKind) -> None:
    world = cut_off(found)
    world.clock.step_to(MONDAY + timedelta(hours=1))
    world.hit(world.mails(JANE)[0].id, kind)
    world.tick()
    mail = world.mails(JANE)[0]
    assert mail.state == "sent"
    assert mail.reason.startswith(f"arrived: {kind.value} on Mon 2 Nov 10:00")
    assert len(world.server.accepted) == 1


def test_lead_waits_and_then_goes_on_with_the_reason(found: Found) -> None:
    world = cut_off(found, unknown="hold", unknown_after="3d")
    world.later(timedelta(hours=6), days=2, hours=23)
    assert world.states(JANE) == [("first", "unknown")], "the journey waits"
    world.later(hours=1)
    world.later(days=2)
    assert world.states(JANE) == [("first", "unknown"), ("second", "sent")]
    assert "nobody knows whether it arrived" in world.mails(JANE)[0].reason
    assert len(world.server.accepted) == 2, "the first was not sent again"


def test_evidence_that_comes_after_the_waiting_still_counts(found: Found) -> None:
    world = cut_off(found, unknown="hold", unknown_after="1h")
    world.later(timedelta(minutes=30), hours=3)
    world.hit(world.mails(JANE)[0].id, HitKind.OPEN)
    world.tick()
    assert world.mails(JANE)[0].state == "sent"


@pytest.mark.parametrize(("accept", "copies"), [(True, 2), (False, 1)])
def test_resend_once_sends_the_same_message_id_once_more(found: Found, accept: bool, copies: int) -> None:
    world = cut_off(found, accept, unknown="resend_once", unknown_after="1h")
    world.later(minutes=59)
    assert world.states(JANE) == [("first", "unknown")]
    world.later(minutes=2)
    assert world.states(JANE)[0] == ("first", "sent")
    assert len(world.received()) == copies
    assert len({str(mail["Message-ID"]) for mail in world.received()}) == 1
    assert world.mails(JANE)[0].unknowns == 1, "the possible duplicate is owned up to"


def test_resend_that_is_cut_off_again_is_not_repeated(found: Found) -> None:
    world = cut_off(found, times=2, unknown="resend_once", unknown_after="1h")
    world.later(timedelta(minutes=30), hours=12)
    assert world.mails(JANE)[0].state == "unknown"
    assert world.mails(JANE)[0].unknowns == 2
    assert len(world.server.accepted) == 2
