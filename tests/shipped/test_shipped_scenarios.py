"""The shipped campaigns have scenarios that pass, and that reach every step, way and stage."""

from __future__ import annotations

from functools import cache

import pytest

from engine.rehearsal.scenarios import CampaignResult, play_scenarios
from tests.shipped.home import shipped

NAMES = ("clean-data", "demo", "trial", "webinar")


@cache
def results() -> dict[str, CampaignResult]:
    return {found.campaign: found for found in play_scenarios(shipped()).campaigns}


@pytest.mark.parametrize("name", NAMES)
def test_scenarios_pass(name: str) -> None:
    assert [(one.scenario.name, one.difference) for one in results()[name].verdicts if not one.passed] == []


@pytest.mark.parametrize("name", NAMES)
def test_scenarios_reach_everything(name: str) -> None:
    found = results()[name].coverage
    assert found is not None
    assert (found.steps.never, found.ways.never, found.stages.never) == ((), (), ())


def test_scenarios_take_milliseconds() -> None:
    verdicts = [verdict for found in results().values() for verdict in found.verdicts]
    assert sum(verdict.seconds for verdict in verdicts) / len(verdicts) < 0.1
