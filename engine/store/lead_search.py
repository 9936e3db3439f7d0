"""Leads as other programs look for them: filters by columns, a rule's condition, an order, and pages along it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, select, true

from engine.domain.cursor import Cursor
from engine.store.leads import lead, member

SORTS: Mapping[str, type] = {"created": int, "updated": datetime, "score": float, "email": str}
"""What leads can be ordered by, and the kind of each value; `created` is the order of their numbers."""
EQUALS = ("email", "lifecycle", "source", "owner", "country", "language", "subscribed", "internal")
"""Columns that a filter compares."""

_COLUMNS = {"updated": lead.c.updated_at, "score": lead.c.score, "email": lead.c.email}


def found_leads(
    connection: Connection,
    filters: Mapping[str, Any],
    condition: Any,
    sort: str,
    after: Cursor | None,
    size: int,
) -> Sequence[Row[Any]]:
    """The next leads in this order, which begins with `-` where it goes down.

    `filters` are values by name: those of `EQUALS`, `list`, `created_since` and `updated_since`.
    """
    query = select(lead).where(lead.c.merged_into.is_(None), *_filtered(filters))
    if condition is not None:
        query = query.where(condition)
    column, down = _COLUMNS.get(sort.removeprefix("-")), sort.startswith("-")
    order = [one.desc() if down else one.asc() for one in (column, lead.c.id) if one is not None]
    found: list[Row[Any]] = []
    for part in _parts(column, after, down):
        if len(found) < size:
            found += connection.execute(query.where(part).order_by(*order).limit(size - len(found)))
    return found


def _parts(column: Any, after: Cursor | None, down: bool) -> list[ColumnElement[bool]]:
    """What comes behind a lead: those with its value and a number behind its own, then those with a value behind.

    Each is asked for by itself, so that it is entered in the index at its first lead, however many share a value.
    """
    if after is None:
        return [true()]
    behind = lead.c.id < after.number if down else lead.c.id > after.number
    if column is None:
        return [behind]
    return [and_(column == after.value, behind), column < after.value if down else column > after.value]


def _filtered(filters: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    found = [lead.c[name] == value for name, value in filters.items() if name in EQUALS]
    if "list" in filters:
        found.append(lead.c.id.in_(select(member.c.lead_id).where(member.c.name == filters["list"])))
    for name, column in (("created_since", lead.c.created_at), ("updated_since", lead.c.updated_at)):
        if name in filters:
            found.append(column >= filters[name])
    return found


def leave_list(connection: Connection, number: int, name: str) -> bool:
    """Take a lead off a list; whether it was on it."""
    query = member.delete().where(member.c.lead_id == number, member.c.name == name)
    return connection.execute(query).rowcount > 0
