"""Answers kept for requests that are sent again. A row without a status is a request that is being worked on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update

from engine.store.access_tables import RepeatableRow
from engine.store.inserts import insert_ignoring

repeatable = RepeatableRow.__table__  # type: ignore[attr-defined]

UNDER_WAY = 0
"""The status of a request that has no answer yet."""


def claim_request(connection: Connection, api_key: int, key: str, request: str, now: datetime) -> bool:
    """Note that a request is being worked on; whether it was not known yet."""
    row = {"api_key_id": api_key, "key": key, "request": request, "status": UNDER_WAY, "content": b"", "at": now}
    return insert_ignoring(connection, repeatable, [row], ("api_key_id", "key")) == 1


def request_known(connection: Connection, api_key: int, key: str) -> Any | None:
    """What is known of a request: its digest, its answer, since when."""
    return connection.execute(select(repeatable).where(*_named(api_key, key))).one_or_none()


def take_over_request(connection: Connection, api_key: int, key: str, before: datetime, now: datetime) -> bool:
    """Work on a request that somebody left without an answer; whether it is still so."""
    left = (*_named(api_key, key), repeatable.c.status == UNDER_WAY, repeatable.c.at == before)
    return connection.execute(update(repeatable).where(*left).values(at=now)).rowcount == 1


def answer_request(connection: Connection, api_key: int, key: str, status: int, content: bytes) -> None:
    """Keep the answer."""
    known = (*_named(api_key, key), repeatable.c.status == UNDER_WAY)
    connection.execute(update(repeatable).where(*known).values(status=status, content=content))


def drop_request(connection: Connection, api_key: int, key: str) -> None:
    """Forget a request that failed by our fault, so that it may be sent again."""
    connection.execute(delete(repeatable).where(*_named(api_key, key), repeatable.c.status == UNDER_WAY))


def forget_requests(connection: Connection, before: datetime, limit: int) -> int:
    """Forget answers from before that instant; how many."""
    old = select(repeatable.c.api_key_id, repeatable.c.key).where(repeatable.c.at < before)
    rows = connection.execute(old.order_by(repeatable.c.at).limit(limit)).all()
    for row in rows:
        connection.execute(delete(repeatable).where(*_named(row.api_key_id, row.key)))
    return len(rows)


def _named(api_key: int, key: str) -> tuple[Any, ...]:
    return (repeatable.c.api_key_id == api_key, repeatable.c.key == key)
