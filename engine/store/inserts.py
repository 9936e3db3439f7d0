"""Inserting many rows, with the answers that SQLite and PostgreSQL give alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, insert
from sqlalchemy.dialects import postgresql, sqlite

Rows = Sequence[Mapping[str, Any]]


def insert_returning_ids(connection: Connection, table: Table, rows: Rows) -> list[int]:
    """Insert the rows; their new numbers in the order of the rows."""
    query = insert(table).returning(table.c.id, sort_by_parameter_order=True)
    return [number for (number,) in connection.execute(query, list(rows))]


def insert_ignoring(connection: Connection, table: Table, rows: Rows, key: Sequence[str]) -> int:
    """Insert the rows that do not exist yet under the unique `key`; the others stay as they are. How many were new."""
    if not rows:
        return 0
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    query = dialect.insert(table).on_conflict_do_nothing(index_elements=list(key))
    # psycopg counts the rows of many inserts only when asked to
    found = connection.execute(query, list(rows), execution_options={"preserve_rowcount": True})
    return found.rowcount
