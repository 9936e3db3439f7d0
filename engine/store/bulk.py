"""Loading many rows as fast as each database takes them: COPY on PostgreSQL, one prepared statement on SQLite."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import repeat
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Table, Text, any_, bindparam, func, insert, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import IntegrityError

from engine.errors import RipelineError
from engine.store.types import Instant


class CollisionError(RipelineError):
    """Somebody else wrote the same unique value at this moment; the transaction is void, and may be tried again."""


def load_rows(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    same: Mapping[str, Any] | None = None,
) -> None:
    """Insert rows that all have the same columns; `same` are values that all rows share. What is left out is NULL.

    Values are bound column by column: a million rows through the toolkit's row by row cost more than the insert itself.

    Raises:
        CollisionError: a unique value exists already.
    """
    if not rows:
        return
    shared = same or {}
    columns: dict[str, Iterable[Any]] = {}
    for column in table.columns:
        if column.name in shared:
            columns[column.name] = repeat(_bound(connection, table, column.name, [shared])[0], len(rows))
        elif column.name in rows[0]:
            columns[column.name] = _bound(connection, table, column.name, rows)
    names, values = list(columns), list(zip(*columns.values(), strict=True))
    if connection.dialect.name == "postgresql":
        _copy(connection, table, names, values)
    else:
        _insert(connection, table, names, values)


def _insert(connection: Connection, table: Table, names: Sequence[str], values: list[tuple[Any, ...]]) -> None:
    query = insert(table).values({name: bindparam(name) for name in names})
    compiled = query.compile(dialect=connection.dialect, column_keys=list(names))
    try:
        connection.exec_driver_sql(str(compiled), values)
    except IntegrityError as fault:
        raise CollisionError(f"{table.name}: {fault.orig}") from fault


def _copy(connection: Connection, table: Table, names: Sequence[str], values: list[tuple[Any, ...]]) -> None:
    from psycopg import IntegrityError as DriverIntegrityError
    from psycopg import sql

    query = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.name), sql.SQL(",").join(map(sql.Identifier, names))
    )
    driver: Any = connection.connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(query) as copy:
            for row in values:
                copy.write_row(row)
    except DriverIntegrityError as fault:
        raise CollisionError(f"{table.name}: {fault}") from fault


def _bound(connection: Connection, table: Table, name: str, rows: Sequence[Mapping[str, Any]]) -> Sequence[Any]:
    """One column's values as the driver wants them; instants, mostly the same one, are worked out once each."""
    kind = table.columns[name].type
    process: Callable[[Any], Any] | None = kind.dialect_impl(connection.dialect).bind_processor(connection.dialect)
    if process is None:
        return [row[name] for row in rows]
    if not isinstance(kind, Instant):
        return [process(row[name]) for row in rows]
    known = {value: process(value) for value in {row[name] for row in rows}}
    return [known[row[name]] for row in rows]


def among(connection: Connection, column: ColumnElement[str], values: Sequence[str]) -> ColumnElement[bool]:
    """Whether the column is one of these texts, given as a single parameter: thousands of them cost the toolkit more
    time than the database."""
    if connection.dialect.name == "postgresql":
        return column == any_(literal(list(values), ARRAY(Text)))
    given = func.json_each(orjson.dumps(list(values)).decode()).table_valued("value")
    return column.in_(select(given.c.value))
