"""One statement for many rows, written or read, its values converted column by column.

The toolkit converts row by row, which on the hot path costs more than the database does; instants, mostly the same one
in all rows, are worked out once each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

from sqlalchemy import Connection, Delete, Insert, Select, Update
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler

from engine.store.types import Instant

Statement = Insert | Update | Delete | Select[Any]
Process = Callable[[Any], Any]
KEPT = 256
"""Statements that are kept prepared: those of the hot path are built once, at import."""


@dataclass(frozen=True, slots=True)
class _Parameter:
    """One parameter: the rows' value `key`, or the statement's own where rows have none; and what the driver wants."""

    name: str
    key: str
    process: Process | None
    once: bool
    own: Callable[[], Any] | None

    def value(self, row: Mapping[str, Any]) -> Any:
        found = row[self.key] if self.own is None else self.own()
        return found if self.process is None else self.process(found)

    def values(self, rows: Sequence[Mapping[str, Any]]) -> Sequence[Any]:
        if self.own is not None:
            return list(repeat(self.value({}), len(rows)))
        key = self.key
        values = [row[key] for row in rows]
        return values if self.process is None else _each(self.process, values, once=self.once)


@dataclass(slots=True)
class _Prepared:
    """A statement in a dialect's words. `statement` is kept so that its identity stays its own; `results` are known
    once a first row has told the driver's types."""

    statement: Statement
    compiled: SQLCompiler
    sql: str
    positional: bool
    parameters: Sequence[_Parameter]
    results: Sequence[tuple[int, Process, bool]] | None = None


_prepared: dict[tuple[str, int, tuple[str, ...]], _Prepared] = {}


def run_many(connection: Connection, statement: Statement, rows: Sequence[Mapping[str, Any]]) -> int:
    """Execute the statement for every row; all rows have the same names. How many rows it touched."""
    if not rows:
        return 0
    prepared = _prepare(connection.dialect, statement, tuple(rows[0]))
    columns = [parameter.values(rows) for parameter in prepared.parameters]
    if prepared.positional:
        values: Any = list(zip(*columns, strict=True))
    else:
        names = [parameter.name for parameter in prepared.parameters]
        values = [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    return connection.exec_driver_sql(prepared.sql, values, execution_options=_WITH_COUNT).rowcount


_WITH_COUNT = {"preserve_rowcount": True}


def read_many(connection: Connection, query: Statement, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """All rows of a query (or of a statement that returns some) as plain tuples in the order of its columns."""
    prepared = _prepare(connection.dialect, query, tuple(values))
    given: Any = [parameter.value(values) for parameter in prepared.parameters]
    if not prepared.positional:
        given = dict(zip((parameter.name for parameter in prepared.parameters), given, strict=True))
    result = connection.exec_driver_sql(prepared.sql, tuple(given) if prepared.positional else given)
    cursor: Any = result.cursor
    rows, described = cursor.fetchall(), cursor.description
    result.close()
    return _converted(rows, described, prepared, connection.dialect)


def _converted(
    rows: Sequence[tuple[Any, ...]], described: Sequence[Any], prepared: _Prepared, dialect: Dialect
) -> list[tuple[Any, ...]]:
    """The rows as our types mean them; `described` has the driver's own types of the columns."""
    if not rows:
        return []
    if prepared.results is None:
        prepared.results = list(_result_processes(prepared.compiled, described, dialect))
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
    for place, process, once in prepared.results:
        columns[place] = _each(process, columns[place], once=once)
    return list(zip(*columns, strict=True))


def _result_processes(
    compiled: SQLCompiler, described: Sequence[Any], dialect: Dialect
) -> Iterator[tuple[int, Process, bool]]:
    for place, (found, column) in enumerate(zip(compiled._result_columns, described, strict=True)):
        process = found.type.dialect_impl(dialect).result_processor(dialect, column[1])
        if process is not None:
            yield place, process, isinstance(found.type, Instant)


def _each(process: Process, values: Sequence[Any], *, once: bool) -> list[Any]:
    """The values processed, equal ones `once` each if so wanted."""
    if once:
        known = {value: process(value) for value in set(values)}
        return [known[value] for value in values]
    return [process(value) for value in values]


def _prepare(dialect: Dialect, statement: Statement, names: tuple[str, ...]) -> _Prepared:
    key = (dialect.name, id(statement), names)
    found = _prepared.get(key)
    if found is None or found.statement is not statement:
        if len(_prepared) >= KEPT:
            _prepared.clear()
        compiled: Any = statement.compile(dialect=dialect, column_keys=list(names))
        places = compiled.positiontup or list(compiled.binds)
        parameters = [_parameter(compiled, dialect, name, frozenset(names)) for name in places]
        positional = compiled.positiontup is not None
        found = _prepared[key] = _Prepared(statement, compiled, str(compiled), positional, parameters)
    return found


def _parameter(compiled: SQLCompiler, dialect: Dialect, name: str, given: frozenset[str]) -> _Parameter:
    bound = compiled.binds[name]
    key = str(bound.key) if bound.key in given else str(bound._orig_key)
    process: Process | None = bound.type.dialect_impl(dialect).bind_processor(dialect)
    own = None if key in given else _own(compiled, key, bound)
    return _Parameter(name, key, process, isinstance(bound.type, Instant), own)


def _own(compiled: SQLCompiler, key: str, bound: Any) -> Callable[[], Any]:
    """What gives the value that rows need not name: a column's default, or what stands in the statement."""
    column: Any = next((column for column in compiled.insert_prefetch if column.key == key), None)
    if column is None:
        return lambda: bound.effective_value
    default = column.default
    return (lambda: default.arg(None)) if default.is_callable else (lambda: default.arg)
