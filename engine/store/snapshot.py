"""A whole store as one SQLite file, taken while everybody works on, and a store filled from such a file.

The file is the same whichever database the store lives in, so a home can move from SQLite to PostgreSQL and back.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, func, inspect, select, text

from engine.store.bulk import load_rows
from engine.store.database import StoreError, migrate, open_store, reading, writing
from engine.store.schema import METADATA

CHUNK = 5_000
PAGES = 4_096
"""Of SQLite's pages copied between two reports of progress."""

Progress = Callable[[float], None]
"""Told the share that is done, 0 to 1."""


def tables() -> Sequence[Table]:
    """All tables, each behind those that it refers to."""
    return METADATA.sorted_tables


def take_snapshot(store: Engine, target: Path, progress: Progress | None = None) -> None:
    """Write the store as it is at one instant to a new file; writers are not held up.

    Raises:
        StoreError: the store is away, or the file cannot be written.
    """
    if store.dialect.name == "sqlite":
        _copy_file(Path(store.url.database or ""), target, progress)
    else:
        _copy_rows_out(store, target, progress)


def _copy_file(source: Path, target: Path, progress: Progress | None) -> None:
    def told(_status: int, left: int, total: int) -> None:
        if progress is not None and total:
            progress(1 - left / total)

    try:
        with closing(sqlite3.connect(source)) as frm, closing(sqlite3.connect(target)) as to:
            frm.execute("BEGIN")  # one instant: what others write meanwhile is not in it, and does not start it anew
            frm.execute("SELECT count(*) FROM home").fetchone()
            frm.backup(to, pages=PAGES, progress=told)
            to.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise StoreError(f"the store cannot be copied to {target.name}: {error}") from error


def _copy_rows_out(store: Engine, target: Path, progress: Progress | None) -> None:
    copy = open_store(f"sqlite:///{target}")
    migrate(copy)
    with closing(_disposing(copy)), store.connect().execution_options(isolation_level="REPEATABLE READ") as source:
        _transfer(source, copy, progress)
    with closing(sqlite3.connect(target)) as to:
        to.execute("PRAGMA journal_mode=DELETE")


def fill_from(snapshot: Path, store: Engine, progress: Progress | None = None) -> None:
    """Fill an empty store from a snapshot, and bring its schema up to date.

    Raises:
        StoreError: the store is not empty, or cannot be written.
    """
    if store.dialect.name == "sqlite":
        target = Path(store.url.database or "")
        if target.exists():
            raise StoreError(f"{target} is there already; a snapshot fills only a store that is not")
        target.parent.mkdir(parents=True, exist_ok=True)
        _copy_file(snapshot, target, progress)
        migrate(store)
        return
    migrate(store)
    if not is_empty(store):
        raise StoreError("the database is not empty; a snapshot fills only an empty one")
    source = open_store(f"sqlite:///{snapshot}")
    migrate(source)
    with closing(_disposing(source)), reading(source) as rows:
        _transfer(rows, store, progress)
    _count_on(store)


def is_empty(store: Engine) -> bool:
    """Whether no table of the store holds anything."""
    with reading(store) as connection:
        present = set(inspect(connection).get_table_names())
        return all(
            connection.scalar(select(func.count()).select_from(select(table).limit(1).subquery())) == 0
            for table in tables()
            if table.name in present
        )


def counts_of(snapshot: Path) -> Mapping[str, int]:
    """How many rows each table of a snapshot has."""
    with closing(sqlite3.connect(f"file:{snapshot}?mode=ro", uri=True)) as found:
        names = {row[0] for row in found.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        wanted = [table.name for table in tables() if table.name in names]
        return {name: found.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in wanted}  # noqa: S608


def faults_of(snapshot: Path) -> str:
    """What is wrong with a snapshot's file, in the database's words; empty if nothing is."""
    try:
        with closing(sqlite3.connect(f"file:{snapshot}?mode=ro", uri=True)) as found:
            answers = [row[0] for row in found.execute("PRAGMA integrity_check(3)")]
            orphans = found.execute("PRAGMA foreign_key_check").fetchmany(3)
    except sqlite3.Error as error:
        return str(error)
    if answers != ["ok"]:
        return "; ".join(answers)
    return f"rows that refer to nothing: {', '.join(str(row[0]) for row in orphans)}" if orphans else ""


def _transfer(source: Connection, target: Engine, progress: Progress | None) -> None:
    """All rows, table by table; each chunk in a commit of its own."""
    total = sum(source.scalar(select(func.count()).select_from(table)) or 0 for table in tables())
    done = 0
    for table in tables():
        for rows in _chunks(source, table):
            with writing(target) as connection:
                load_rows(connection, table, rows)
            done += len(rows)
            if progress is not None:
                progress(done / total)


def _chunks(source: Connection, table: Table) -> Iterator[Sequence[Mapping[str, Any]]]:
    found = source.execution_options(yield_per=CHUNK).execute(select(table).order_by(*table.primary_key.columns))
    rows = (dict(row) for row in found.mappings())
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _count_on(store: Engine) -> None:
    """PostgreSQL numbers new rows behind those that came with their numbers."""
    with writing(store) as connection:
        for table in tables():
            if "id" in table.columns:
                name = table.name
                last = f"(SELECT coalesce(max(id), 0) + 1 FROM {name})"  # noqa: S608
                connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), {last}, false)"))


class _disposing:  # noqa: N801 – it is read as a word
    """Closes an engine's connections at the end of a block."""

    def __init__(self, store: Engine) -> None:
        self._store = store

    def close(self) -> None:
        self._store.dispose()
