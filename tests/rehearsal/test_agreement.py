"""What a life in memory shows is what happens: the real services, SQLite and a real SMTP server do the same."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from engine.config.sales import FitPoints, Points, Reason, Sales, Scoring
from engine.domain.actor import Actor
from engine.domain.journey.facts import EventKind, LeadFacts
from engine.domain.traffic import HitKind
from engine.rehearsal.desk import Desk
from engine.rehearsal.life import Fate, Life
from engine.rehearsal.mails import Letterbox
from engine.service.check import check
from engine.service.sales.answer import accept, reject, snooze
from engine.store.database import reading, writing
from engine.store.events import NewEvent, add_events
from engine.store.facts import load_facts
from engine.store.handoffs import handoffs_of, live_handoff
from engine.store.journey import wake
from tests.service.world import MONDAY, World
from tests.smtpscript import Rule, Say

CAMPAIGN = """
title = "Drip"
theme = "data"
state = "live"
enter = "source == 'web'"
backfill = true
window = { days = "Mon-Thu", hours = "09:00-17:00", zone = "lead", else = "Europe/Berlin" }
[stage.aware]
advance   = "clicked('first', link='go') or score >= 18"
exhausted = { after = "1d", go = "ripe" }
[[stage.aware.step]]
email = "first"
wait  = "10m"
[[stage.aware.step]]
email  = "second"
wait   = "1 business day"
thread = "first"
[[stage.aware.step]]
id     = "ask"
wait   = { until = "clicked('second')", max = "2d" }
branch = [{ when = "clicked('second', link='more')", go = "exit" }, { when = "clicks >= 2", go = "ripe" }]
[stage.ripe]
exhausted = { after = "2d", go = "exit" }
[[stage.ripe.step]]
set = { lifecycle = "mql" }
[[stage.ripe.step]]
email = "third"
wait  = "3h"
"""
SCORING = Scoring(
    half_life="5d",
    points=(
        Points(name="clicked", each="ever.clicks", points=8),
        Points(name="got mail", each="ever.sent('drip/second')", points=-3),
    ),
    fit=(FitPoints(name="ripened", when="lifecycle == 'mql'", points=50),),
)
JANE = "jane@lead.example"
LINKS = ("go", "more")
ACTS = ("open", "click", "click", "machine", "unsubscribe")


class Both:
    """One lead, living twice: in the store and in memory."""

    def __init__(self, world: World, fate: Fate = Fate.ACCEPTED) -> None:
        self.world = world
        self.world.apply(world.rewrite("campaigns/drip.toml", lambda _: CAMPAIGN))
        self.world.take_in(f"{JANE},Jane,web")
        programme = world.runner.current().programme
        self.life = Life(programme, self.facts(), MONDAY, desk=Desk(programme.policy))
        if fate is not Fate.ACCEPTED:
            self.life.fate = lambda send: fate if send.step == "second" else Fate.ACCEPTED
        self.later(timedelta(0))

    def facts(self) -> LeadFacts:
        with reading(self.world.home.store) as connection:
            return load_facts(connection, [self.world.lead(JANE).id])[0]

    def later(self, span: timedelta) -> None:
        self.world.go()
        self.world.later(seconds=span.total_seconds())
        self.life.run_to(self.world.clock.now())

    def does(self, act: str, chance: random.Random) -> None:
        """The lead, or a machine, does something with a mail that has come."""
        if not self.life.mails:
            return
        number = chance.randrange(len(self.life.mails))
        mail, delivery = self.life.mails[number], self.world.mails(JANE)[number].id
        link = chance.randrange(len(LINKS))
        match act:
            case "open":
                self.world.hit(delivery, HitKind.OPEN)
                self.life.happens(EventKind.OPEN, mail=mail)
            case "unsubscribe":
                self.world.unsubscribe(delivery)
                self.life.unsubscribes(mail)
            case _:
                by = Actor.MACHINE if act == "machine" else Actor.HUMAN
                self.world.hit(delivery, link=link, method="HEAD" if act == "machine" else "GET")
                self.life.happens(EventKind.CLICK, mail=mail, link=LINKS[link], by=by)

    def agree(self) -> None:
        """The same mails at the same times with the same subjects, the same story, the same place at the end."""
        sent = [(row.step, row.finished_at, row.state) for row in self.world.mails(JANE)]
        states = {Fate.ACCEPTED: "sent", Fate.REFUSED: "failed", Fate.BOUNCED: "failed"}
        assert [(one.send.step, one.at, states[one.fate]) for one in self.life.mails] == sent
        letters = Letterbox(check(self.world.path))
        taken = [one for one in self.life.mails if one.fate is Fate.ACCEPTED]
        assert [letters.subject(self.life, one) for one in taken] == self.world.subjects(JANE)
        told = [(line.at, line.code, line.campaign) for line in self.world.story(JANE)]
        assert sorted((one.at, one.code, one.campaign) for one in self.life.lines) == sorted(told)
        real = self.facts()
        assert self.life.facts.enrollments == real.enrollments
        assert self.life.facts.lead.lifecycle == real.lead.lifecycle
        assert (self.life.facts.lead.score, self.life.facts.lead.fit) == (real.lead.score, real.lead.fit)
        assert self.life.facts.lead.subscribed == real.lead.subscribed
        assert [(s.reason, s.scope) for s in self.life.facts.suppressions] == [
            (s.reason, s.scope) for s in real.suppressions
        ]


Found = Callable[..., Any]


@pytest.mark.parametrize("seed", range(8))
def test_life_in_memory_and_the_real_services_agree(seed: int, found: Found) -> None:
    chance = random.Random(seed)
    both = Both(found(scoring=SCORING))
    for _ in range(chance.randint(2, 6)):
        both.later(timedelta(minutes=chance.randint(1, 3 * 24 * 60)))
        both.does(chance.choice(ACTS), chance)
    both.later(timedelta(days=12))
    both.agree()


@pytest.mark.parametrize(
    ("code", "fate"), [("550 5.1.1 no such user", Fate.BOUNCED), ("550 5.3.4 too large", Fate.REFUSED)]
)
def test_both_agree_on_a_mail_that_the_relay_does_not_take(code: str, fate: Fate, found: Found) -> None:
    both = Both(found(), fate)
    both.later(timedelta(hours=1))
    both.world.server.script(Rule("RCPT", Say(code), times=1))
    both.later(timedelta(days=12))
    both.agree()


SALES = Sales(
    hand_raises=("asked",),
    sla="1 business day",
    recycle_after="3 business days",
    reasons={"too_early": Reason(title="Too early"), "no_fit": Reason(title="No", disqualify=True)},
)
ANSWERS = ("accept", "too_early", "no_fit", "snooze", "ask", "ask", "")


class BothInSales(Both):
    """One lead that asks for a person again and again, and what sales answers."""

    def asks(self) -> None:
        now = self.life.now
        with writing(self.world.home.store) as connection:
            lead = self.world.lead(JANE).id
            add_events(connection, [NewEvent(f"asked:{now}", lead, EventKind.CUSTOM, now, now, "asked")])
            wake(connection, [lead], now)
        self.life.happens(EventKind.CUSTOM, "asked")

    def answers(self, answer: str) -> None:
        with reading(self.world.home.store) as connection:
            row = live_handoff(connection, self.world.lead(JANE).id)
        desk = self.life.desk
        assert desk is not None
        in_hand = [one for one in desk.handoffs if one.ended_at is None]
        assert [(one.state, one.at, one.clock_at) for one in in_hand] == (
            [(row.state, row.at, row.clock_at)] if row is not None else []
        )
        if answer == "ask":
            self.asks()
        elif row is not None and answer == "accept" and row.state != "accepted":
            accept(self.world.home, row.id, "sales")
            desk.accepts(self.life)
        elif row is not None and answer == "snooze" and row.state != "accepted":
            until = self.life.now + timedelta(days=5)
            snooze(self.world.home, row.id, "sales", until)
            desk.snoozes(self.life, until)
        elif row is not None and answer in SALES.reasons:
            reject(self.world.home, row.id, "sales", answer)
            desk.rejects(self.life, answer)


@pytest.mark.parametrize("seed", range(8))
def test_both_agree_on_what_sales_answers_and_what_it_leaves_to_the_clock(seed: int, found: Found) -> None:
    chance = random.Random(seed)
    both = BothInSales(found(sales=SALES, scoring=SCORING))
    both.later(timedelta(hours=5))
    both.asks()
    for _ in range(chance.randint(3, 7)):
        both.later(timedelta(minutes=chance.randint(1, 4 * 24 * 60)))
        both.answers(chance.choice(ANSWERS))
    both.later(timedelta(days=12))
    both.agree()
    with reading(both.world.home.store) as connection:
        rows = handoffs_of(connection, both.world.lead(JANE).id)
    assert both.life.desk is not None
    assert [(one.state, one.at, one.reason, one.ended_at) for one in both.life.desk.handoffs] == [
        (row.state, row.at, row.reason, row.ended_at) for row in rows
    ]
