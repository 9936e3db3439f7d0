"""Learning from a home's own hand-offs how its sales team answers; where they are too few, what is assumed stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from engine.domain.sales.handoff import HandoffState
from engine.rehearsal.simulation.persona import Delay, observed
from engine.rehearsal.simulation.sales import (
    ACCEPTED,
    UNANSWERED,
    Sales,
    SalesManners,
    SalesOrigin,
    assumed,
    with_shares,
)
from engine.store.database import Store, reading
from engine.store.handoffs import PastHandoff, past_handoffs

MOST = 2_000
"""The newest hand-offs that are looked at."""
RIPE = timedelta(days=14)
"""A hand-off is judged when it is so old: until then sales may still answer."""
HANDOFFS_NEEDED = 20
"""From so many hand-offs on the shares are learnt, and from so many answers on the delays."""
WEIGHT = 10
"""What is assumed weighs as much as so many hand-offs, so that a reason that was never given is not taken for none."""


def sales_learnt(store: Store, now: datetime, reasons: Iterable[str]) -> Sales:
    """What the home's newest hand-offs tell of its sales team."""
    with reading(store) as connection:
        past = past_handoffs(connection, now - RIPE, MOST)
    return learn_sales(past, reasons)


def learn_sales(past: Sequence[PastHandoff], reasons: Iterable[str]) -> Sales:
    """The manners behind these hand-offs, of which none waits for an answer any more."""
    manners = assumed(reasons)
    origin = SalesOrigin(len(past), len(past) >= HANDOFFS_NEEDED)
    if not origin.shares:
        return Sales(manners, origin)
    ends = Counter(_end(one) for one in past)
    blended = {
        name: ends[name] + share * WEIGHT for name, share in {**dict.fromkeys(ends, 0.0), **manners.shares}.items()
    }
    found = with_shares(manners, {name: count / (len(past) + WEIGHT) for name, count in blended.items()})
    return _with_delays(found, past, origin)


def _end(one: PastHandoff) -> str:
    """How it ended; one that was accepted and whose deal is over ended well for marketing."""
    match HandoffState(one.state):
        case HandoffState.EXPIRED:
            return UNANSWERED
        case HandoffState.REJECTED:
            return one.reason
        case _:
            return ACCEPTED


def _with_delays(manners: SalesManners, past: Sequence[PastHandoff], origin: SalesOrigin) -> Sales:
    """How long sales takes to answer, and which of the leads that it gives back it had accepted, and for how long."""
    answering = [one.answered_at - one.at for one in past if one.answered_at is not None]
    back = [one for one in past if one.state == HandoffState.REJECTED]
    kept = [kept for one in back if (kept := _kept(one)) > timedelta(0)]
    first = (len(kept) + manners.first * WEIGHT) / (len(back) + WEIGHT)
    learnt = len(answering) >= HANDOFFS_NEEDED
    found = replace(
        manners,
        first=first,
        answering=_seen(answering) if learnt else manners.answering,
        keeping=_seen(kept) if len(kept) >= HANDOFFS_NEEDED else manners.keeping,
    )
    return Sales(found, replace(origin, delays=learnt))


def _kept(one: PastHandoff) -> timedelta:
    """For how long sales kept a lead that it gave back in the end."""
    return one.ended_at - one.answered_at if one.ended_at and one.answered_at else timedelta(0)


def _seen(spans: Iterable[timedelta]) -> Delay:
    return observed(span.total_seconds() / 3600 for span in spans)
