"""Leads between chairs: how many stand in each stage, since when, and who has neither an owner nor anything to come."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, false, func, not_, or_, select, true

from engine.store.sales_tables import HandoffRow
from engine.store.tables import EnrollmentRow, LeadRow

lead = LeadRow.__table__  # type: ignore[attr-defined]
enrollment = EnrollmentRow.__table__  # type: ignore[attr-defined]
handoff = HandoffRow.__table__  # type: ignore[attr-defined]

_KNOWN = and_(lead.c.merged_into.is_(None), lead.c.internal == false())
_SINCE = func.coalesce(lead.c.lifecycle_since, lead.c.created_at)


def stage_counts(connection: Connection) -> dict[str, int]:
    """How many leads stand in each stage of the lifecycle, colleagues apart."""
    query = select(lead.c.lifecycle, func.count()).where(_KNOWN).group_by(lead.c.lifecycle)
    return {stage: int(n) for stage, n in connection.execute(query)}


def staying_since(connection: Connection, stage: str, before: datetime) -> int:
    """How many leads are in a stage since before that instant."""
    query = select(func.count()).select_from(lead).where(_KNOWN, lead.c.lifecycle == stage, before > _SINCE)
    return int(connection.scalar(query) or 0)


def unowned_leads(connection: Connection, owned: Collection[str], ended: Collection[str], limit: int) -> list[Any]:
    """Leads without an owner (`no_owner`) or without anything to come (`no_action`), the longest in their stage first.

    `owned` are stages for which somebody answers, `ended` those at which nothing is to come. Who wants no marketing
    mail is left alone, and so has nothing to come for a reason.
    """
    no_owner, no_action = _no_owner(owned), _no_action()
    query = (
        select(lead.c.public_id, lead.c.email, lead.c.fields, lead.c.lifecycle, lead.c.owner)
        .add_columns(_SINCE.label("since"), no_owner.label("no_owner"), no_action.label("no_action"))
        .where(_concerned(ended), or_(no_owner, no_action))
        .order_by(_SINCE, lead.c.id)
        .limit(limit)
    )
    return list(connection.execute(query))


def unowned_counts(connection: Connection, owned: Collection[str], ended: Collection[str]) -> tuple[int, int]:
    """How many leads have no owner, and how many nothing to come."""
    counts = [
        connection.scalar(select(func.count()).select_from(lead).where(_concerned(ended), lacks)) or 0
        for lacks in (_no_owner(owned), _no_action())
    ]
    return int(counts[0]), int(counts[1])


def _concerned(ended: Collection[str]) -> ColumnElement[bool]:
    return and_(_KNOWN, lead.c.subscribed == true(), lead.c.lifecycle.not_in(list(ended)))


def _no_owner(owned: Collection[str]) -> ColumnElement[bool]:
    return and_(lead.c.owner == "", lead.c.lifecycle.not_in(list(owned)))


def _no_action() -> ColumnElement[bool]:
    runs = exists().where(enrollment.c.lead_id == lead.c.id, enrollment.c.status != "ended")
    with_sales = exists().where(handoff.c.lead_id == lead.c.id, handoff.c.ended_at.is_(None))
    return and_(lead.c.next_due_at.is_(None), not_(runs), not_(with_sales))
