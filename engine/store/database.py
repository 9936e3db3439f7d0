"""Opening a home's database, and keeping its schema at the newest version."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError

from engine.errors import RipelineError
from engine.store.turn import in_turn

Store = Engine
"""An open database, as everybody above the store sees it."""

BUSY_MILLISECONDS = 30_000
CHECKPOINT_PAGES = 4_000
"""The log is written back after 16 MB: pages that change with every mail are then written once for many."""
MIGRATIONS = Path(__file__).parent / "migrations"


class StoreError(RipelineError):
    """The database cannot be opened or used; the text says which and why, never a password."""


def open_store(url: str, home: Path | None = None) -> Engine:
    """An engine on the store: `sqlite:///path` (relative to the home) or `postgresql://…`.

    Raises:
        StoreError: the address is not one of a supported database, or its folder cannot be made.
    """
    try:
        parsed = make_url(url.replace("postgres://", "postgresql://", 1) if url.startswith("postgres://") else url)
    except ArgumentError as error:
        raise StoreError("'store' in config.toml is no database address, such as sqlite:///var/ripeline.db") from error
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed.database or "", home)
    if parsed.get_backend_name() == "postgresql":
        address = parsed.set(drivername="postgresql+psycopg")
        return create_engine(
            address,
            json_serializer=_dump,
            json_deserializer=orjson.loads,
            pool_pre_ping=True,
            hide_parameters=True,  # they hold addresses, and would stand in every traceback
        )
    raise StoreError(f"'{parsed.get_backend_name()}' is not a database Ripeline knows; use sqlite or postgresql")


def _sqlite(database: str, home: Path | None) -> Engine:
    path = Path(database)
    if home is not None and not path.is_absolute():
        path = home / path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"the store's folder {path.parent} cannot be made ({error.strerror})") from error
    engine = create_engine(
        f"sqlite:///{path}",
        json_serializer=_dump,
        json_deserializer=orjson.loads,
        connect_args={"timeout": BUSY_MILLISECONDS / 1000},
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """WAL lets readers go on while one writes; FULL makes a commit survive a power cut, as the promise needs.

    Transactions are begun by us, not by the driver, which would begin them too late for `BEGIN IMMEDIATE`.
    """
    connection.isolation_level = None
    cursor = connection.cursor()
    pragmas = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY", "cache_size=-65536")
    for pragma in (*pragmas, f"wal_autocheckpoint={CHECKPOINT_PAGES}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    """Take the write lock at once: a transaction that reads first and writes later cannot wait for it, only fail."""
    if not connection.get_execution_options().get("reads_only", False):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql("BEGIN")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads, and so waits for no writer on SQLite.

    Raises:
        StoreError: the database is away.
    """
    with _faults_told("read"), engine.connect().execution_options(reads_only=True) as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that is committed at the end, or rolled back when the block raises.

    Raises:
        StoreError: the database is away, full or locked by another program.
    """
    with _faults_told("written"), in_turn(engine.url), engine.begin() as connection:
        yield connection


@contextmanager
def _faults_told(what: str) -> Iterator[None]:
    """Faults of the database itself, which may pass, become `StoreError`; wrong statements stay what they are."""
    try:
        yield
    except DBAPIError as error:
        if error.connection_invalidated or isinstance(error, (OperationalError, InterfaceError)):
            raise StoreError(f"the database cannot be {what}: {_first_line(error)}") from error
        if _is_damaged(error):
            remedy = "stop what runs and restore the last backup: ripeline restore FILE"
            raise StoreError(f"the database is damaged and cannot be {what}: {_first_line(error)}; {remedy}") from error
        raise


def _is_damaged(error: DBAPIError) -> bool:
    """Whether SQLite says that its file is none, or that pages of it are not what they should be."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0] if error.orig and str(error.orig).strip() else type(error).__name__


def only_reading(engine: Engine) -> Engine:
    """The same store for whoever may only look: the database itself refuses every write of these connections."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _refuse_writes)
        return engine
    return engine.execution_options(postgresql_readonly=True)


def _refuse_writes(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA query_only=ON")


def is_newest(engine: Engine) -> bool:
    """Whether the store's schema is the newest, so that it can be read as it is.

    Raises:
        StoreError: the database is away.
    """
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with reading(engine) as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    return found == ScriptDirectory.from_config(config).get_current_head()


def migrate(engine: Engine) -> None:
    """Bring the schema to the newest version; safe to call at every start, by several processes at once.

    Raises:
        StoreError: the database cannot be opened, or is away.
    """
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with _faults_told(f"opened ({engine.url.render_as_string()})"), engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7479010325)")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _dump(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS, default=str).decode()
