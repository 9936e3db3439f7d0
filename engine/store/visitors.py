"""Visitors whom nobody knows: what they did is kept under their own id, and becomes a lead's when they are known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, false, func, select, true, update

from engine.domain.actor import Actor
from engine.domain.identity import ANONYMOUS_ID
from engine.domain.journey.facts import EventKind
from engine.store.access_tables import SeenMessageRow, VisitorEventRow
from engine.store.bulk import among
from engine.store.events import NewEvent, add_events, event
from engine.store.inserts import insert_ignoring
from engine.store.journey import wake
from engine.store.leads import identity, lead

visitor = VisitorEventRow.__table__  # type: ignore[attr-defined]
seen = SeenMessageRow.__table__  # type: ignore[attr-defined]


MOST_JOINED = 10_000


@dataclass(frozen=True, slots=True)
class NewVisit:
    """Something that an unknown visitor did. `source_id` names it for ever; `delivery` is the mail whose link led here,
    while it is not settled whether that tells who the visitor is."""

    source_id: str
    visitor: str
    kind: EventKind
    name: str
    at: datetime
    received_at: datetime
    properties: Mapping[str, Any] = field(default_factory=dict)
    evidence: Mapping[str, Any] = field(default_factory=dict)
    delivery: int | None = None

    def values(self) -> dict[str, Any]:
        return {
            "source_id": self.source_id,
            "visitor": self.visitor,
            "kind": self.kind.value,
            "name": self.name,
            "at": self.at,
            "received_at": self.received_at,
            "properties": dict(self.properties),
            "evidence": dict(self.evidence),
            "delivery_id": self.delivery,
        }


def add_visits(connection: Connection, visits: Sequence[NewVisit]) -> int:
    """Write down what is new by its `source_id`, be it the visitor's or a lead's by now; how many that was."""
    if not visits:
        return 0
    known = set(
        connection.scalars(
            select(event.c.source_id).where(among(connection, event.c.source_id, [one.source_id for one in visits]))
        )
    )
    rows = [one.values() for one in visits if one.source_id not in known]
    return insert_ignoring(connection, visitor, rows, ("source_id",))


def join_visitors(connection: Connection, leads: Mapping[str, int], judged: str, now: datetime) -> int:
    """What these visitors (by their ids) did becomes what the leads did: same id, same instant; how many events.

    `judged` says by what they are known to be the same, in words. Nothing is left behind, so doing it again does
    nothing. Of a visitor beyond all measure, a program say, the newest `MOST_JOINED` are joined and the rest forgotten.
    """
    if not leads:
        return 0
    query = select(visitor).where(among(connection, visitor.c.visitor, list(leads))).order_by(visitor.c.id.desc())
    rows = list(connection.execute(query.limit(MOST_JOINED)))
    if not rows:
        return 0
    add_events(connection, [_event(row, leads[row.visitor], judged, now) for row in reversed(rows)])
    connection.execute(delete(visitor).where(among(connection, visitor.c.visitor, list(leads))))
    wake(connection, sorted({leads[row.visitor] for row in rows}), now)
    return len(rows)


def _event(row: Any, number: int, judged: str, now: datetime) -> NewEvent:
    """Received now, as far as campaigns ask: before, nobody could have let the lead in by it."""
    evidence = {**row.evidence, "joined": now.isoformat(), "received": row.received_at.isoformat()}
    return NewEvent(
        row.source_id,
        number,
        EventKind(row.kind),
        row.at,
        now,
        row.name,
        judged=judged,
        properties=row.properties,
        evidence=evidence,
    )


def unseen(connection: Connection, source_ids: Iterable[str], now: datetime) -> set[str]:
    """Which of these messages never came before; from now on none of them is new."""
    wanted = list(dict.fromkeys(source_ids))
    if not wanted:
        return set()
    known = set(connection.scalars(select(seen.c.source_id).where(among(connection, seen.c.source_id, wanted))))
    new = [one for one in wanted if one not in known]
    insert_ignoring(connection, seen, [{"source_id": one, "at": now} for one in new], ("source_id",))
    return set(new)


def followed_links(connection: Connection, limit: int) -> list[tuple[int, str, int, datetime, Mapping[str, Any]]]:
    """Visits that came by a mail's link and are not settled, oldest first: number, visitor, mail, instant, evidence."""
    query = (
        select(visitor.c.id, visitor.c.visitor, visitor.c.delivery_id, visitor.c.at, visitor.c.evidence)
        .where(visitor.c.delivery_id.is_not(None))
        .order_by(visitor.c.id)
        .limit(limit)
    )
    return [(row.id, row.visitor, row.delivery_id, row.at, row.evidence) for row in connection.execute(query)]


def human_clicks(connection: Connection, deliveries: Sequence[int]) -> dict[int, list[Any]]:
    """Clicks of people in these mails, once judged, with whose they are; none of leads who refuse tracking."""
    query = (
        select(event.c.delivery_id, event.c.lead_id, event.c.at, event.c.evidence)
        .join(lead, lead.c.id == event.c.lead_id)
        .where(
            event.c.delivery_id.in_(list(deliveries)),
            event.c.kind == EventKind.CLICK.value,
            event.c.pending == false(),
            event.c.actor == Actor.HUMAN.value,
            lead.c.tracking == true(),
        )
    )
    groups: dict[int, list[Any]] = {}
    for row in connection.execute(query):
        groups.setdefault(row.delivery_id, []).append(row)
    return groups


def settle_visits(connection: Connection, ids: Sequence[int]) -> None:
    """These visits tell nobody's name: they stay a visitor's, without the mail that led to them."""
    if ids:
        connection.execute(update(visitor).where(visitor.c.id.in_(list(ids))).values(delivery_id=None))


def visitors_of(connection: Connection, number: int) -> list[str]:
    """The ids under which a lead's devices are known."""
    query = select(identity.c.value).where(identity.c.lead_id == number, identity.c.kind == ANONYMOUS_ID)
    return list(connection.scalars(query))


def count_visits(connection: Connection) -> tuple[int, int]:
    """How many events of unknown visitors are kept, and of how many visitors."""
    row = connection.execute(select(func.count(), func.count(visitor.c.visitor.distinct()))).one()
    return int(row[0]), int(row[1])
