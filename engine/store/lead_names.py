"""Finding leads by what people call them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table, func, or_, select

from engine.store.json_values import json_text
from engine.store.tables import LeadRow

_LEAD: Table = LeadRow.__table__  # type: ignore[attr-defined]


def leads_called(connection: Connection, name: str, limit: int) -> list[Any]:
    """Leads with this whole name, in any case: their number, address and fields. Looks through all leads."""
    wanted = " ".join(name.casefold().split())
    folded = _LEAD.c.folded
    first, last = json_text(folded, "first_name"), json_text(folded, "last_name")
    whole = func.coalesce(first, "") + " " + func.coalesce(last, "")
    query = (
        select(_LEAD.c.id, _LEAD.c.public_id, _LEAD.c.email, _LEAD.c.fields)
        .where(_LEAD.c.merged_into.is_(None), or_(whole == wanted, json_text(folded, "name") == wanted))
        .order_by(_LEAD.c.id)
        .limit(limit)
    )
    return list(connection.execute(query))
