"""The clock of sales: leads that nobody answered are escalated, then taken back; snoozes end."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from engine.authoring.policy import calendars
from engine.authoring.sales import policy_of
from engine.domain.journey.decision import Line
from engine.domain.sales.clock import Tick, ring
from engine.domain.sales.handoff import Handoff, HandoffState
from engine.domain.sales.occasion import ESCALATED, REOPENED
from engine.domain.sales.policy import EXPIRED_REASON, SalesPolicy
from engine.domain.timing import Delay, after
from engine.service.home import Home
from engine.service.sales.answer import HandoffError, Refusal, give_back
from engine.service.sales.news import News, tell_news
from engine.store.database import reading, writing
from engine.store.handoffs import change_handoff, next_clock, run_out
from engine.store.journey import tell

BATCH = 100
_TOPICS = {HandoffState.ESCALATED: ESCALATED, HandoffState.OPEN: REOPENED}


def ring_due(home: Home, now: datetime) -> int:
    """Do what deadlines of hand-offs make due, one step for each; how many hand-offs moved."""
    with reading(home.store) as connection:
        first = next_clock(connection)
    if first is None or first > now:
        return 0
    sales, calendar = policy_of(home.config), calendars(home.config)("")

    def over(start: datetime, delay: Delay) -> datetime:
        return after(start, delay, home.zone, calendar)

    moved = 0
    with writing(home.store) as connection:
        for row in run_out(connection, now, BATCH):
            handoff = Handoff(row.id, HandoffState(row.state), row.at, row.clock_at)
            found = ring(handoff, sales.deadlines, now, over)
            if found is not None:
                moved += _moved(connection, home, sales, row, found, now)
    return moved


def _moved(connection: Any, home: Home, sales: SalesPolicy, row: Any, found: Tick, now: datetime) -> bool:
    """Whether the clock's move was made; an answer that came at this moment goes first."""
    if found.state is HandoffState.EXPIRED:
        try:
            give_back(connection, home, row, Refusal(found.state, "nobody", EXPIRED_REASON), now)
        except HandoffError:
            return False
        return True
    values = {"clock_at": found.clock_at, **({"escalated_at": now} if found.state is HandoffState.ESCALATED else {})}
    if not change_handoff(connection, row.id, HandoffState(row.state), found.state, values):
        return False
    topic = _TOPICS[found.state]
    tell(connection, row.lead_id, Line(now, topic.replace(".", "_"), data={"owner": row.owner}))
    tell_news(connection, sales, News(topic, row.id, row.lead_id, row.owner, row.story, {}), now)
    return True
