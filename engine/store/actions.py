"""Due actions outside: those that are open, and how they ended."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from engine.store.tables import ActionRow, LeadRow

action = ActionRow.__table__  # type: ignore[attr-defined]
lead = LeadRow.__table__  # type: ignore[attr-defined]


def open_actions(connection: Connection, kind: str, limit: int) -> list[Any]:
    """Actions of a kind that nobody carried out yet, oldest first, with whose they are."""
    query = (
        select(action, lead.c.email, lead.c.owner, lead.c.fields, lead.c.public_id)
        .join(lead, lead.c.id == action.c.lead_id)
        .where(action.c.kind == kind, action.c.done_at.is_(None))
        .order_by(action.c.id)
        .limit(limit)
    )
    return list(connection.execute(query))


def open_counts(connection: Connection) -> dict[str, int]:
    """How many actions of each kind nobody carried out yet."""
    query = select(action.c.kind, func.count()).where(action.c.done_at.is_(None)).group_by(action.c.kind)
    return {kind: int(count) for kind, count in connection.execute(query)}


def action_row(connection: Connection, number: int) -> Any | None:
    return connection.execute(select(action).where(action.c.id == number)).one_or_none()


def end_action(connection: Connection, number: int, outcome: str, at: datetime) -> bool:
    """Write how an action ended; whether it was still open."""
    query = update(action).where(action.c.id == number, action.c.done_at.is_(None)).values(done_at=at, outcome=outcome)
    return connection.execute(query).rowcount > 0
