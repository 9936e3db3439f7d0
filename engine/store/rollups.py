"""Roll-ups: rows that figures are added to and taken back from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table, Update, bindparam, update

from engine.store.inserts import insert_ignoring
from engine.store.many import run_many

Additions = Iterable[tuple[tuple[Any, ...], Mapping[str, float]]]
"""Keys of rows, and what is added to their columns; less than nothing takes away."""


def add_up(connection: Connection, table: Table, additions: Additions) -> int:
    """Add to the rows, and make those that are not there; how many rows changed. Equal keys are summed first."""
    columns = _columns(table)
    sums: dict[tuple[Any, ...], dict[str, float]] = {}
    for key, figures in additions:
        row = sums.setdefault(key, {})
        for name, number in figures.items():
            row[name] = row.get(name, 0) + number
    changed = {key: row for key, row in sums.items() if any(row.values())}
    if not changed:
        return 0
    names = [column.name for column in table.primary_key.columns]
    blank = dict.fromkeys(columns, 0)
    insert_ignoring(connection, table, [{**dict(zip(names, key, strict=True)), **blank} for key in changed], names)
    values = [
        {**{f"key_{name}": part for name, part in zip(names, key, strict=True)}, **_more(columns, row)}
        for key, row in changed.items()
    ]
    return run_many(connection, _adding(table), values)


def _columns(table: Table) -> Sequence[str]:
    return [column.name for column in table.columns if not column.primary_key]


def _more(columns: Sequence[str], row: Mapping[str, float]) -> dict[str, float]:
    return {f"more_{name}": row.get(name, 0) for name in columns}


@cache
def _adding(table: Table) -> Update:
    query = update(table).values({name: table.c[name] + bindparam(f"more_{name}") for name in _columns(table)})
    for column in table.primary_key.columns:
        query = query.where(column == bindparam(f"key_{column.name}", type_=column.type))
    return query
