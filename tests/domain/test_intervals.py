"""Intervals, checked against published figures."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.intervals import (
    Sample,
    difference_of_means,
    difference_of_shares,
    mean_interval,
    share_interval,
    still_needed,
    student,
)


def sample(*numbers: float) -> Sample:
    return Sample(len(numbers), sum(numbers), sum(number**2 for number in numbers))


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0000, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_shares_are_as_newcombe_published_wilsons(hits: int, n: int, low: float, high: float) -> None:
    """Newcombe, Two-sided confidence intervals for the single proportion, 1998, table I, method 3."""
    found = share_interval(hits, n)
    assert found is not None
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@pytest.mark.parametrize(
    ("hits", "n", "others", "m", "low", "high"),
    [
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (6, 7, 2, 7, 0.0582, 0.8062),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (0, 10, 0, 20, -0.1611, 0.2775),
        (0, 10, 0, 10, -0.2775, 0.2775),
        (10, 10, 0, 20, 0.6791, 1.0000),
        (10, 10, 0, 10, 0.6075, 1.0000),
    ],
)
def test_differences_are_as_newcombe_published_method_10(
    hits: int, n: int, others: int, m: int, low: float, high: float
) -> None:
    """Newcombe 1998, eleven methods, table II."""
    found = difference_of_shares(hits, n, others, m)
    assert found is not None
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@pytest.mark.parametrize(
    ("freedom", "confidence", "quantile"),
    [
        *((1, 0.95, 12.706), (2, 0.95, 4.303), (3, 0.95, 3.182), (5, 0.95, 2.571), (7, 0.95, 2.365), (8, 0.95, 2.306)),
        *((10, 0.95, 2.228), (30, 0.95, 2.042), (1, 0.99, 63.657), (2, 0.99, 9.925), (3, 0.99, 5.841)),
        *((8, 0.99, 3.355), (30, 0.99, 2.750)),
    ],
)
def test_students_quantiles_are_those_of_the_tables(freedom: float, confidence: float, quantile: float) -> None:
    assert student(freedom, confidence) == pytest.approx(quantile, abs=0.0006)


def test_students_quantiles_fall_without_a_jump_between_whole_degrees() -> None:
    """Welch's degrees are seldom whole: just above one they are worth little more than one."""
    degrees = [1 + step / 100 for step in range(1000)]
    quantiles = [student(freedom) for freedom in degrees]
    falls = [one - next_one for one, next_one in pairwise(quantiles)]
    assert min(falls) > 0
    assert max(falls) < 0.31


def test_welch_is_as_published_for_students_sleep_data() -> None:
    """The data of Student 1908 as R has it; its t.test gives 17.776 degrees of freedom and -3.3655 to 0.2055."""
    one = sample(0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0)
    other = sample(1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4)
    found = difference_of_means(one, other)
    assert found is not None
    assert (round(found.low, 4), round(found.high, 4)) == (-3.3655, 0.2055)


def test_means_have_intervals_from_two_numbers_on() -> None:
    assert mean_interval(sample(3)) is None
    found = mean_interval(sample(1, 2, 3, 4, 5))
    assert found is not None
    assert (round(found.low, 2), round(found.high, 2)) == (1.04, 4.96)


def test_nobody_says_nothing() -> None:
    assert share_interval(0, 0) is None
    assert difference_of_shares(0, 0, 1, 2) is None
    assert difference_of_means(sample(1, 2), sample()) is None


def test_sizes_are_those_of_the_textbook() -> None:
    """65% against 85%: 70 on each side (Chow, Shao and Wang 2008, page 89). 60% against 70%, by the same formula:
    (1.960 + 0.842)² (0.24 + 0.21) / 0.1² = 353.2."""
    assert still_needed(13, 20, 17, 20) == 140 - 40
    assert still_needed(7, 10, 6, 10) == 707 - 20
    assert still_needed(5, 10, 5, 10) is None
    assert still_needed(700, 1000, 600, 1000) == 0


@given(st.integers(0, 300), st.integers(1, 300), st.integers(0, 300), st.integers(1, 300))
def test_intervals_hold_what_was_seen(hits: int, n: int, others: int, m: int) -> None:
    hits, others = min(hits, n), min(others, m)
    share, difference = share_interval(hits, n), difference_of_shares(hits, n, others, m)
    assert share is not None
    assert difference is not None
    assert 0 <= share.low <= hits / n <= share.high <= 1
    assert -1 - 1e-12 <= difference.low <= hits / n - others / m <= difference.high <= 1 + 1e-12
