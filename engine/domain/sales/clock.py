"""The clock of a hand-off: by when sales answers, and what happens when it does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from engine.domain.sales.handoff import Handoff, HandoffState
from engine.domain.timing import Delay

After = Callable[[datetime, Delay], datetime]
"""The instant at which a delay is over, in the company's zone and working days."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """`sla`: an answer is due; `recycle_after`: without one marketing takes the lead back. Both from the hand-off."""

    sla: Delay
    recycle_after: Delay


@dataclass(frozen=True, slots=True)
class Tick:
    """What the clock does: the state that follows, and when it runs out next."""

    state: HandoffState
    clock_at: datetime | None


def first_deadline(deadlines: Deadlines, at: datetime, after: After) -> datetime:
    """By when a lead handed over at `at` is to be answered."""
    return after(at, deadlines.sla)


def ring(handoff: Handoff, deadlines: Deadlines, now: datetime, after: After) -> Tick | None:
    """What happens to a hand-off whose clock has run out by `now`; None while it has not.

    An open one is escalated, an escalated one expires, a snooze ends and the time to answer begins anew. Each of them
    happens at most once in a look: who was away for long is escalated before anything is taken back.
    """
    if handoff.clock_at is None or handoff.clock_at > now:
        return None
    match handoff.state:
        case HandoffState.OPEN:
            then = after(handoff.at, deadlines.recycle_after)
            rest = after(now, deadlines.recycle_after) if then <= now else then
            return Tick(HandoffState.ESCALATED, rest)
        case HandoffState.ESCALATED:
            return Tick(HandoffState.EXPIRED, None)
        case HandoffState.SNOOZED:
            return Tick(HandoffState.OPEN, after(now, deadlines.sla))
        case _:
            return None
