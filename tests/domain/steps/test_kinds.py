"""What every kind of step has in common."""

from __future__ import annotations

import pytest

from engine.domain.steps import KINDS, Arm, BranchStep, Step
from tests.domain.journey.world import rule


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_listed_by_the_key_that_announces_it(kind):
    assert KINDS[kind].kind == kind
    assert issubclass(KINDS[kind], Step)


def test_a_branch_names_its_ways_and_rules():
    step = BranchStep(id="b", arms=(Arm("two", rule("replied")), Arm("exit")))
    assert step.targets() == ("two", "exit")
    assert [found.source for found in step.rules()] == ["replied"]
