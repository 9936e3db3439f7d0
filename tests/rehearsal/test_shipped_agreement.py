"""The shipped campaigns in memory and by the real services: lanes, streams, caps, triggers, tasks and hand-offs."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec import structs

from engine.authoring.home import read_home
from engine.clock import SteppedClock
from engine.config.model import Safety
from engine.domain.journey.facts import EventKind, Lead, LeadFacts
from engine.rehearsal.life import Life
from engine.service.apply import apply
from engine.service.check import check
from engine.service.home import open_home
from engine.service.prospect import prospect
from engine.service.running import Runner
from engine.store.database import reading, writing
from engine.store.events import NewEvent
from engine.store.facts import load_facts
from engine.store.imported_events import take_events
from tests.service.world import MONDAY, World, copied
from tests.shipped.home import ROOT
from tests.smtpserver import SmtpServer

JANE = "jane@lead.example"
TRIAL = {"trial_id": "t-1", "trial_ends": "2026-11-23T17:00:00Z"}
EVENTS = {
    "trial_started": TRIAL,
    "first_login": {},
    "crm_connected": {},
    "webinar_registered": {"webinar": "clean-crm"},
    "recycled": {},
}


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped home, applied, without leads."""
    folder = tmp_path_factory.mktemp("shipped") / "home"
    for part in ("campaigns", "templates"):
        shutil.copytree(ROOT / part, folder / part)
    shutil.copy(ROOT / "config.toml", folder)
    report = check(folder)
    home = open_home(folder, report.config, SteppedClock(MONDAY))
    apply(home, prospect(home, report, Runner(home)), "the test")
    assert home.identity and home.keys
    home.store.dispose()
    return folder


@pytest.fixture
def world(applied: Path, tmp_path: Path) -> Iterator[World]:
    with SmtpServer() as server:
        patient = read_home(applied).config.sales.model_copy(update={"sla": "3000d", "recycle_after": "3000d"})
        found = World(copied(applied, tmp_path / "home"), server, {"safety": Safety(), "sales": patient})
        yield found
        found.close()


class Both:
    """One lead, living twice."""

    def __init__(self, world: World) -> None:
        self.world = world
        world.take_in(f"{JANE},Jane,webinar,Europe/Berlin,+49 40 1", columns="email,first_name,source,zone,phone")
        self.life = Life(world.runner.current().programme, self.facts(), MONDAY)

    def facts(self) -> LeadFacts:
        with reading(self.world.home.store) as connection:
            return load_facts(connection, [self.world.lead(JANE).id])[0]

    def later(self, span: timedelta) -> None:
        self.world.go()
        self.world.later(seconds=span.total_seconds())
        self.life.run_to(self.world.clock.now())

    def event(self, name: str) -> None:
        now, properties = self.world.clock.now(), EVENTS[name]
        told = NewEvent(
            f"{name}:{now}", self.world.lead(JANE).id, EventKind.CUSTOM, now, now, name, properties=properties
        )
        with writing(self.world.home.store) as connection:
            take_events(connection, [told], now)
        self.life.happens(EventKind.CUSTOM, name, properties=properties)

    def clicks(self, chance: random.Random) -> None:
        number = chance.randrange(len(self.life.mails))
        delivery = self.world.mails(JANE)[number]
        link = chance.randrange(3)
        name = self.world.runner.current().links.name(delivery.form, link)
        self.world.hit(delivery.id, link=link)
        self.life.happens(EventKind.CLICK, mail=self.life.mails[number], link=name)


def alone(lead: Lead) -> Lead:
    """The lead without what others settle: who in sales has it, and the score of its company."""
    return structs.replace(lead, owner="", account_score=0.0)


@pytest.mark.parametrize("seed", range(6))
def test_life_in_memory_and_the_real_services_agree(seed: int, world: World) -> None:
    chance = random.Random(100 + seed)
    both = Both(world)
    both.later(timedelta(0))
    for _ in range(chance.randint(3, 8)):
        both.later(timedelta(minutes=chance.randint(5, 6 * 24 * 60)))
        if both.life.mails and chance.random() < 0.6:
            both.clicks(chance)
        else:
            both.event(chance.choice(list(EVENTS)))
    both.later(timedelta(days=40))
    sent = [(row.campaign, row.step, row.finished_at) for row in world.mails(JANE)]
    assert [(one.send.campaign, one.send.step, one.at) for one in both.life.mails] == sent
    told = sorted((line.at, line.campaign, line.code) for line in world.story(JANE) if line.code != "handed_over")
    assert sorted((line.at, line.campaign, line.code) for line in both.life.lines) == told
    real = both.facts()
    assert both.life.facts.enrollments == real.enrollments
    assert alone(both.life.facts.lead) == alone(real.lead)
