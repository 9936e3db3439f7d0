"""One statement for many rows, written or read, its values converted column by column.

The toolkit converts row by row, which on the hot path costs more than the database does; instants, mostly the same one
in all rows, are worked out once each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import repeat
from typing import Any

from sqlalchemy import Connection, Delete, Insert, Select, Update
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler

from engine.store.types import Instant

Statement = Insert | Update | Delete | Select[Any]
_compiled: dict[tuple[str, int, tuple[str, ...]], tuple[Statement, SQLCompiler]] = {}
KEPT = 256
"""Statements that are kept compiled: those of the hot path are built once, at import."""


def run_many(connection: Connection, statement: Statement, rows: Sequence[Mapping[str, Any]]) -> int:
    """Execute the statement for every row; all rows have the same names. How many rows it touched."""
    if not rows:
        return 0
    compiled = _compile(connection.dialect, statement, tuple(rows[0]))
    names = compiled.positiontup or list(compiled.binds)
    columns = [_column(compiled, connection.dialect, name, rows) for name in names]
    if compiled.positiontup is not None:
        values: Any = list(zip(*columns, strict=True))
    else:
        values = [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    options = {"preserve_rowcount": True}
    return connection.exec_driver_sql(str(compiled), values, execution_options=options).rowcount


def read_many(connection: Connection, query: Statement, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """All rows of a query (or of a statement that returns some) as plain tuples in the order of its columns."""
    compiled = _compile(connection.dialect, query, tuple(values))
    names = compiled.positiontup or list(compiled.binds)
    given = [_column(compiled, connection.dialect, name, [values])[0] for name in names]
    parameters: Any = tuple(given) if compiled.positiontup is not None else dict(zip(names, given, strict=True))
    result = connection.exec_driver_sql(str(compiled), parameters)
    cursor: Any = result.cursor
    rows, codes = cursor.fetchall(), [described[1] for described in cursor.description]
    result.close()
    return _converted(rows, codes, compiled, connection.dialect)


def _converted(
    rows: Sequence[tuple[Any, ...]], codes: Sequence[Any], compiled: SQLCompiler, dialect: Dialect
) -> list[tuple[Any, ...]]:
    """The rows as our types mean them; `codes` are the driver's own types of the columns."""
    if not rows:
        return []
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
    for place, (found, code) in enumerate(zip(compiled._result_columns, codes, strict=True)):
        process = found.type.dialect_impl(dialect).result_processor(dialect, code)
        if process is not None:
            columns[place] = _each(process, columns[place], found.type)
    return list(zip(*columns, strict=True))


def _each(process: Callable[[Any], Any], values: Sequence[Any], kind: object) -> list[Any]:
    if isinstance(kind, Instant):
        known = {value: process(value) for value in set(values)}
        return [known[value] for value in values]
    return [process(value) for value in values]


def _compile(dialect: Dialect, statement: Statement, names: tuple[str, ...]) -> SQLCompiler:
    key = (dialect.name, id(statement), names)
    found = _compiled.get(key)
    if found is None or found[0] is not statement:
        if len(_compiled) >= KEPT:
            _compiled.clear()
        compiled: Any = statement.compile(dialect=dialect, column_keys=list(names))
        found = _compiled[key] = (statement, compiled)
    return found[1]


def _column(compiled: SQLCompiler, dialect: Dialect, name: str, rows: Sequence[Mapping[str, Any]]) -> Sequence[Any]:
    """One parameter's values as the driver wants them: those of the rows, or the statement's own."""
    bound = compiled.binds[name]
    key = str(bound._orig_key) if bound.key not in rows[0] else str(bound.key)
    process: Callable[[Any], Any] | None = bound.type.dialect_impl(dialect).bind_processor(dialect)
    if key not in rows[0]:
        own = _default(compiled, key) if key in _left_out(compiled) else bound.effective_value
        return list(repeat(process(own) if process else own, len(rows)))
    values = [row[key] for row in rows]
    return values if process is None else _each(process, values, bound.type)


def _left_out(compiled: SQLCompiler) -> set[str]:
    """Columns that rows need not name, as they have a default of their own."""
    return {column.key for column in compiled.insert_prefetch}


def _default(compiled: SQLCompiler, key: str) -> Any:
    column: Any = next(column for column in compiled.insert_prefetch if column.key == key)
    return column.default.arg(None) if column.default.is_callable else column.default.arg
