"""From hits to what counts: quarantine, scanners, privacy proxies, late verdicts, replays."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.domain.traffic import Hit, HitKind
from engine.service.tick import take_hits
from tests.service.world import BROWSER, MONDAY, World

JANE = "jane@northwind.example"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def mailed(world: World) -> World:
    """Jane has had her first mail for ten minutes."""
    world.take_in(f"{JANE},Jane,web")
    world.go()
    world.clock.step_to(MONDAY + timedelta(minutes=10))
    return world


def verdicts(world: World) -> list[tuple[str, str, bool]]:
    return [(event.kind, event.actor, event.pending) for event in world.events(JANE)]


def test_click_counts_after_its_quarantine_and_advances(mailed: World) -> None:
    mailed.hit(1, link=0)
    mailed.go()
    assert verdicts(mailed) == [("click", "unknown", True)]
    assert len(mailed.mails(JANE)) == 1, "nothing counts yet"
    mailed.clock.step_to(mailed.clock.now() + MINUTE)
    mailed.go()
    assert verdicts(mailed) == [("click", "human", False)]
    assert [event.link for event in mailed.events(JANE)] == ["go"]
    mailed.later(minutes=2)
    assert mailed.states(JANE)[-1] == ("third", "sent")


@pytest.mark.acceptance(row=36)
def test_scanner_that_fetches_all_links_neither_advances_nor_hands_over(mailed: World) -> None:
    for link in (0, 1, 2):
        mailed.hit(1, link=link, at=mailed.clock.now() + timedelta(milliseconds=500 * link))
    mailed.later(hours=1)
    assert {actor for _, actor, _ in verdicts(mailed)} == {"machine"}
    assert "a scanner fetched 3 links" in mailed.events(JANE)[0].judged
    assert mailed.states(JANE) == [("first", "sent")]
    assert mailed.lead(JANE).handed_off_at is None


@pytest.mark.acceptance(row=37)
def test_apples_privacy_proxy_is_a_machine(mailed: World) -> None:
    mailed.hit(1, HitKind.OPEN, user_agent="Mozilla/5.0")
    mailed.later(minutes=2)
    assert verdicts(mailed) == [("open", "machine", False)]


def test_machine_that_gives_itself_away_late_is_unmasked_and_no_step_repeated(mailed: World) -> None:
    mailed.hit(1, link=0, visitor="scanner")
    mailed.later(minutes=3)
    assert verdicts(mailed) == [("click", "human", False)]
    assert mailed.states(JANE)[-1] == ("third", "sent")
    for link in (0, 1, 2):
        mailed.hit(1, link=link, visitor="scanner", at=mailed.clock.now() + timedelta(milliseconds=link))
    mailed.later(hours=1)
    assert {actor for _, actor, _ in verdicts(mailed)} == {"machine"}
    assert mailed.states(JANE) == [("first", "sent"), ("third", "sent")]
    assert len(mailed.server.accepted) == 2


def test_replayed_hits_change_nothing(mailed: World) -> None:
    hit = Hit("once", HitKind.CLICK, 1, mailed.clock.now(), link=0, user_agent=BROWSER)
    running = mailed.runner.current()
    assert take_hits(mailed.home, running, [hit, hit]) == 1
    assert take_hits(mailed.home, running, [hit]) == 0
    mailed.later(minutes=2)
    assert take_hits(mailed.home, running, [hit]) == 0
    assert verdicts(mailed) == [("click", "human", False)]


def test_hit_on_a_mail_that_is_gone_is_passed_over(mailed: World) -> None:
    mailed.hit(999)
    mailed.later(minutes=2)
    assert mailed.events(JANE) == []


@pytest.mark.acceptance(row=34)
def test_spooled_unsubscribe_is_in_force_when_it_is_drained(mailed: World) -> None:
    mailed.hit(1, HitKind.UNSUBSCRIBE, how="one-click")
    assert mailed.suppressions(JANE) == [("marketing", "unsubscribed")]
    mailed.later(days=3)
    assert mailed.states(JANE) == [("first", "sent")]
