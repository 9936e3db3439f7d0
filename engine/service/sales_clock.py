"""The clock of sales: leads that nobody answered are escalated, then taken back; snoozes end."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from engine.authoring.policy import calendars
from engine.authoring.sales import policy_of
from engine.domain.journey.decision import Line
from engine.domain.sales.clock import ring
from engine.domain.sales.handoff import Handoff, HandoffState
from engine.domain.sales.policy import EXPIRED_REASON, SalesPolicy
from engine.domain.timing import Delay, after
from engine.service.answer_handoff import Refusal, give_back
from engine.service.home import Home
from engine.service.tell_sales import ESCALATED, REOPENED, News, tell_news
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
                _move(connection, home, sales, row, found.state, found.clock_at, now)
                moved += 1
    return moved


def _move(
    connection: Any,
    home: Home,
    sales: SalesPolicy,
    row: Any,
    state: HandoffState,
    clock_at: datetime | None,
    now: datetime,
) -> None:
    if state is HandoffState.EXPIRED:
        give_back(connection, home, row, Refusal(state, "nobody", EXPIRED_REASON), now)
        return
    values = {"clock_at": clock_at, **({"escalated_at": now} if state is HandoffState.ESCALATED else {})}
    if change_handoff(connection, row.id, HandoffState(row.state), state, values):
        topic = _TOPICS[state]
        tell(connection, row.lead_id, Line(now, topic.replace(".", "_"), data={"owner": row.owner}))
        tell_news(connection, sales, News(topic, row.id, row.lead_id, row.owner, row.story, {}), now)
