"""Intervals of shares, means and their differences: what figures from few leads can say, and what they cannot.

Shares: Wilson's score interval (Wilson 1927). Differences of shares: Newcombe's hybrid score interval, method 10 of
"Interval estimation for the difference between independent proportions: comparison of eleven methods", Statistics in
Medicine 17 (1998), 873-890. Differences of means: Welch's (Biometrika 34, 1947), which supposes no equal spread.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

CONFIDENCE = 0.95
FEW_DEGREES = 8
POWER = 0.8
"""How probable it should be to see a difference that is there, when sizes are worked out."""


@dataclass(frozen=True, slots=True)
class Interval:
    """What the figures are compatible with, `low` to `high`."""

    low: float
    high: float

    @property
    def beside_zero(self) -> bool:
        """Whether zero is not in it, so that a difference is told from none."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class Sample:
    """Numbers known by their sums: how many, their sum, and the sum of their squares."""

    n: int
    total: float
    squares: float

    @property
    def mean(self) -> float | None:
        return self.total / self.n if self.n else None

    @property
    def variance(self) -> float | None:
        """The sample's variance, unbiased; None for fewer than two."""
        if self.n < 2:
            return None
        return max(0.0, (self.squares - self.total**2 / self.n) / (self.n - 1))


def share_interval(hits: int, n: int, confidence: float = CONFIDENCE) -> Interval | None:
    """Wilson's interval of a share; None of nobody."""
    if not n:
        return None
    z = _z(confidence)
    share = hits / n
    middle = share + z * z / (2 * n)
    reach = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    low = 0.0 if hits == 0 else (middle - reach) / scale
    return Interval(max(0.0, low), 1.0 if hits == n else min(1.0, (middle + reach) / scale))


def difference_of_shares(hits: int, n: int, others: int, m: int, confidence: float = CONFIDENCE) -> Interval | None:
    """Newcombe's interval (method 10) of `hits / n - others / m`; None where one side is nobody."""
    one, other = share_interval(hits, n, confidence), share_interval(others, m, confidence)
    if one is None or other is None:
        return None
    first, second = hits / n, others / m
    low = math.hypot(first - one.low, other.high - second)
    high = math.hypot(one.high - first, second - other.low)
    return Interval(first - second - low, first - second + high)


def mean_interval(sample: Sample, confidence: float = CONFIDENCE) -> Interval | None:
    """Student's interval of a mean; None for fewer than two numbers."""
    mean, variance = sample.mean, sample.variance
    if mean is None or variance is None:
        return None
    reach = student(sample.n - 1, confidence) * math.sqrt(variance / sample.n)
    return Interval(mean - reach, mean + reach)


def difference_of_means(one: Sample, other: Sample, confidence: float = CONFIDENCE) -> Interval | None:
    """Welch's interval of the difference of two means; None where a side has fewer than two numbers."""
    first, second = one.variance, other.variance
    if one.mean is None or other.mean is None or first is None or second is None:
        return None
    a, b = first / one.n, second / other.n
    middle = one.mean - other.mean
    if not a + b:
        return Interval(middle, middle)
    freedom = (a + b) ** 2 / (a * a / (one.n - 1) + b * b / (other.n - 1))
    reach = student(freedom, confidence) * math.sqrt(a + b)
    return Interval(middle - reach, middle + reach)


def still_needed(hits: int, n: int, others: int, m: int) -> int | None:
    """About how many more leads it takes, on both sides together and divided as now, until a difference as large as
    the one seen would show with a probability of 80%. None where none is seen.

    The sample size for two shares by the normal law, each with its own variance: Chow, Shao and Wang, Sample Size
    Calculations in Clinical Research (2nd edition, 2008, page 89).
    """
    if not n or not m or hits / n == others / m:
        return None
    first, second, ratio = hits / n, others / m, n / m
    spread = first * (1 - first) / ratio + second * (1 - second)
    wanted = (_z(CONFIDENCE) + NormalDist().inv_cdf(POWER)) ** 2 * spread / (first - second) ** 2
    return max(0, math.ceil(wanted * (1 + ratio)) - n - m)


def student(freedom: float, confidence: float = CONFIDENCE) -> float:
    """The two-sided quantile of Student's t, for one degree of freedom and more, whole or not.

    From eight degrees on by the expansion of Abramowitz and Stegun 26.7.5; it is too narrow for fewer.
    """
    tail = 1 - (1 - confidence) / 2
    if freedom < FEW_DEGREES:
        return _student_of_few(freedom, tail)
    z = NormalDist().inv_cdf(tail)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / freedom**power for power, term in enumerate(terms, start=1))


def _student_of_few(freedom: float, tail: float) -> float:
    """By halving: with t = √freedom · tan(angle), what is below t goes as the integral of cos(angle)^(freedom - 1)."""
    whole = math.sqrt(math.pi) * math.gamma(freedom / 2) / math.gamma((freedom + 1) / 2)
    low, high = 0.0, math.pi / 2
    for _ in range(50):
        middle = (low + high) / 2
        below = 0.5 + _cosines(middle, freedom - 1) / whole
        low, high = (middle, high) if below < tail else (low, middle)
    return math.sqrt(freedom) * math.tan(low)


def _cosines(angle: float, power: float, pieces: int = 100) -> float:
    """The integral of cos(x)^power from 0 to `angle`, by Simpson's rule."""
    step = angle / pieces
    heights = [math.pow(math.cos(n * step), power) for n in range(pieces + 1)]
    return step / 3 * (heights[0] + 4 * sum(heights[1:-1:2]) + 2 * sum(heights[2:-1:2]) + heights[-1])


def _z(confidence: float) -> float:
    return NormalDist().inv_cdf(1 - (1 - confidence) / 2)
