"""Events that come in bulk: which of them are on record already."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from engine.store.events import NewEvent, add_events, event
from engine.store.journey import wake

_KNOWN = select(event.c.source_id).where(event.c.source_id.in_(bindparam("ids", expanding=True)))


def take_events(connection: Connection, events: Sequence[NewEvent], now: datetime) -> int:
    """Insert the events that are new by their `source_id`, and wake the leads of these; how many were new."""
    by_source: dict[str, NewEvent] = {}
    for one in events:
        by_source.setdefault(one.source_id, one)
    if not by_source:
        return 0
    known = set(connection.scalars(_KNOWN, {"ids": list(by_source)}))
    new = [one for source_id, one in by_source.items() if source_id not in known]
    add_events(connection, new)
    wake(connection, sorted({one.lead for one in new}), now)
    return len(new)
