"""Two leads that sales has, and that turn out to be one person: one hand-off goes on, and everybody knows which."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine.domain.tokens import Purpose, read_mail_token
from engine.service.merge import merge, pair_of
from engine.service.sales.answer import HandoffError, accept, reject
from engine.service.sales.desk import SalesDesk
from engine.service.why import story_of_lead
from engine.store.database import reading
from engine.store.handoffs import handoffs_of, live_handoff, live_handoffs
from engine.store.report_figures import handoff_count, handoffs_between
from tests.service.conftest import Found
from tests.service.sales.test_hand_over import JANE, asked, asks, letters
from tests.service.sales.test_mail import carry, token_in
from tests.service.world import World

TWIN = "jane.park@gmail.example"


def handoffs(world: World) -> dict[str, Any]:
    """The hand-offs of the one lead, by their owners."""
    with reading(world.home.store) as connection:
        return {row.owner: row for row in handoffs_of(connection, world.lead(JANE).id)}


def both_asked(found: Found) -> World:
    """Jane asked for a demo by two addresses: carl has the one, bea the other."""
    world = asked(found, TWIN)
    with reading(world.home.store) as connection:
        assert sorted(row.owner for row in live_handoffs(connection)) == ["bea", "carl"]
    return world


def make_one(world: World) -> None:
    assert merge(world.home, pair_of(world.home, JANE, TWIN), "hand")
    world.go()


def stories(world: World) -> list[list[str]]:
    """What the stories under both names tell of the end."""
    told = [story_of_lead(world.home, world.runner.current(), name, world.clock.now()) for name in (JANE, TWIN)]
    return [[f"{m.about}: {m.why}" for m in story.moments if m.what == "ended"] for story in told]


def test_the_kept_leads_hand_off_goes_on_and_the_others_ends_with_a_reason(found: Found) -> None:
    world = both_asked(found)
    world.later(minutes=1)

    make_one(world)

    rows = handoffs(world)
    kept, ended = rows["carl"], rows["bea"]
    assert (kept.state, kept.ended_at, kept.clock_at is not None) == ("open", None, True)
    assert (ended.state, ended.ended_at, ended.clock_at) == ("merged", world.clock.now(), None)
    assert ended.answer_note == f"merged: {TWIN} is the same person, and goes on with carl"
    assert world.lead(JANE).owner == "carl"
    with reading(world.home.store) as connection:
        assert [row.id for row in live_handoffs(connection)] == [kept.id]
    told = "the hand-off to bea: merged with a lead that sales has: it goes on with carl"
    assert stories(world) == [[told], [told]]


def test_its_owner_is_told_by_mail_with_whom_it_goes_on(found: Found) -> None:
    world = both_asked(found)
    carry(world)
    make_one(world)
    assert ("webhook", "hook", "handoff.merged") in letters(world)

    carry(world)

    mail = world.received("bea@acme.example")[-1]
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert str(mail["Subject"]).startswith("Joe – goes on with carl: ")
    assert "the same person as another lead of ours, who goes on with carl" in text
    assert "Accept" not in text, "nothing is asked any more"
    ref = read_mail_token(world.home.keys.ring, Purpose.HANDOFF, token_in(mail, "h"))
    assert ref is not None
    shown = SalesDesk(world.home).sheet("handoff", ref.delivery, ref.table)
    assert shown is not None
    assert (shown[1].open, shown[1].state) == (
        False,
        "This is the same person as another lead that sales has, and goes on there.",
    )
    with pytest.raises(HandoffError, match="goes on there"):
        accept(world.home, ref.delivery, "bea")


def test_who_accepted_keeps_the_lead_also_where_the_other_address_stays(found: Found) -> None:
    world = both_asked(found)
    with reading(world.home.store) as connection:
        theirs = live_handoff(connection, world.lead(TWIN).id)
    accept(world.home, theirs.id, "bea")
    world.go()

    make_one(world)

    rows = handoffs(world)
    assert (rows["bea"].state, rows["carl"].state) == ("accepted", "merged")
    assert world.lead(JANE).owner == "bea"
    assert world.lead(JANE).lifecycle == "sal"


def test_what_either_came_back_from_before_does_not_take_the_lead_from_sales(found: Found) -> None:
    """The twin's hand-off was given back after Jane's began: its `recycled` is later, and about another hand-off."""
    world = both_asked(found)
    with reading(world.home.store) as connection:
        theirs = live_handoff(connection, world.lead(TWIN).id)
    world.later(minutes=5)
    reject(world.home, theirs.id, "bea", "too_early")
    world.go()

    world.later(minutes=1)
    since = world.clock.now()
    make_one(world)
    world.later(minutes=10)

    after = [line.code for line in world.story(JANE) if line.at >= since]
    assert after == ["merged", "ended"], "its campaigns stay paused, its stage stays"
    assert world.lead(JANE).lifecycle == "mql"
    asks(world, JANE)
    world.go()
    assert [row.state for row in handoffs(world).values()] == ["open", "rejected"]


def test_a_lead_that_one_hand_off_has_is_reported_once(found: Found) -> None:
    world = both_asked(found)
    make_one(world)
    with reading(world.home.store) as connection:
        begins, ends = world.clock.now() - timedelta(days=1), world.clock.now() + timedelta(days=1)
        assert [row.owner for row in handoffs_between(connection, begins, ends)] == ["carl"]
        assert handoff_count(connection, begins, ends) == 1


def test_one_hand_off_alone_goes_on_under_the_other_name(found: Found) -> None:
    world = asked(found)
    world.take_in(f"{TWIN},Jane,web")
    make_one(world)
    assert stories(world) == [[], []]
    assert [row.state for row in handoffs(world).values()] == ["open"]
