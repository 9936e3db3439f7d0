"""Inserting many rows, with the answers that SQLite and PostgreSQL give alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Insert, Table
from sqlalchemy.dialects import postgresql, sqlite

from engine.store.many import run_many

Rows = Sequence[Mapping[str, Any]]


def insert_ignoring(connection: Connection, table: Table, rows: Rows, key: Sequence[str]) -> int:
    """Insert the rows that do not exist yet under the unique `key`; the others stay as they are. How many were new."""
    return run_many(connection, _ignoring(connection.dialect.name, table, tuple(key)), rows) if rows else 0


@cache
def _ignoring(dialect: str, table: Table, key: tuple[str, ...]) -> Insert:
    if dialect == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing(index_elements=list(key))
    return postgresql.insert(table).on_conflict_do_nothing(index_elements=list(key))
