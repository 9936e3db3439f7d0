"""Rows as the API shows them, in pages along their numbers: events, runs, deals, hand-offs, tasks of leads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from engine.store.leads import lead
from engine.store.revenue_tables import OpportunityRow
from engine.store.sales_tables import HandoffRow
from engine.store.tables import ActionRow, DeliveryRow, EnrollmentRow, EventRow

TABLES: Mapping[str, Any] = {
    "events": EventRow.__table__,  # type: ignore[attr-defined]
    "enrollments": EnrollmentRow.__table__,  # type: ignore[attr-defined]
    "deliveries": DeliveryRow.__table__,  # type: ignore[attr-defined]
    "opportunities": OpportunityRow.__table__,  # type: ignore[attr-defined]
    "handoffs": HandoffRow.__table__,  # type: ignore[attr-defined]
    "tasks": ActionRow.__table__,  # type: ignore[attr-defined]
}
_ENROLLMENT = TABLES["enrollments"]
_ACTION = TABLES["tasks"]


def rows_page(
    connection: Connection, what: str, filters: Mapping[str, Any], after: int, size: int
) -> Sequence[Row[Any]]:
    """The next rows of a table after that number, with the id of the lead that each is about as `lead`.

    `filters` are columns and the values that they must have.
    """
    table = TABLES[what]
    query = (
        select(table, lead.c.public_id.label("lead"))
        .outerjoin(lead, lead.c.id == table.c.lead_id)
        .where(table.c.id > after, *(table.c[name] == value for name, value in filters.items()))
        .order_by(table.c.id)
        .limit(size)
    )
    if what == "tasks":
        query = query.where(table.c.kind == "task", table.c.done_at.is_(None))
    return connection.execute(query).all()


def end_run(connection: Connection, number: int, why: str, now: datetime) -> bool:
    """Let a lead leave a campaign; whether it was still in."""
    query = (
        update(_ENROLLMENT)
        .where(_ENROLLMENT.c.id == number, _ENROLLMENT.c.status != "ended")
        .values(status="ended", ended_at=now, ended_why=why, due_at=None, step="", waiting="")
    )
    return connection.execute(query).rowcount > 0


def lock_lead(connection: Connection, number: int) -> None:
    """Keep a lead from other writers until the transaction ends: whoever decides on it waits, or was before."""
    connection.execute(select(lead.c.id).where(lead.c.id == number).with_for_update())
