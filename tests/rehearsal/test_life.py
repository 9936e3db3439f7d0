"""A lead's life in memory: what the store, the senders and the tracker do around a decision, done to values."""

from __future__ import annotations

from datetime import timedelta
from time import perf_counter

import pytest

from engine.domain.actor import Actor
from engine.domain.campaign import Campaign
from engine.domain.journey.facts import EventKind, LeadFacts
from engine.rehearsal.life import Fate, Life
from tests.domain.journey.world import DAY, HOUR, MINUTE, MONDAY, campaign, email, lead, programme, setting, stage

DRIP = campaign(
    "drip",
    stage("aware", email("one"), email("two", "2d"), advance="clicked('one', link='go')", exhausted="exit"),
    stage("ripe", email("three", "1h"), exhausted="exit"),
)


def life(*campaigns: Campaign, **more: object) -> Life:
    return Life(programme(*(campaigns or (DRIP,))), LeadFacts(lead()), MONDAY, **more)  # type: ignore[arg-type]


def steps(played: Life) -> list[tuple[timedelta, str]]:
    return [(mail.at - MONDAY, mail.send.step) for mail in played.mails]


def test_silent_lead_gets_every_mail_at_its_time() -> None:
    played = life()
    played.run_to(MONDAY + 30 * DAY)
    assert steps(played) == [(timedelta(0), "one"), (2 * DAY, "two")]
    assert played.now == MONDAY + 30 * DAY
    assert played.is_over


def test_time_stops_where_it_is_told_to() -> None:
    played = life()
    played.run_to(MONDAY + 2 * DAY - MINUTE)
    assert [step for _, step in steps(played)] == ["one"]
    assert played.next_at == MONDAY + 2 * DAY


def test_click_counts_when_its_quarantine_is_over_at_the_instant_at_which_it_happened() -> None:
    played = life()
    played.run_to(MONDAY + HOUR)
    mail = played.mailed("drip", "one")
    played.happens(EventKind.CLICK, mail=mail, link="go")
    played.run_to(MONDAY + HOUR + timedelta(seconds=59))
    assert played.run("drip").stage == "aware"  # type: ignore[union-attr]
    played.run_to(MONDAY + HOUR + timedelta(seconds=60))
    assert played.run("drip").stage == "ripe"  # type: ignore[union-attr]
    assert played.facts.events[-1].at == MONDAY + HOUR
    played.run_to(MONDAY + DAY)
    assert steps(played)[-1] == (2 * HOUR + timedelta(seconds=60), "three")


@pytest.mark.parametrize("by", [Actor.MACHINE, Actor.UNKNOWN])
def test_machines_move_nobody(by: Actor) -> None:
    played = life()
    played.run_to(MONDAY + HOUR)
    played.happens(EventKind.CLICK, mail=played.mailed("drip", "one"), link="go", by=by)
    played.run_to(MONDAY + 30 * DAY)
    assert [step for _, step in steps(played)] == ["one", "two"]


def test_unsubscribed_lead_gets_no_marketing_mail_any_more() -> None:
    played = life()
    played.run_to(MONDAY + HOUR)
    played.unsubscribes(played.mails[0])
    played.run_to(MONDAY + 30 * DAY)
    assert [step for _, step in steps(played)] == ["one"]
    assert [line.data["why"] for line in played.lines if line.code == "dropped"] == ["suppressed"]
    assert not played.facts.lead.subscribed


def test_refused_mail_does_not_stop_the_next_one_and_a_bounce_does() -> None:
    refused = life(fate=lambda send: Fate.REFUSED if send.step == "one" else Fate.ACCEPTED)
    refused.run_to(MONDAY + 30 * DAY)
    assert [(mail.send.step, mail.fate) for mail in refused.mails] == [("one", Fate.REFUSED), ("two", Fate.ACCEPTED)]
    bounced = life(fate=lambda _: Fate.BOUNCED)
    bounced.run_to(MONDAY + 30 * DAY)
    assert [mail.send.step for mail in bounced.mails] == ["one"]
    assert bounced.facts.suppressions[0].scope == "all"


def test_mail_that_comes_back_later_ends_all_mail() -> None:
    played = life()
    played.run_to(MONDAY + HOUR)
    played.bounces(played.mails[0])
    played.run_to(MONDAY + 30 * DAY)
    assert [step for _, step in steps(played)] == ["one"]
    assert [event.kind for event in played.facts.events] == [EventKind.BOUNCE]


def test_fields_are_written_from_outside_and_by_steps() -> None:
    home = campaign(
        "home", stage("a", setting("mark", plan="pro", lifecycle="mql"), exhausted="exit"), enter="plan == 'free'"
    )
    played = life(home)
    played.run_to(MONDAY + HOUR)
    assert played.run("home") is None
    played.becomes({"plan": "free", "lists": frozenset({"news"})})
    assert played.facts.lead.fields["plan"] == "pro"
    assert (played.facts.lead.lifecycle, played.facts.lead.lists) == ("mql", frozenset({"news"}))


def test_campaign_that_mails_in_circles_comes_to_a_halt_at_each_instant() -> None:
    again = email("again", operational=True, repeat=True)
    played = life(campaign("circle", stage("a", again, exhausted="b"), stage("b", setting("mark"), exhausted="a")))
    played.run_to(MONDAY)
    assert played.next_at is not None and played.next_at > MONDAY


def test_thousands_of_looks_take_a_second() -> None:
    played = life()
    started = perf_counter()
    for _ in range(300):
        played.look()
    assert played.looks >= 300
    assert perf_counter() - started < 1.5
