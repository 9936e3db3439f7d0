"""Attribution: which touches a deal came of, and how its amount is shared among them.

Only touches from before the deal was opened count, for pipeline and revenue alike. Afterwards sales works on the deal,
and people read more because there is one: such touches are its effect. The split is the field's own: Marketo Measure
keeps the touches before an opportunity as buyer touchpoints apart from those after it, and its W-shaped model ends when
the opportunity begins. So a deal that is won gives each touch the same share of revenue that it had of pipeline.

First, last and linear are what their names say. Time-decay and position-based are as Google Analytics had them: a half
life of seven days, and shares for the first and the last touch (40% each by default) with the rest spread evenly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction

from engine.domain.deals import opened_by
from engine.domain.money import divided

UNKNOWN_SOURCE = "unknown source"
"""What a deal without touches is credited to, so that no deal is lost."""

HALF_LIFE = timedelta(days=7)
_FINE = 2**40
"""A touch of the deal's own instant weighs so much under time-decay; one a year before it still weighs something."""


class Model(StrEnum):
    """How credit is shared."""

    FIRST = "first"
    LAST = "last"
    LINEAR = "linear"
    TIME_DECAY = "decay"
    POSITION = "position"


@dataclass(frozen=True, slots=True)
class Touch:
    """Something that a person of the deal's company did, or how they became known.

    `who` is the lead's number; `source` is where it was: the lead's own source, `email`, a form, a page, an event.
    `known`: it is how they became known.
    """

    at: datetime
    who: int = 0
    campaign: str = ""
    theme: str = ""
    mail: str = ""
    source: str = ""
    known: bool = False


@dataclass(frozen=True, slots=True)
class Sharing:
    """What config says: the shares of the first and the last touch by position, and how old a touch may be."""

    first: Fraction = Fraction(2, 5)
    last: Fraction = Fraction(2, 5)
    within: timedelta = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Share:
    """A touch's part of a deal's amount, in the smallest unit; `place` counts touches in the order of time."""

    place: int
    touch: Touch
    amount: int


def touches_of(
    touches: Iterable[Touch], opened_at: datetime, within: timedelta, own: int | None = None
) -> tuple[Touch, ...]:
    """The touches that a deal came of, in the order of time; `own` is the deal's lead.

    How that lead became known comes first, also where the lead is here since the deal only: leads may be imported when
    the CRM has long had them. What one person does in one place on one day is one touch, however many pages that were.
    """
    begin, end = opened_at - within, opened_by(opened_at)
    every = list(touches)
    first = min((one.at for one in every if begin <= one.at < end), default=end - timedelta.resolution)
    came = [replace(one, at=first) if one.known and one.who == own and one.at >= end else one for one in every]
    met: dict[tuple[object, ...], Touch] = {}
    for one in sorted(came, key=lambda touch: (touch.at, not touch.known)):
        if begin <= one.at < end:
            met.setdefault((one.who, one.at.date(), one.campaign, one.mail, one.source), one)
    return tuple(met.values())


def shared(
    amount: int, touches: Sequence[Touch], opened_at: datetime, model: Model, sharing: Sharing
) -> tuple[Share, ...]:
    """The amount shared among the touches, which are in the order of time; the shares add up to it exactly."""
    if not touches:
        return (Share(1, Touch(opened_at, source=UNKNOWN_SOURCE), amount),)
    parts = divided(amount, _WEIGHTS[model](touches, opened_at, sharing))
    return tuple(Share(place, *one) for place, one in enumerate(zip(touches, parts, strict=True), start=1))


def _first(touches: Sequence[Touch], _opened: datetime, _sharing: Sharing) -> list[int]:
    return [1] + [0] * (len(touches) - 1)


def _last(touches: Sequence[Touch], _opened: datetime, _sharing: Sharing) -> list[int]:
    return [0] * (len(touches) - 1) + [1]


def _linear(touches: Sequence[Touch], _opened: datetime, _sharing: Sharing) -> list[int]:
    return [1] * len(touches)


def _time_decay(touches: Sequence[Touch], opened: datetime, _sharing: Sharing) -> list[int]:
    """Half the weight for each half life before the deal; a touch on its own day, whatever the hour, weighs all."""
    ages = [max(opened - one.at, timedelta()) / HALF_LIFE for one in touches]
    return [max(1, round(_FINE * 2**-age)) for age in ages]


def _position(touches: Sequence[Touch], _opened: datetime, sharing: Sharing) -> list[int]:
    """The rest is spread over the touches in between; where there are none, first and last share it as they are."""
    between = len(touches) - 2
    if between < 0:
        return [1]
    rest = max(Fraction(0), 1 - sharing.first - sharing.last)
    weights = [sharing.first, *[rest / between for _ in range(between)], sharing.last]
    scale = _common(weights)
    return [int(weight * scale) for weight in weights]


def _common(weights: Sequence[Fraction]) -> int:
    """A number by which all weights become whole."""
    scale = 1
    for denominator in {weight.denominator for weight in weights}:
        scale *= denominator
    return scale


_WEIGHTS: Mapping[Model, Callable[[Sequence[Touch], datetime, Sharing], list[int]]] = {
    Model.FIRST: _first,
    Model.LAST: _last,
    Model.LINEAR: _linear,
    Model.TIME_DECAY: _time_decay,
    Model.POSITION: _position,
}
