"""How hand-offs stand in figures, along indexes, for whoever looks often."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, case, func, select

from engine.domain.sales.handoff import HandoffState
from engine.store.handoffs import handoff

WEEK = timedelta(days=7)
_WAITING = [state.value for state in (HandoffState.OPEN, HandoffState.ESCALATED)]


@dataclass(frozen=True, slots=True)
class AtSales:
    """Leads that sales has: those accepted, put off, and waiting for an answer (`next_at`: the first that is due by
    then), of the latter those escalated and those `overdue`, whose deadline is over; and of the last seven days how
    many it got and how many came back."""

    accepted: int = 0
    snoozed: int = 0
    waiting: int = 0
    escalated: int = 0
    overdue: int = 0
    next_at: datetime | None = None
    got: int = 0
    came_back: int = 0

    @property
    def leads(self) -> int:
        return self.accepted + self.snoozed + self.waiting


def at_sales(connection: Connection, now: datetime) -> AtSales:
    """What sales has in hand at this instant."""
    query = select(handoff.c.state, func.count(), func.min(handoff.c.clock_at))
    query = query.add_columns(func.count().filter(handoff.c.clock_at <= now))
    rows = connection.execute(query.where(handoff.c.ended_at.is_(None)).group_by(handoff.c.state))
    live = {state: (number, clock_at, late) for state, number, clock_at, late in rows}
    counts = {state: number for state, (number, *_) in live.items()}
    returned = case((handoff.c.state.in_((HandoffState.REJECTED.value, HandoffState.EXPIRED.value)), 1), else_=0)
    week = select(func.count(), func.coalesce(func.sum(returned), 0)).where(handoff.c.at >= now - WEEK)
    got, came_back = connection.execute(week).one()
    return AtSales(
        accepted=counts.get(HandoffState.ACCEPTED.value, 0),
        snoozed=counts.get(HandoffState.SNOOZED.value, 0),
        waiting=sum(counts.get(state, 0) for state in _WAITING),
        escalated=counts.get(HandoffState.ESCALATED.value, 0),
        overdue=sum(live[state][2] for state in _WAITING if state in live),
        next_at=min((live[state][1] for state in _WAITING if state in live and live[state][1]), default=None),
        got=got,
        came_back=came_back,
    )
