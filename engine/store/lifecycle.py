"""Changes of the lifecycle: each is a row, by which time in stage and the waterfall are known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, func, select, update

from engine.domain.journey.decision import Moved
from engine.store.many import run_many
from engine.store.sales_tables import LifecycleChangeRow
from engine.store.tables import LeadRow

change: Table = LifecycleChangeRow.__table__  # type: ignore[attr-defined]
lead: Table = LeadRow.__table__  # type: ignore[attr-defined]

_WRITE = change.insert()


def save_moves(connection: Connection, moves: Sequence[tuple[Any, Moved]], now: datetime) -> None:
    """Write down that these leads (or rows of theirs) went from one stage to another, which they are in since now."""
    if not moves:
        return
    run_many(connection, _WRITE, [_row(who, move, now) for who, move in moves])
    ids = list({who.id for who, _ in moves})
    connection.execute(update(lead).where(lead.c.id.in_(ids)).values(lifecycle_since=now))


def note_moves(connection: Connection, moves: Sequence[tuple[Any, str]], why: str, now: datetime) -> None:
    """Write down that these leads (their rows as they were) are in another stage now, as somebody outside says."""
    found = [(who, Moved(who.lifecycle, after, why)) for who, after in moves]
    save_moves(connection, found, now)


def _row(who: Any, move: Moved, now: datetime) -> dict[str, Any]:
    since = who.lifecycle_since or who.created_at
    return {
        "lead_id": who.id,
        "at": now,
        "before": move.before,
        "after": move.after,
        "why": move.why,
        "owner": who.owner,
        "theme": move.theme,
        "source": who.source,
        "seconds": max(int((now - since).total_seconds()), 0) if move.before == who.lifecycle else 0,
    }


def stands_since(connection: Connection, number: int) -> datetime | None:
    """Since when the lead is in its stage; its first day where it never left the first one."""
    query = select(func.coalesce(lead.c.lifecycle_since, lead.c.created_at)).where(lead.c.id == number)
    found: datetime | None = connection.scalar(query)
    return found


def changes_of(connection: Connection, number: int) -> list[Any]:
    """The lead's way through the lifecycle, oldest first."""
    return list(connection.execute(select(change).where(change.c.lead_id == number).order_by(change.c.id)))
