"""Events that come in bulk: which of them are on record already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from engine.store.events import add_events, event
from engine.store.journey import wake

_KNOWN = select(event.c.source_id).where(event.c.source_id.in_(bindparam("ids", expanding=True)))


def take_events(connection: Connection, rows: Sequence[Mapping[str, Any]], now: datetime) -> int:
    """Insert the events that are new by their `source_id`, and wake the leads of these; how many were new."""
    by_source: dict[str, Mapping[str, Any]] = {}
    for row in rows:
        by_source.setdefault(row["source_id"], row)
    if not by_source:
        return 0
    known = set(connection.scalars(_KNOWN, {"ids": list(by_source)}))
    new = [row for source_id, row in by_source.items() if source_id not in known]
    add_events(connection, new)
    wake(connection, sorted({row["lead_id"] for row in new}), now)
    return len(new)
