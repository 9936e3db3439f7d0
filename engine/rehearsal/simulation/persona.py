"""How people treat mail: a handful of personas, each with its share of the leads and its chances."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from statistics import NormalDist

POINTS = 20
"""A distribution of delays is kept as so many stretches of equal probability."""
_SHORTEST = 1 / 60


@dataclass(frozen=True, slots=True)
class Delay:
    """How long something takes, in hours: the quantiles at 0, 1/POINTS … 1 of its distribution, ascending."""

    hours: tuple[float, ...]

    @property
    def median(self) -> float:
        return self.hours[len(self.hours) // 2]

    def drawn(self, dice: Random, pace: float = 1.0) -> timedelta:
        """One delay; between two quantiles all are equally likely on a logarithmic scale."""
        place, within = divmod(dice.random() * (len(self.hours) - 1), 1)
        low, high = self.hours[int(place)], self.hours[int(place) + 1]
        return timedelta(hours=low * (high / low) ** within * pace)


def lognormal(median: float, sigma: float) -> Delay:
    """The delay of which the logarithm is normal: the median in hours, and the deviation of the logarithm."""
    normal = NormalDist(math.log(median), sigma)
    shares = (min(max(place / POINTS, 0.005), 0.995) for place in range(POINTS + 1))
    return Delay(tuple(math.exp(normal.inv_cdf(share)) for share in shares))


def observed(hours: Iterable[float]) -> Delay:
    """The delay as it was seen, by its quantiles; at least one value."""
    known = sorted(max(value, _SHORTEST) for value in hours)
    last = len(known) - 1
    return Delay(tuple(known[round(last * place / POINTS)] for place in range(POINTS + 1)))


@dataclass(frozen=True, slots=True)
class Persona:
    """One way of treating mail.

    `share` is its share of the leads. `opens` is the chance that a mail is opened; `clicks` and `leaves` are the
    chances that one that was opened is clicked, or left by its unsubscribe button. `bounces` is the chance that a mail
    comes back because there is no such address. `pace` stretches the time until a mail is opened.
    """

    name: str
    share: float
    opens: float
    clicks: float
    leaves: float = 0.0
    bounces: float = 0.0
    pace: float = 1.0


LEAVING, BOUNCING = "leaving", "bouncing"

ASSUMED = (
    Persona("attentive", 0.18, opens=0.75, clicks=0.30, pace=0.5),
    Persona("busy", 0.40, opens=0.35, clicks=0.08, pace=1.5),
    Persona("silent", 0.395, opens=0.04, clicks=0.01),
    Persona(LEAVING, 0.015, opens=0.6, clicks=0.02, leaves=0.35),
    Persona(BOUNCING, 0.01, opens=0.0, clicks=0.0, bounces=1.0),
)
"""What is assumed where nothing is known: ordinary figures of mail between businesses. Three in ten mails are opened,
five in a hundred clicked, one lead in a hundred has no mailbox."""
OPENING, FOLLOWING = lognormal(6.0, 1.5), lognormal(0.05, 1.0)
"""How long it is assumed to take until a mail is opened, and from there (or one link) to a link."""


@dataclass(frozen=True, slots=True)
class Manners:
    """How the people of a home treat mail. `more` is the chance that a click is followed by one on another link."""

    personas: tuple[Persona, ...] = ASSUMED
    opening: Delay = OPENING
    following: Delay = FOLLOWING
    more: float = 0.25

    @property
    def opens(self) -> float:
        """Of all mails that arrive, the share that is opened."""
        return _mean((one.share, one.opens) for one in self.personas if not one.bounces)

    @property
    def clicks(self) -> float:
        """Of all mails that arrive, the share that is clicked."""
        return _mean((one.share, one.opens * one.clicks) for one in self.personas if not one.bounces)

    def share(self, name: str) -> float:
        return sum(one.share for one in self.personas if one.name == name)


@dataclass(frozen=True, slots=True)
class Record:
    """How one lead treated its mails so far: how many came, were opened, were clicked."""

    mails: int = 0
    opened: int = 0
    clicked: int = 0


def drawn(manners: Manners, record: Record, dice: Random) -> Persona:
    """A persona for a lead: by the shares, weighed by how likely each would have left this record (Bayes)."""
    weights = [one.share * _likelihood(one, record) for one in manners.personas]
    if not any(weights):
        weights = [one.share for one in manners.personas]
    return dice.choices(manners.personas, weights)[0]


def _likelihood(persona: Persona, record: Record) -> float:
    if not record.mails:
        return 1.0
    kept = (1 - persona.bounces) * (1 - persona.opens * persona.leaves)
    unopened, unclicked = record.mails - record.opened, record.opened - record.clicked
    opening = persona.opens**record.opened * (1 - persona.opens) ** unopened
    return float(kept**record.mails * opening * persona.clicks**record.clicked * (1 - persona.clicks) ** unclicked)


def with_opens(manners: Manners, rate: float) -> Manners:
    """The same people, of whose mails this share is opened."""
    staying = [one for one in manners.personas if not one.bounces]
    odds = _odds(lambda k: _mean((one.share, _moved(one.opens, k)) for one in staying), rate)
    return replace(manners, personas=tuple(replace(one, opens=_moved(one.opens, odds)) for one in manners.personas))


def with_clicks(manners: Manners, rate: float) -> Manners:
    """The same people, of whose mails this share is clicked; no more than are opened."""
    staying = [one for one in manners.personas if not one.bounces]
    odds = _odds(lambda k: _mean((one.share, one.opens * _moved(one.clicks, k)) for one in staying), rate)
    return replace(manners, personas=tuple(replace(one, clicks=_moved(one.clicks, odds)) for one in manners.personas))


def with_share(manners: Manners, name: str, share: float) -> Manners:
    """The same people, of whom this share has this persona; the others keep their proportions."""
    left = (1 - share) / max(1 - manners.share(name), 1e-9)
    return replace(
        manners,
        personas=tuple(replace(one, share=share if one.name == name else one.share * left) for one in manners.personas),
    )


def _moved(chance: float, odds: float) -> float:
    """The chance with its odds multiplied: nothing stays nothing, and no chance passes one."""
    return odds * chance / (1 - chance + odds * chance)


def _odds(rate: Callable[[float], float], wanted: float) -> float:
    """The factor of the odds at which the rate is as wanted, by bisection."""
    low, high = 1e-6, 1e6
    for _ in range(60):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if rate(middle) < wanted else (low, middle)
    return high


def _mean(weighed: Iterable[tuple[float, float]]) -> float:
    pairs: Sequence[tuple[float, float]] = list(weighed)
    total = sum(weight for weight, _ in pairs)
    return sum(weight * value for weight, value in pairs) / total if total else 0.0
