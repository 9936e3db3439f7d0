"""Rules that can never be true, or always are, are recognised; what may happen is never called impossible."""

from __future__ import annotations

import pytest

from engine.domain.rules import always_true, never_true, warnings
from engine.errors import Severity
from tests.domain.rules.facts import HERE, rule

NEVER = [
    "industry == 'finance' and industry == 'retail'",
    "industry == 'finance' and not industry == 'Finance'",
    "industry in ['finance'] and industry not in ['Finance', 'Retail']",
    "industry not in ['finance', 'retail', 'strasse']",
    "company == 'a' and company == 'b'",
    "clicks > 5 and clicks < 3",
    "clicks > 2 and clicks < 3",
    "clicks < 0",
    "not clicks >= 0",
    "employees > 5 and (employees < 3 or employees == 4)",
    "3 > employees > 5",
    "renewal > '2026-05-01' and renewal < '2026-04-01'",
    "days_in_stage > 5 and days_in_stage < 5",
    "partner and not partner",
    "partner and partner == false",
    "replied and not replied",
    "opened('decay') and not opened('decay')",
    "'vip' in tags and 'vip' not in tags",
    "known(city) and not known(city)",
    "city == 'a' and not known(city)",
    "stage == 'aware' and stage == 'ready'",
    "partner and false",
]
POSSIBLE = [
    "industry == 'finance' or industry == 'retail'",
    "not industry == 'finance' and not industry == 'retail' and not industry == 'straße'",
    "clicks > 1 and clicks < 3",
    "employees > 2 and employees < 3",
    "renewal > '2026-04-01' and renewal < '2026-04-02'",
    "opened('decay') and not opened('cost')",
    "trigger.plan == 'a' and not trigger.plan == 'b'",
    "employees * 2 > 3 and employees * 2 < 1",
    "not partner and not partner == false",
    "city != 'a' and city != 'b' and known(city)",
    "clicked('decay') and not clicked('decay', within='1d')",
]


@pytest.mark.parametrize("source", NEVER)
def test_contradiction_is_found(source: str) -> None:
    assert never_true(rule(source))
    assert always_true(rule(f"not ({source})"))


@pytest.mark.parametrize("source", POSSIBLE)
def test_possible_rule_is_left_alone(source: str) -> None:
    assert not never_true(rule(source))
    assert not always_true(rule(source))


def test_huge_rule_is_taken_for_possible() -> None:
    source = " and ".join(f"(clicks == {n} or opens == {n})" for n in range(20))
    assert not never_true(rule(source))


def test_warning_stands_on_the_whole_rule() -> None:
    (warning,) = warnings(rule(NEVER[0]), HERE)
    assert (warning.code, warning.severity, warning.place) == ("E110", Severity.WARNING, HERE.inside(0, len(NEVER[0])))
    assert [problem.code for problem in warnings(rule("not clicks < 0"), HERE)] == ["E111"]
    assert warnings(rule("true"), HERE) == []
