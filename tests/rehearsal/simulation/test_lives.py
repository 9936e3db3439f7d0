"""What people do in a life moves it as it would in the store; and where it stands still in the end."""

from __future__ import annotations

import pytest

from engine.domain.journey.facts import EventKind
from engine.rehearsal.simulation.deeds import DeedKind
from engine.rehearsal.simulation.figures import Figures
from engine.rehearsal.simulation.lives import Lived, Lives
from engine.rehearsal.simulation.persona import Manners, Persona
from engine.rehearsal.simulation.population import Population
from engine.rehearsal.simulation.setup import Setup
from tests.rehearsal.simulation.setups import DRIP, MONDAY, SILENT, counts, played, setup_of

OPENING = Manners((Persona("opening", 1.0, opens=1.0, clicks=0.0),))
LEAVING = Manners((Persona("leaving", 1.0, opens=1.0, clicks=0.0, leaves=1.0),))
BOUNCING = Manners((Persona("bouncing", 1.0, opens=0.0, clicks=0.0, bounces=1.0),))


def lived(setup: Setup) -> Lived:
    """The life of one made-up lead."""
    lives = Lives(setup)
    made = Population(setup.config, lives.programme, setup.seed).lead(1, MONDAY)
    return lives.play(made.facts, first=made.first)


def test_opens_move_a_lead_where_a_rule_asks_for_them_and_are_counted_anyway() -> None:
    asking = DRIP.replace("clicked('first')", "opened('first')")
    for text, advanced in ((asking, 40), (DRIP, 0)):
        found = counts(played(setup_of(drip=text, manners=OPENING)))
        assert found["advanced", "drip", "aware"] == advanced
        assert found["open", "drip", "aware/first"] == 40


def test_opens_that_no_rule_asks_for_are_not_among_the_facts() -> None:
    """They could change nothing, and would cost a look each."""
    found = lived(setup_of(drip=DRIP, manners=OPENING))
    assert not [event for event in found.life.facts.events if event.kind is EventKind.OPEN]
    assert {deed.kind for deed in found.deeds} == {DeedKind.OPEN}


def test_who_leaves_gets_nothing_more_and_leaves_once() -> None:
    found = counts(played(setup_of(drip=DRIP, manners=LEAVING)))
    assert found["leave", "drip", "aware/first"] == found["dropped", "drip", "suppressed"] == 40
    assert not found["mail", "drip", "aware/second"]


def test_address_that_bounces_is_suppressed() -> None:
    found = lived(setup_of(drip=DRIP, manners=BOUNCING))
    assert [mail.send.step for mail in found.life.mails] == ["first"]
    assert [one.scope for one in found.life.facts.suppressions] == ["all"]


DATED = """\
title = "Dated"
theme = "data"
state = "live"
enter = "source == 'web'"
[stage.only]
exhausted = "hold"
[[stage.only.step]]
email = "first"
{step}
"""


@pytest.mark.parametrize(
    ("step", "why"),
    [
        ("", "the stage has nothing left to send"),
        ('at = "3 days before lead.renews 10:00"', "the date that its next step counts from is not known"),
    ],
)
def test_leads_that_stand_still_are_told_with_the_reason(step: str, why: str) -> None:
    found = Figures(played(setup_of(drip=DATED.format(step=step), manners=SILENT))).stuck
    reasons = {place.why: count for place, count, _ in found}
    assert why in reasons
    assert all(examples for _, _, examples in found)


def test_run_that_waits_for_one_that_moves_does_not_stand_still() -> None:
    first = DRIP.replace('theme = "data"', 'theme = "data"\nlane = "n"\npriority = 90').replace('"8d"', '"60d"')
    second = DATED.format(step="").replace('theme = "data"', 'theme = "data"\nlane = "n"\npriority = 10')
    found = played(setup_of(drip=first, later=second, manners=SILENT))
    assert counts(found)["paused", "later", "drip"] == 40
    assert not found.tally.stuck


def test_life_is_the_same_whenever_it_is_played_and_another_in_another_future() -> None:
    setup = setup_of(drip=DRIP)
    lives = Lives(setup)
    facts = Population(setup.config, lives.programme, 1).lead(3, MONDAY).facts
    first, again = lives.play(facts), Lives(setup).play(facts)
    assert (first.deeds, first.life.lines) == (again.deeds, again.life.lines)
    futures = {tuple(deed.at for deed in lives.play(facts, run).deeds) for run in range(30)}
    assert len(futures) > 5
