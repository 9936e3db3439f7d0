"""Where a store is, and how far it has come: what tells it from a restored, cloned or failed-over one."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, text

from engine.domain.witness import Mark
from engine.store.bundles import home_value, set_home_value

IDENTITY, EPOCH, WITNESSED = "identity", "epoch", "witnessed"


def mark_of(connection: Connection, now: datetime) -> Mark:
    """The store as it stands."""
    on_server = connection.dialect.name == "postgresql"
    return Mark(
        home_value(connection, IDENTITY) or "",
        int(home_value(connection, EPOCH) or 0),
        _server(connection) if on_server else _file(connection),
        attempts_made(connection),
        now,
        connection.scalar(text("SELECT clock_timestamp()")) if on_server else None,
    )


def attempts_made(connection: Connection) -> int:
    """The number of the last attempt that was recorded; it never goes down, also when attempts are deleted."""
    if connection.dialect.name == "postgresql":
        query = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM attempt_id_seq"
    else:
        query = "SELECT seq FROM sqlite_sequence WHERE name = 'attempt'"
    return int(connection.scalar(text(query)) or 0)


def confirm(connection: Connection) -> None:
    """A person has looked: what homes knew of this store before does not count any more."""
    set_home_value(connection, EPOCH, str(int(home_value(connection, EPOCH) or 0) + 1))


def is_witnessed(connection: Connection) -> bool:
    """Whether some home keeps marks of this store."""
    return home_value(connection, WITNESSED) is not None


def set_witnessed(connection: Connection) -> None:
    set_home_value(connection, WITNESSED, "1")


def _file(connection: Connection) -> str:
    """The file's number in its file system: a copy has another one."""
    path = connection.engine.url.database
    found = Path(path) if path else None
    return f"file {found.stat().st_ino}" if found is not None and found.is_file() else ""


def _server(connection: Connection) -> str:
    """The cluster, its timeline (another one after a failover) and the database, as far as this role may ask."""
    may = "SELECT has_function_privilege('pg_control_system()', 'execute')"
    if not connection.scalar(text(may)):
        return f"database {connection.scalar(text(_DATABASE))}"
    system = connection.scalar(text("SELECT system_identifier FROM pg_control_system()"))
    timeline = connection.scalar(text("SELECT timeline_id FROM pg_control_checkpoint()"))
    return f"cluster {system}, timeline {timeline}, database {connection.scalar(text(_DATABASE))}"


_DATABASE = "SELECT oid FROM pg_database WHERE datname = current_database()"
