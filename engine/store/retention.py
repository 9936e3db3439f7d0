"""Forgetting: rows older than they are kept, in small bites, found without reading what stays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Table, and_, delete, func, select

from engine.domain.actor import Actor
from engine.store.access_tables import SeenMessageRow, VisitorEventRow
from engine.store.bundles import home_value, set_home_value
from engine.store.daily_counts import ATTEMPTS, EVENTS, counted_up_to
from engine.store.tables import AttemptRow, DeliveryRow, EventRow, MailCopyRow, StoryRow

_COPY: Table = MailCopyRow.__table__  # type: ignore[attr-defined]
_DELIVERY: Table = DeliveryRow.__table__  # type: ignore[attr-defined]
_ATTEMPT: Table = AttemptRow.__table__  # type: ignore[attr-defined]
_EVENT: Table = EventRow.__table__  # type: ignore[attr-defined]
_VISIT: Table = VisitorEventRow.__table__  # type: ignore[attr-defined]
_SEEN: Table = SeenMessageRow.__table__  # type: ignore[attr-defined]
_STORY: Table = StoryRow.__table__  # type: ignore[attr-defined]

_HITS = ("open", "click")


def forget_copies(connection: Connection, before: datetime, limit: int) -> int:
    """Forget the copies of mails that were decided before that instant; how many."""
    end = _first_since(connection, _DELIVERY, "created_at", before)
    return _delete_below(connection, _COPY, "delivery_id", end, limit)


def forget_attempts(connection: Connection, before: datetime, limit: int) -> int:
    """Forget attempts that ended before that instant and are counted; the mail itself keeps how it ended."""
    end = min(_first_since(connection, _ATTEMPT, "ended_at", before), counted_up_to(connection, ATTEMPTS) + 1)
    return _delete_below(connection, _ATTEMPT, "id", end, limit)


def forget_story(connection: Connection, before: datetime, limit: int) -> int:
    """Forget lines of leads' stories from before that instant."""
    return _delete_below(connection, _STORY, "id", _first_since(connection, _STORY, "at", before), limit)


def forget_events(connection: Connection, before: datetime, limit: int) -> int:
    """Forget opens and clicks received before that instant and counted; rules do not know them any more."""
    return _forget_hits(connection, "forgotten:hits", before, limit, ())


def forget_machines(connection: Connection, before: datetime, limit: int) -> int:
    """Forget opens and clicks of machines and of unknown programs, which move nobody, received before that instant."""
    return _forget_hits(connection, "forgotten:machines", before, limit, (Actor.MACHINE.value, Actor.UNKNOWN.value))


def forget_visits(connection: Connection, before: datetime, limit: int) -> int:
    """Forget what unknown visitors did that was received before that instant; how many events."""
    return _delete_below(connection, _VISIT, "id", _first_since(connection, _VISIT, "received_at", before), limit)


def forget_seen_messages(connection: Connection, before: datetime, limit: int) -> int:
    """Forget which messages came before that instant: no client sends one again after so long."""
    old = select(_SEEN.c.source_id).where(_SEEN.c.at < before).limit(limit)
    return connection.execute(delete(_SEEN).where(_SEEN.c.source_id.in_(old))).rowcount


def _forget_hits(connection: Connection, watermark: str, before: datetime, limit: int, actors: Sequence[str]) -> int:
    """How many were looked at; those that stay are not looked at again."""
    done = int(home_value(connection, watermark) or 0)
    end = min(_first_since(connection, _EVENT, "received_at", before), counted_up_to(connection, EVENTS) + 1)
    end = min(end, done + 1 + limit)
    if end <= done + 1:
        return 0
    which = [_EVENT.c.id > done, _EVENT.c.id < end, _EVENT.c.kind.in_(_HITS)]
    connection.execute(delete(_EVENT).where(and_(*which, *([_EVENT.c.actor.in_(actors)] if actors else []))))
    set_home_value(connection, watermark, str(end - 1))
    return end - 1 - done


def _delete_below(connection: Connection, table: Table, key: str, end: int, limit: int) -> int:
    """Delete the first rows below a number; how many."""
    column = table.c[key]
    first = connection.scalar(select(func.min(column)))
    if first is None or first >= end:
        return 0
    return connection.execute(delete(table).where(column < min(end, first + limit))).rowcount


def _first_since(connection: Connection, table: Table, instant: str, since: datetime) -> int:
    """The number of the first row from that instant on, in a table whose numbers grow with its instants.

    Found by halving, so that no row in between is read; rows that are out of order by a little do not matter here.
    """
    low = connection.scalar(select(func.min(table.c.id)))
    high = connection.scalar(select(func.max(table.c.id)))
    if low is None or high is None:
        return 0
    high += 1
    while low < high:
        middle = (low + high) // 2
        row = connection.execute(
            select(table.c.id, table.c[instant]).where(table.c.id >= middle).order_by(table.c.id).limit(1)
        ).one_or_none()
        if row is None or row[1] is None or row[1] >= since:
            high = middle
        else:
            low = row[0] + 1
    return int(low)
