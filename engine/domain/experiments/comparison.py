"""Variants against the first: rates, differences with their confidence sequences, and what may be said of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, inf, log

from engine.domain.experiments.boundary import information_needed, margin, p_value, rho_for

FEWEST = 10
"""Leads who did it, and who did not, before anything is said: the normal law holds for sums of some size."""

_MOST = 10**9
"""More leads than this are as good as never."""


@dataclass(frozen=True, slots=True)
class Group:
    """The leads who were mailed one variant, and how many of them did what is measured."""

    leads: int
    did: int

    @property
    def rate(self) -> float:
        return self.did / self.leads if self.leads else 0.0

    @property
    def variance(self) -> float:
        """Of the rate; one who did it and one who did not are added (Agresti and Caffo 2000), so it is never nought."""
        guess = (self.did + 1) / (self.leads + 2)
        return guess * (1 - guess) / self.leads if self.leads else inf


@dataclass(frozen=True, slots=True)
class Plan:
    """What was decided before the first mail: how sure one must be, and the smallest difference worth knowing (0-1)."""

    confidence: float = 0.95
    smallest: float = 0.02

    def alpha(self, variants: int) -> float:
        """What may go wrong in each comparison with the first variant (Bonferroni): in all of them, 1 - confidence."""
        return (1 - self.confidence) / max(1, variants - 1)


@dataclass(frozen=True, slots=True)
class Difference:
    """One variant's rate less the first one's, with its confidence sequence at this look; `p` is corrected."""

    seen: float
    low: float
    high: float
    p: float

    def within(self, smallest: float) -> bool:
        """Whether any difference that it may be is not worth knowing."""
        return -smallest < self.low and self.high < smallest


UNKNOWN = Difference(0.0, -1.0, 1.0, 1.0)


class Said(StrEnum):
    """What may be said."""

    EARLY = "early"
    WINNER = "winner"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What may be said. `winner` is a variant's number; `needs` says about how many more leads it takes to tell."""

    said: Said
    differences: tuple[Difference, ...]
    winner: int | None = None
    needs: int = 0


def difference(first: Group, other: Group, plan: Plan, variants: int = 2) -> Difference:
    """The difference of two variants out of so many, as one may say it today and every day."""
    if not first.leads or not other.leads or not _enough(first, other):
        return UNKNOWN
    alpha = plan.alpha(variants)
    rho, information = rho_for(plan.smallest, alpha), 1 / (first.variance + other.variance)
    seen, wide = other.rate - first.rate, margin(information, rho, alpha)
    p = min(1.0, p_value(seen * information, information, rho) * max(1, variants - 1))
    return Difference(seen, max(-1.0, seen - wide), min(1.0, seen + wide), p)


def judge(groups: Sequence[Group], plan: Plan) -> Verdict:
    """What the groups say, the first of them being what the others are compared with.

    A variant wins that is surely better than the first, the one with the highest rate if there are several; the first
    wins when all others are surely worse.
    """
    found = tuple(difference(groups[0], other, plan, len(groups)) for other in groups[1:])
    better = [number for number, one in enumerate(found, start=1) if one.low > 0]
    if better:
        return Verdict(Said.WINNER, found, max(better, key=lambda number: groups[number].rate))
    if found and all(one.high < 0 for one in found):
        return Verdict(Said.WINNER, found, 0)
    if found and all(one.within(plan.smallest) for one in found):
        return Verdict(Said.SAME, found)
    return Verdict(Said.EARLY, found, needs=_needs(groups, found, plan))


def looked_at(days: Sequence[Sequence[Group]], plan: Plan) -> tuple[Verdict, tuple[Difference, ...]]:
    """The verdict after a look at the end of each day, and the day's difference of the variant that is furthest off.

    What was decided on one day stays decided: that is what the test promises.
    """
    verdicts = [judge(groups, plan) for groups in days]
    decided = next((one for one in verdicts if one.said is Said.WINNER), None)
    seen = tuple(max(one.differences, key=lambda each: abs(each.seen), default=UNKNOWN) for one in verdicts)
    return decided or (verdicts[-1] if verdicts else Verdict(Said.EARLY, ())), seen


def _enough(first: Group, other: Group) -> bool:
    did, leads = first.did + other.did, first.leads + other.leads
    return min(did, leads - did) >= FEWEST


def _needs(groups: Sequence[Group], found: Sequence[Difference], plan: Plan) -> int:
    """How many more leads, at these rates, until the difference seen (if it is worth knowing) or the smallest shows."""
    leads, alpha = sum(group.leads for group in groups), plan.alpha(len(groups))
    rate = (sum(group.did for group in groups) + 1) / (leads + 2)
    furthest = max((abs(one.seen) for one in found), default=0.0)
    wanted = information_needed(max(furthest, plan.smallest), rho_for(plan.smallest, alpha), alpha)
    whole = wanted * 2 * rate * (1 - rate) * len(groups)
    fewest = FEWEST / min(rate, 1 - rate)
    return min(_MOST, max(1, ceil(max(whole, fewest) - leads)))


def in_words(number: int) -> str:
    """A number that is only known roughly, to two figures: 1,900."""
    if number < 10:
        return str(number)
    step = 10 ** (int(log(number, 10) + 1e-9) - 1)
    return f"{round(number / step) * step:,}"
