"""The simulation of a home's own leads is what the daemon then does; and it leaves the home as it is."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.domain.journey.facts import EventKind
from engine.domain.traffic import HitKind
from engine.errors import RipelineError
from engine.rehearsal.mails import Letterbox
from engine.rehearsal.simulation.assembly import assemble
from engine.rehearsal.simulation.calendar import calendar
from engine.rehearsal.simulation.figures import Figures
from engine.rehearsal.simulation.lives import Lives, record_of
from engine.rehearsal.simulation.named import in_hand_at_start
from engine.rehearsal.simulation.persona import Record
from engine.rehearsal.simulation.setup import Arrivals, Setup
from engine.rehearsal.simulation.simulation import Crowd, simulate
from engine.rehearsal.simulation.wishes import Wishes
from engine.service.check import check
from engine.service.home import open_to_read
from engine.store.database import reading, writing
from engine.store.events import NewEvent, add_events
from engine.store.facts import load_facts
from engine.store.handoffs import handoffs_of
from engine.store.journey import wake
from tests.rehearsal.simulation.setups import SILENT
from tests.service.world import World

JANE, BOB, EVE = "jane@lead.example", "bob@lead.example", "eve@lead.example"
PEOPLE = (JANE, BOB, EVE)
DAYS = 9
SALES = """
[sales]
hand_raises = ["asked"]
sla = "1 business day"
recycle_after = "3 business days"
"""

Found = Callable[..., World]


def assembled(world: World, days: int = DAYS, **more: object) -> tuple[Setup, Crowd]:
    wishes = Wishes(start=world.clock.now(), days=days, **more)  # type: ignore[arg-type]
    return assemble(check(world.path), open_to_read(world.path, world.config), wishes)


def content(path: Path) -> str:
    """A fingerprint of all that the store holds."""
    with closing(sqlite3.connect(path)) as store:
        return hashlib.sha256("\n".join(store.iterdump()).encode()).hexdigest()


@pytest.fixture
def lived(world: World) -> World:
    """Jane clicked, Bob has one mail, Eve has one that is decided and not yet sent; two more are not let in."""
    world.take_in(f"{JANE},Jane,web", f"{BOB},Bob,web", "mia@lead.example,Mia,fair")
    world.go()
    world.hit(world.mails(JANE)[0].id, HitKind.OPEN)
    world.hit(world.mails(JANE)[0].id, link=1)
    world.later(hours=5)
    world.take_in(f"{EVE},Eve,web")
    world.tick()
    return world


def test_silent_leads_get_what_the_daemon_then_sends(lived: World) -> None:
    setup, crowd = assembled(lived)
    played = simulate(setup, crowd, lived.path)
    lives = Lives(replace(setup, manners=SILENT))
    with reading(lived.home.store) as connection:
        facts = {one.lead.email: one for one in load_facts(connection, [lived.lead(who).id for who in PEOPLE])}
    futures = {who: lives.play(facts[who]).life for who in PEOPLE}
    before = {who: {row.id for row in lived.mails(who) if row.state == "sent"} for who in PEOPLE}
    lived.go()
    lived.later(days=DAYS)
    for who in PEOPLE:
        came = [(row.step, row.finished_at) for row in lived.mails(who) if row.id not in before[who]]
        assert [(mail.send.step, mail.at) for mail in futures[who].mails] == came
        assert came, "something is to be compared"
    assert played.tally.leads == 4


def test_lead_that_sales_has_and_does_not_answer_comes_back_when_the_daemon_takes_it_back(found: Found) -> None:
    world = found()
    config = world.path / "config.toml"
    config.write_text(config.read_text("utf-8") + SALES, "utf-8")
    world.take_in(f"{BOB},Bob,web")
    world.go()
    asks(world, BOB)
    world.go()
    world.later(hours=30)
    setup, crowd = assembled(world, sales=(("unanswered", 1.0),))
    played = Figures(simulate(setup, crowd, world.path)).sales
    assert (played.handed_over.value, played.back["no_answer_from_sales"].value) == (0, 1)
    with reading(world.home.store) as connection:
        (facts,) = load_facts(connection, [world.lead(BOB).id])
    in_hand = in_hand_at_start(world.home, facts)
    life = Lives(replace(setup, manners=SILENT)).play(facts, in_hand=in_hand).life
    assert life.desk is not None and [one.state for one in life.desk.handoffs] == ["expired"]
    before = len(world.mails(BOB))
    world.later(days=DAYS)
    (row,) = handoffs_of_lead(world, BOB)
    assert (row.state, row.ended_at) == ("expired", life.desk.handoffs[0].ended_at)
    came = [(mail.step, mail.finished_at) for mail in world.mails(BOB)[before:]]
    assert came and [(mail.send.step, mail.at) for mail in life.mails] == came


def asks(world: World, who: str) -> None:
    now = world.clock.now()
    with writing(world.home.store) as connection:
        add_events(connection, [NewEvent(f"asked:{now}", world.lead(who).id, EventKind.CUSTOM, now, now, "asked")])
        wake(connection, [world.lead(who).id], now)


def handoffs_of_lead(world: World, who: str) -> list[Any]:
    with reading(world.home.store) as connection:
        return handoffs_of(connection, world.lead(who).id)


def test_home_is_left_as_it_is(lived: World) -> None:
    before = content(lived.path / "var/ripeline.db")
    setup, crowd = assembled(lived)
    simulate(setup, crowd, lived.path)
    assert content(lived.path / "var/ripeline.db") == before
    assert setup.bundle == 1 and crowd.whole == 4


def test_store_of_another_version_is_not_touched(lived: World) -> None:
    file = lived.path / "var/ripeline.db"
    with closing(sqlite3.connect(file)) as store:
        store.execute("UPDATE alembic_version SET version_num = '0001'")
        store.commit()
    before = content(file)
    with pytest.raises(RipelineError, match="the store is of another version of Ripeline"):
        open_to_read(lived.path, lived.config)
    assert content(file) == before


def test_lead_s_own_record_says_how_it_treats_mail(lived: World) -> None:
    lived.later(minutes=2)
    with reading(lived.home.store) as connection:
        (facts,) = load_facts(connection, [lived.lead(JANE).id])
    assert record_of(facts) == Record(mails=1, opened=1, clicked=1)


def test_files_that_are_not_applied_are_played_and_pass_over_who_meets_them_already(lived: World) -> None:
    """A campaign that opens without backfill lets in only who comes later, as `apply` would have it."""
    text = (lived.path / "campaigns/choice.toml").read_text("utf-8")
    new = text.replace("source == 'choice'", "source == 'fair'")
    for backfill, entering in (("true", 1), ("false", 0)):
        (lived.path / "campaigns/extra.toml").write_text(new.replace("backfill = true", f"backfill = {backfill}"))
        setup, crowd = assembled(lived)
        assert setup.bundle == 0 and setup.opening == {"extra"}
        found = simulate(setup, crowd, lived.path).tally.total()
        assert sum(n for fact, n in found.items() if (fact.what, fact.campaign) == ("entered", "extra")) == entering


def test_sample_stands_for_all(lived: World) -> None:
    lived.take_in(*(f"lead{number}@lead.example,Lead,web" for number in range(16)))
    setup, crowd = assembled(lived, sample=5)
    found = simulate(setup, crowd, lived.path)
    assert (crowd.whole, crowd.every, found.tally.leads, found.scale) == (20, 4, 5, 4.0)
    arriving = replace(setup, arrivals=Arrivals(8, timedelta(days=1)))
    assert simulate(arriving, crowd, lived.path).tally.leads == 5 + 8 * DAYS // 4, "who arrives stands for four as well"


def test_calendar_tells_what_comes_in_which_share_of_futures(lived: World) -> None:
    setup, _ = assembled(lived, opens=0.9, clicks=0.6)
    with reading(lived.home.store) as connection:
        (facts,) = load_facts(connection, [lived.lead(BOB).id])
    found = calendar(setup, facts, Letterbox(check(lived.path)), 100)
    by_step = {one.step: one for one in found.coming}
    assert set(by_step) == {"second", "third"} and found.name == BOB
    second, third = by_step["second"], by_step["third"]
    assert second.subject == "Re: Your data", "it answers the first one, which he has"
    assert 0 < third.share < 1 and third.silent_at is None, "only a click brings the third"
    assert second.silent_at is not None and second.at - lived.clock.now() < timedelta(days=2)
    assert calendar(setup, facts, Letterbox(check(lived.path)), 100) == found


def test_made_up_leads_live_as_if_every_campaign_had_always_been_live(lived: World) -> None:
    """Also before the day on which it went live in this home, whose events then do not count for its own leads."""
    wishes = Wishes(start=lived.clock.now() - timedelta(days=100), days=5, leads=30)
    setup, crowd = assemble(check(lived.path), open_to_read(lived.path, lived.config), wishes)
    found = simulate(setup, crowd, lived.path).tally.total()
    entered = {fact.campaign for fact in found if fact.what == "entered"}
    assert entered == {"drip", "choice", "order"}


def test_home_without_leads_or_campaigns_that_run_says_what_to_do(world: World) -> None:
    with pytest.raises(RipelineError, match=r"this home has no leads yet. --leads 1000 makes some up"):
        assembled(world)
    for file in (world.path / "campaigns").iterdir():
        file.write_text(file.read_text("utf-8").replace('state = "live"', 'state = "draft"'), "utf-8")
    with pytest.raises(RipelineError, match="no campaign runs: each is a draft or paused"):
        assembled(world, leads=10)
    setup, _ = assembled(world, leads=10, drafts=True)
    assert {one.state.value for one in setup.campaigns.values()} == {"live"}
