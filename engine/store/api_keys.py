"""Keys of the API: kept by their digests, never themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select, update

from engine.store.access_tables import ApiKeyRow

api_key = ApiKeyRow.__table__  # type: ignore[attr-defined]


def add_api_key(
    connection: Connection,
    *,
    name: str,
    start: str,
    digest: str,
    scopes: Sequence[str],
    created_at: datetime,
    expires_at: datetime | None,
) -> int:
    """Keep a new key; its number."""
    row = {"name": name, "start": start, "digest": digest, "scopes": list(scopes), "created_at": created_at}
    found = connection.execute(api_key.insert().values(**row, expires_at=expires_at)).inserted_primary_key
    return int(found[0]) if found else 0


def api_keys(connection: Connection) -> list[Any]:
    """All keys, oldest first, those revoked among them."""
    return list(connection.execute(select(api_key).order_by(api_key.c.id)))


def living_key_named(connection: Connection, name: str, now: datetime) -> Any | None:
    """The key of this name that is neither revoked nor expired."""
    return connection.execute(select(api_key).where(api_key.c.name == name, *_lives(now))).first()


def living_key(connection: Connection, digest: str, now: datetime) -> Any | None:
    """The key with this digest, if it is neither revoked nor expired."""
    return connection.execute(select(api_key).where(api_key.c.digest == digest, *_lives(now))).one_or_none()


def end_key(connection: Connection, name: str, now: datetime, *, revoked: bool, expires_at: datetime | None) -> int:
    """Revoke the living key of this name, or say when it expires; how many that is."""
    values: dict[str, Any] = {"revoked_at": now} if revoked else {"expires_at": expires_at}
    return connection.execute(update(api_key).where(api_key.c.name == name, *_lives(now)).values(**values)).rowcount


def note_use(connection: Connection, number: int, at: datetime) -> None:
    """Keep when a key was used last."""
    connection.execute(update(api_key).where(api_key.c.id == number).values(used_at=at))


def _lives(now: datetime) -> tuple[Any, ...]:
    return (api_key.c.revoked_at.is_(None), or_(api_key.c.expires_at.is_(None), api_key.c.expires_at > now))
