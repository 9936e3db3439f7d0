"""How sales treats the leads that it is given: what it answers, after which time, and how much stays unanswered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random
from typing import NamedTuple

from engine.domain.sales.policy import EXPIRED_REASON
from engine.domain.scenario import ACCEPTS, REJECTS
from engine.errors import RipelineError, did_you_mean
from engine.rehearsal.simulation.persona import Delay, lognormal

ACCEPTED, UNANSWERED = "accepted", "unanswered"
ASSUMED_ACCEPTED, ASSUMED_GIVEN_BACK = 0.5, 0.3
"""What is assumed of hand-offs where nothing is known; all reasons are alike, and the rest is not answered in time."""
ANSWERING, KEEPING = lognormal(6.0, 1.0), lognormal(120.0, 1.0)
"""How long it is assumed to take until sales answers, and until it gives back a lead that it had accepted."""
ACCEPTED_FIRST = 0.2
"""The share of leads given back that sales is assumed to have accepted first."""


class Said(NamedTuple):
    """One answer of sales, so long after the hand-off; giving back has a reason."""

    after: timedelta
    answer: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SalesManners:
    """The shares of hand-offs that end so; they add up to one. `first` is the share of the leads given back that had
    been accepted, for `keeping`; `answering` is how long the first answer takes."""

    accepted: float = ASSUMED_ACCEPTED
    unanswered: float = 1 - ASSUMED_ACCEPTED
    back: tuple[tuple[str, float], ...] = ()
    first: float = ACCEPTED_FIRST
    answering: Delay = ANSWERING
    keeping: Delay = KEEPING

    @property
    def shares(self) -> dict[str, float]:
        """All shares by the name of how it ends."""
        return {ACCEPTED: self.accepted, UNANSWERED: self.unanswered, **dict(self.back)}

    @property
    def given_back(self) -> float:
        return sum(share for _, share in self.back)


@dataclass(frozen=True, slots=True)
class SalesOrigin:
    """Where the shares come from: how many past hand-offs, what of them was enough to learn, what was given by hand."""

    handoffs: int = 0
    shares: bool = False
    delays: bool = False
    given: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sales:
    """How sales answers in a simulation, and how that is known."""

    manners: SalesManners = field(default_factory=SalesManners)
    origin: SalesOrigin = field(default_factory=SalesOrigin)


def assumed(reasons: Iterable[str]) -> SalesManners:
    """What is assumed of a sales team that knows these reasons."""
    known = [reason for reason in reasons if reason != EXPIRED_REASON]
    each = ASSUMED_GIVEN_BACK / len(known) if known else 0.0
    return with_shares(SalesManners(), {ACCEPTED: ASSUMED_ACCEPTED, **dict.fromkeys(known, each)})


def with_shares(manners: SalesManners, shares: Mapping[str, float]) -> SalesManners:
    """The same sales team, of whose hand-offs these shares end so; the rest is unanswered, unless that is told too."""
    rest = max(0.0, 1 - sum(share for name, share in shares.items() if name != UNANSWERED))
    back = tuple((name, share) for name, share in shares.items() if name not in (ACCEPTED, UNANSWERED))
    return replace(manners, accepted=shares.get(ACCEPTED, 0.0), unanswered=shares.get(UNANSWERED, rest), back=back)


def as_told(manners: SalesManners, told: Sequence[tuple[str, float]]) -> SalesManners:
    """The same with some shares as a person tells them; the others keep their proportions.

    Raises:
        RipelineError: sales cannot end a hand-off so, or the shares are more than all.
    """
    known, given = manners.shares, dict(told)
    for name in given:
        if name not in known:
            hint = did_you_mean(name, known) or f"there are: {', '.join(known)}"
            raise RipelineError(f"--sales {name}= is nothing that becomes of a hand-off; {hint}")
    left = 1 - sum(given.values())
    if left < -1e-9:
        raise RipelineError(f"the shares of --sales are {sum(given.values()):.0%} together, which is more than all")
    others = sum(share for name, share in known.items() if name not in given)
    if not others and left > 1e-9:
        raise RipelineError(f"the shares of --sales are {1 - left:.0%} together, and nothing is left for the rest")
    scale = left / others if others else 0.0
    return with_shares(manners, {name: given.get(name, max(share * scale, 0.0)) for name, share in known.items()})


def answers(manners: SalesManners, dice: Random) -> list[Said]:
    """What sales says of one hand-off, in the order of time; nothing where it leaves it to the clock."""
    shares = manners.shares
    ends = dice.choices(list(shares), list(shares.values()))[0]
    after, first, keeping = manners.answering.drawn(dice), dice.random(), manners.keeping.drawn(dice)
    if ends == UNANSWERED:
        return []
    if ends == ACCEPTED:
        return [Said(after, ACCEPTS)]
    if first < manners.first:
        return [Said(after, ACCEPTS), Said(after + keeping, REJECTS, ends)]
    return [Said(after, REJECTS, ends)]
