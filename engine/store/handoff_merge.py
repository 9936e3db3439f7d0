"""Hand-offs of two leads that become one: sales has the one lead once at most, and whoever has it keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, func, select, update

from engine.domain.journey.decision import Line
from engine.domain.journey.draft import RETURNS
from engine.domain.merging import Together
from engine.domain.sales.handoff import HandoffState
from engine.store.journey import tell
from engine.store.sales_tables import HandoffRow
from engine.store.tables import EventRow

handoff: Table = HandoffRow.__table__  # type: ignore[attr-defined]
event: Table = EventRow.__table__  # type: ignore[attr-defined]

ENDED = "handoff_merged"


@dataclass(frozen=True, slots=True)
class WithSales:
    """The hand-off by which sales has the one lead, and the other's that ended for it; None where there is none."""

    live: Any | None = None
    ended: Any | None = None


def settle_handoffs(connection: Connection, kept: int, other: int, called: str, now: datetime) -> WithSales:
    """Let one hand-off go on: one that sales accepted before one that waits, else the kept lead's. The story says so.

    Args:
        called: what people know the other lead by.
    """
    query = select(handoff).where(handoff.c.lead_id.in_((kept, other)), handoff.c.ended_at.is_(None))
    rows = sorted(connection.execute(query), key=lambda row: (row.state != HandoffState.ACCEPTED, row.lead_id != kept))
    if len(rows) < 2:
        return WithSales(*rows)
    live, ended = rows
    why = f"merged: {called} is the same person, and goes on with {live.owner or 'nobody'}"
    over = {"state": HandoffState.MERGED.value, "ended_at": now, "clock_at": None, "answer_note": why}
    connection.execute(update(handoff).where(handoff.c.id == ended.id).values(**over))
    tell(connection, kept, Line(now, ENDED, data={"was": ended.owner, "owner": live.owner, "handoff": ended.id}))
    return WithSales(live, ended)


def as_sales_has_it(
    connection: Connection, found: Together, live: Any, of: Mapping[int, Any], stages: Sequence[str]
) -> tuple[Together, datetime | None]:
    """The one lead as it is while sales has it by this hand-off, and since when it is in its stage of life.

    Its owner is whoever has it. What either lead came back from before, by an answer of sales or a deal, is over: the
    hand-off goes on after that, and so does its stage.

    Args:
        of: the rows of both leads, by number.
        stages: the stages of the lifecycle in their order.
    """
    which = of[live.lead_id]
    builtins = dict(found.values.builtins)
    builtins["owner"] = live.owner or builtins["owner"]
    if builtins["lifecycle"] not in stages and which.lifecycle:
        builtins["lifecycle"] = which.lifecycle
    back = _came_back(connection, list(of))
    handed = [at for at in (found.handed_off_at, live.at, back) if at is not None]
    since = [at for at in (*(row.lifecycle_since for row in of.values()), back) if at is not None]
    values = replace(found.values, builtins=builtins)
    return replace(found, values=values, handed_off_at=max(handed)), max(since, default=None)


def _came_back(connection: Connection, leads: Sequence[int]) -> datetime | None:
    """When the last event of these leads came by which sales has them no more."""
    named = func.lower(event.c.name).in_(RETURNS)
    query = select(func.max(event.c.at), func.max(event.c.received_at)).where(event.c.lead_id.in_(leads), named)
    return max([at for at in connection.execute(query).one() if at is not None], default=None)
