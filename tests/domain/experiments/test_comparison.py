"""What may be said of variants."""

from __future__ import annotations

from math import log, sqrt

import numpy as np
import pytest

from engine.domain.experiments.boundary import rho_for
from engine.domain.experiments.comparison import Group, Plan, Said, difference, in_words, judge, looked_at

PLAN = Plan(0.95, 0.02)


def test_a_variant_that_is_surely_better_wins() -> None:
    verdict = judge([Group(2000, 60), Group(2000, 140)], PLAN)
    assert (verdict.said, verdict.winner) == (Said.WINNER, 1)
    assert 0 < verdict.differences[0].low < 0.04 < verdict.differences[0].high
    assert verdict.differences[0].p < 0.05


def test_the_first_wins_when_all_others_are_surely_worse() -> None:
    assert judge([Group(2000, 140), Group(2000, 60), Group(2000, 50)], PLAN).winner == 0
    assert judge([Group(2000, 140), Group(2000, 60), Group(2000, 139)], PLAN).said is Said.EARLY


def test_of_several_better_ones_the_best_wins() -> None:
    assert judge([Group(2000, 60), Group(2000, 140), Group(2000, 170)], PLAN).winner == 2


def test_a_difference_that_is_not_worth_knowing_is_said_to_be_so() -> None:
    assert judge([Group(20_000, 1000), Group(20_000, 1010)], PLAN).said is Said.SAME


@pytest.mark.parametrize(("variants", "alpha"), [(2, 0.05), (3, 0.025), (4, 0.05 / 3)])
def test_bounds_are_those_of_the_formula_in_the_docs(variants: int, alpha: float) -> None:
    """With one success and one failure more on each side: 101 of 402, and 201 of 502."""
    v = 1 / (101 / 402 * 301 / 402 / 400 + 201 / 502 * 301 / 502 / 500)
    rho = rho_for(0.02, alpha)
    wide = sqrt((v + rho) * log((v + rho) / (alpha**2 * rho))) / v
    found = difference(Group(400, 100), Group(500, 200), PLAN, variants)
    assert (found.seen, found.low, found.high) == pytest.approx((0.15, 0.15 - wide, 0.15 + wide))


def test_more_variants_make_it_harder_to_be_sure() -> None:
    two = difference(Group(1000, 50), Group(1000, 80), PLAN, 2)
    four = difference(Group(1000, 50), Group(1000, 80), PLAN, 4)
    assert four.low < two.low
    assert four.p > two.p


@pytest.mark.parametrize("groups", [[Group(0, 0), Group(0, 0)], [Group(9, 0), Group(9, 9)], [Group(500, 0)] * 2])
def test_of_too_few_nothing_is_said_but_how_many_more_it_takes(groups: list[Group]) -> None:
    verdict = judge(groups, PLAN)
    assert verdict.said is Said.EARLY
    assert verdict.needs > 0


def test_as_many_more_leads_as_are_named_would_decide_if_the_difference_stays() -> None:
    groups = [Group(400, 20), Group(400, 34)]
    more = judge(groups, PLAN).needs
    factor = (800 + more) / 800
    grown = [Group(round(one.leads * factor), round(one.did * factor)) for one in groups]
    assert (
        0.9 < abs(grown[1].rate - grown[0].rate) / (difference(*grown, PLAN).high - grown[1].rate + grown[0].rate) < 1.1
    )
    assert judge([Group(500, 27), Group(500, 30)], PLAN).needs > 1000


def test_what_one_day_decided_stays_decided() -> None:
    first = [Group(2000, 60), Group(2000, 120)]
    later = [Group(4000, 200), Group(4000, 215)]
    assert judge(later, PLAN).said is not Said.WINNER
    verdict, seen = looked_at([first, later], PLAN)
    assert verdict.winner == 1
    assert len(seen) == 2


def test_a_difference_that_is_there_is_found() -> None:
    chance = np.random.default_rng(7)
    found = 0
    for _ in range(100):
        a, b = (chance.binomial(100, rate, 60).cumsum() for rate in (0.05, 0.08))
        days = [[Group(100 * day, int(a[day - 1])), Group(100 * day, int(b[day - 1]))] for day in range(1, 61)]
        found += looked_at(days, PLAN)[0].winner == 1
    assert found >= 95


@pytest.mark.parametrize(
    ("number", "words"), [(3, "3"), (10, "10"), (1000, "1,000"), (1872, "1,900"), (99_800, "100,000")]
)
def test_rough_numbers_are_told_roughly(number: int, words: str) -> None:
    assert in_words(number) == words
