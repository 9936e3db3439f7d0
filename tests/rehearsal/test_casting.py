"""A scenario's lead lives under what holds in its home: also the winner of an experiment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from engine.domain.journey.programme import Place, Winner
from engine.rehearsal.player import Verdict
from engine.rehearsal.scenarios import play_scenarios
from tests.domain.journey.world import MONDAY
from tests.rehearsal.homes import checked, difference, scenario

WON: Mapping[Place, Winner] = {("clean", "cost", "subject"): Winner("A sum", MONDAY)}
DECAY, FIRST, SECOND = 'mail = "decay"', 'mail = "cost", subject = "What it costs"', 'mail = "cost", subject = "A sum"'


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


def played(home: Path, *steps: str, more: str = "", winners: Mapping[Place, Winner] = WON) -> Verdict:
    report = checked(home, scenario(*steps, more=more))
    return play_scenarios(report, winners=winners).campaigns[0].verdicts[0]


def test_lead_of_a_scenario_gets_the_winner(home: Path) -> None:
    assert played(home, DECAY, SECOND).passed
    assert difference(played(home, DECAY, FIRST))[:2] == ('subject "What it costs"', 'subject "A sum"')


def test_variant_that_the_scenario_names_goes_before_the_winner(home: Path) -> None:
    assert played(home, DECAY, FIRST, more="variants = { cost = 1 }").passed


def test_winner_whose_words_are_gone_changes_nothing(home: Path) -> None:
    gone = {place: Winner("Other words", won.since) for place, won in WON.items()}
    assert played(home, DECAY, FIRST, winners=gone).passed
