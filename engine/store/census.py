"""Leads between chairs: how many stand in each stage, since when, and who has neither an owner nor anything to come.

All is asked of a span of leads, so that a large home can be counted a bite at a time (`engine.service.census`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, case, exists, false, func, not_, or_, select, true

from engine.store.among import among_numbers
from engine.store.sales_tables import HandoffRow
from engine.store.tables import EnrollmentRow, LeadRow

lead = LeadRow.__table__  # type: ignore[attr-defined]
enrollment = EnrollmentRow.__table__  # type: ignore[attr-defined]
handoff = HandoffRow.__table__  # type: ignore[attr-defined]

_KNOWN = and_(lead.c.merged_into.is_(None), lead.c.internal == false())
_SINCE = func.coalesce(lead.c.lifecycle_since, lead.c.created_at)


class Span(NamedTuple):
    """Leads by their numbers: those behind `after`, up to `upto`."""

    after: int
    upto: int


class Standing(NamedTuple):
    """What leads have in common: their stage, an owner of their own, something to come, marketing mail wanted."""

    stage: str
    owned: bool
    planned: bool
    subscribed: bool


def last_lead(connection: Connection) -> int:
    """The highest number of a lead; 0 where there is none."""
    return int(connection.scalar(select(func.max(lead.c.id))) or 0)


def standings(connection: Connection, span: Span) -> dict[Standing, int]:
    """How many leads of the span stand how, colleagues apart."""
    inner = (
        select(
            lead.c.lifecycle.label("stage"), _flag(lead.c.owner != "", "owned"), _flag(not_(_no_action()), "planned")
        )
        .add_columns(_flag(lead.c.subscribed == true(), "subscribed"))
        .where(_within(span), _KNOWN)
        .subquery()
    )
    query = select(*inner.c, func.count().label("n")).group_by(*inner.c)
    return {Standing(row.stage, bool(row.owned), bool(row.planned), bool(row.subscribed)): int(row.n)
            for row in connection.execute(query)}  # fmt: skip


def staying_since(connection: Connection, begins: Mapping[str, datetime], span: Span) -> dict[str, int]:
    """How many leads of the span are in each of these stages since before the stage's instant."""
    if not begins:
        return {}
    too_long = or_(*(and_(lead.c.lifecycle == stage, begin > _SINCE) for stage, begin in begins.items()))
    query = select(lead.c.lifecycle, func.count()).where(_within(span), _KNOWN, too_long).group_by(lead.c.lifecycle)
    return {stage: int(n) for stage, n in connection.execute(query)}


def unowned_leads(
    connection: Connection, owned: Collection[str], ended: Collection[str], limit: int, span: Span
) -> list[tuple[datetime, int]]:
    """Leads of the span without an owner or without anything to come, the longest in their stage first: (since, id).

    `owned` are stages for which somebody answers, `ended` those at which nothing is to come. Who wants no marketing
    mail is left alone, and so has nothing to come for a reason.
    """
    query = _unowned(select(_SINCE.label("since"), lead.c.id), owned, ended).where(_within(span)).limit(limit)
    return [(row.since, row.id) for row in connection.execute(query)]


def unowned_among(
    connection: Connection, owned: Collection[str], ended: Collection[str], ids: Sequence[int]
) -> list[Any]:
    """Those of these leads of whom it still holds, with what is missing: `no_owner`, `no_action`."""
    columns = (lead.c.public_id, lead.c.email, lead.c.fields, lead.c.lifecycle, lead.c.owner, _SINCE.label("since"))
    lacks = (_flag(_no_owner(owned), "no_owner"), _flag(_no_action(), "no_action"))
    query = _unowned(select(*columns, *lacks), owned, ended).where(among_numbers(lead.c.id, "ids"))
    return list(connection.execute(query, {"ids": ids}))


def _unowned(query: Select[Any], owned: Collection[str], ended: Collection[str]) -> Select[Any]:
    concerned = and_(_KNOWN, lead.c.subscribed == true(), lead.c.lifecycle.not_in(list(ended)))
    return query.where(concerned, or_(_no_owner(owned), _no_action())).order_by(_SINCE, lead.c.id)


def _within(span: Span) -> ColumnElement[bool]:
    return and_(lead.c.id > span.after, lead.c.id <= span.upto)


def _flag(condition: ColumnElement[bool], name: str) -> ColumnElement[int]:
    return case((condition, 1), else_=0).label(name)


def _no_owner(owned: Collection[str]) -> ColumnElement[bool]:
    return and_(lead.c.owner == "", lead.c.lifecycle.not_in(list(owned)))


def _no_action() -> ColumnElement[bool]:
    runs = exists().where(enrollment.c.lead_id == lead.c.id, enrollment.c.status != "ended")
    with_sales = exists().where(handoff.c.lead_id == lead.c.id, handoff.c.ended_at.is_(None))
    return and_(lead.c.next_due_at.is_(None), not_(runs), not_(with_sales))
