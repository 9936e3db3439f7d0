"""The boundary, against figures that others publish, and looked at every day."""

from __future__ import annotations

from math import log, sqrt

import numpy as np
import pytest

from engine.domain.experiments.boundary import (
    information_needed,
    margin,
    mixture_log,
    p_value,
    rho_for,
    rho_tightest_at,
)
from engine.domain.experiments.comparison import FEWEST, Group, Plan, difference

RHO = 12.60056
"""Of the tests of the package confseq (Howard, Waudby-Smith, Ramdas), uniform_boundaries_test.cc,
TestTwoSidedNormalMixture, whose figures come from a reference implementation in R: tightest at 100, α = 0.05."""


def test_figures_are_those_of_the_reference_implementation() -> None:
    assert rho_tightest_at(100, 0.05) == pytest.approx(RHO, abs=1e-5)
    assert mixture_log(10, 100, RHO) == pytest.approx(-0.6510052, abs=1e-5)
    assert margin(100, RHO, 0.05) * 100 == pytest.approx(30.35209, abs=1e-5)


@pytest.mark.parametrize("n", [50, 1000, 40_000])
def test_it_is_the_boundary_of_waudby_smith_and_of_johari(n: int) -> None:
    tau, deviation, alpha = 0.03, 0.4, 0.05
    information, rho = n / deviation**2, 1 / tau**2
    square = (tau / deviation) ** 2  # their rho²
    published = deviation * sqrt(2 * (n * square + 1) / (n**2 * square) * log(sqrt(n * square + 1) / alpha))
    assert margin(information, rho, alpha) == pytest.approx(published)
    variance, seen = deviation**2, 0.05  # Johari et al.: the mixture of two streams, V = deviation²
    ratio = sqrt(variance / (variance + n * tau**2)) * np.exp(
        n**2 * tau**2 * seen**2 / (2 * variance * (variance + n * tau**2))
    )
    assert p_value(seen * information, information, rho) == pytest.approx(min(1.0, 1 / ratio))


def test_the_p_value_is_alpha_where_the_sequence_touches_no_difference() -> None:
    wide = margin(5_000, 2_000, 0.05)
    assert p_value(wide * 5_000, 5_000, 2_000) == pytest.approx(0.05)


def test_the_boundary_is_as_wide_as_the_smallest_difference_where_it_is_tightest() -> None:
    rho = rho_for(0.02, 0.05)
    needed = information_needed(0.02, rho, 0.05)
    assert rho_tightest_at(needed, 0.05) == pytest.approx(rho)
    assert margin(needed, rho, 0.05) == pytest.approx(0.02)


RUNS, DAYS = 2_000, 90


@pytest.mark.parametrize(("rate", "leads", "smallest"), [(0.02, 60, 0.01), (0.05, 100, 0.02), (0.3, 40, 0.05)])
def test_daily_looks_name_false_winners_in_at_most_five_of_a_hundred(rate: float, leads: int, smallest: float) -> None:
    false, peeked = _false_winners(rate, leads, smallest, seed=20_261_125)
    error = 3 * sqrt(0.05 * 0.95 / RUNS)
    assert false <= 0.05 + error
    assert peeked > 0.15, "a test for one look, looked at daily, is what this one is better than"


def _false_winners(rate: float, leads: int, smallest: float, seed: int) -> tuple[float, float]:
    """The shares of runs without a difference in which some daily look names a winner: ours, and a z-test at 5%."""
    chance = np.random.default_rng(seed)
    a, b = (chance.binomial(leads, rate, (RUNS, DAYS)).cumsum(axis=1) for _ in range(2))
    n = np.arange(1, DAYS + 1) * leads
    p, q = (a + 1) / (n + 2), (b + 1) / (n + 2)
    information = 1 / (p * (1 - p) / n + q * (1 - q) / n)
    rho, seen = rho_for(smallest, 0.05), (b - a) / n
    wide = np.sqrt((information + rho) * np.log((information + rho) / (0.05**2 * rho))) / information
    enough = np.minimum(a + b, 2 * n - a - b) >= FEWEST
    named = (np.abs(seen) > wide) & enough
    _agrees(a, b, n, named, Plan(0.95, smallest))
    pooled = (a + b) / (2 * n)
    z = np.abs(seen) / np.sqrt(np.maximum(pooled * (1 - pooled) * 2 / n, 1e-12))
    return float(named.any(axis=1).mean()), float(((z > 1.96) & enough).any(axis=1).mean())


def _agrees(a: np.ndarray, b: np.ndarray, n: np.ndarray, named: np.ndarray, plan: Plan) -> None:
    """What is simulated is what the engine says: on all looks of the first runs, and of all that named somebody."""
    for run in {*range(20), *np.flatnonzero(named.any(axis=1)).tolist()}:
        for day in range(DAYS):
            one = difference(Group(int(n[day]), int(a[run, day])), Group(int(n[day]), int(b[run, day])), plan)
            assert (one.low > 0 or one.high < 0) == bool(named[run, day])
