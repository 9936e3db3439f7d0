"""Loading many rows as fast as each database takes them: COPY on PostgreSQL, one prepared statement on SQLite."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, insert
from sqlalchemy.exc import IntegrityError

from engine.errors import RipelineError


class CollisionError(RipelineError):
    """Somebody else wrote the same unique value at this moment; the transaction is void, and may be tried again."""


def load_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same columns.

    Raises:
        CollisionError: a unique value exists already.
    """
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        _copy(connection, table, rows)
        return
    try:
        connection.execute(insert(table), list(rows))
    except IntegrityError as fault:
        raise CollisionError(f"{table.name}: {fault.orig}") from fault


def _copy(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    from psycopg import IntegrityError as DriverIntegrityError
    from psycopg import sql

    names = [column.name for column in table.columns if column.name in rows[0]]
    query = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.name), sql.SQL(",").join(map(sql.Identifier, names))
    )
    columns = [_bound(connection, table, name, rows) for name in names]
    driver: Any = connection.connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(query) as copy:
            for values in zip(*columns, strict=True):
                copy.write_row(values)
    except DriverIntegrityError as fault:
        raise CollisionError(f"{table.name}: {fault}") from fault


def _bound(connection: Connection, table: Table, name: str, rows: Sequence[Mapping[str, Any]]) -> Sequence[Any]:
    """One column's values as the driver wants them."""
    kind = table.columns[name].type.dialect_impl(connection.dialect)
    process: Callable[[Any], Any] | None = kind.bind_processor(connection.dialect)
    if process is None:
        return [row[name] for row in rows]
    return [process(row[name]) for row in rows]
