"""What marketing and sales agreed on, each version since when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from engine.store.sales_tables import DefinitionRow

definition = DefinitionRow.__table__  # type: ignore[attr-defined]


def current_definition(connection: Connection, name: str) -> str:
    """The newest version; empty if there never was one."""
    query = select(definition.c.value).where(definition.c.name == name).order_by(definition.c.id.desc()).limit(1)
    return connection.scalar(query) or ""


def definition_since(connection: Connection, name: str) -> datetime | None:
    """Since when the newest version is in force."""
    query = select(definition.c.since).where(definition.c.name == name).order_by(definition.c.id.desc()).limit(1)
    found: datetime | None = connection.scalar(query)
    return found


def note_definition(connection: Connection, name: str, value: str, now: datetime) -> bool:
    """Write a version down if it is not the newest one already; whether it was new."""
    if current_definition(connection, name) == value:
        return False
    connection.execute(definition.insert(), {"name": name, "value": value, "since": now})
    return True
