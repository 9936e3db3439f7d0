"""`turns_at` is never too late: until then, time alone changes nothing."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain.rules import evaluate
from tests.domain.rules.facts import LEAD_SCOPE, NOW, Facts, rule
from tests.domain.rules.strategies import leads, rules

EXAMPLES = int(os.environ.get("RIPELINE_RULE_EXAMPLES", "150"))
TICK = timedelta(microseconds=1)
END = datetime(9998, 1, 1, tzinfo=UTC)
STEPS = (TICK, timedelta(minutes=10), timedelta(hours=7), timedelta(days=1), timedelta(days=29), timedelta(days=700))


@settings(max_examples=EXAMPLES, deadline=None)
@given(source=rules, lead=leads, steps=st.lists(st.sampled_from(STEPS), max_size=12))
def test_rule_keeps_its_truth_until_it_turns(source: str, lead: Facts, steps: list[timedelta]) -> None:
    asked, now = rule(source, LEAD_SCOPE), NOW
    verdict = evaluate(asked, lead, now)
    assert verdict.turns_at is None or verdict.turns_at > now
    for step in steps:
        now += step
        if verdict.turns_at is None or now < verdict.turns_at:
            assert evaluate(asked, lead, now).holds is verdict.holds
    if verdict.turns_at is not None:
        assert evaluate(asked, lead, verdict.turns_at - TICK).holds is verdict.holds


@settings(max_examples=EXAMPLES, deadline=None)
@given(source=rules, lead=leads)
def test_following_the_turns_meets_every_change(source: str, lead: Facts) -> None:
    """Asking only when a rule says so ends with the same answer as asking at the end of all days."""
    asked = rule(source, LEAD_SCOPE)
    verdict = evaluate(asked, lead, NOW)
    for _ in range(100):
        if verdict.turns_at is None or verdict.turns_at > END:
            break
        verdict = evaluate(asked, lead, verdict.turns_at)
    else:
        raise AssertionError(f"{source} turns without end")
    if verdict.turns_at is None:
        assert evaluate(asked, lead, END).holds is verdict.holds
