"""Places at which a process of the engine can be stopped or its database fail, hooked in from outside."""

from __future__ import annotations

import functools
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine.default import DefaultDialect

import engine.smtp.pool
from engine.smtp.wire import Wire
from tests.faults.daemons import THOROUGH

Reach = Callable[[str], None]
"""Told of each step as it is reached, by name; from any thread."""

WRITING = {"INSERT", "UPDATE", "DELETE"}


class Counted:
    """Counts steps, and does something at the nth of them."""

    def __init__(self, number: int, then: Reach) -> None:
        self.count = 0
        self._number = number
        self._then = then
        self._lock = threading.Lock()

    def __call__(self, step: str) -> None:
        with self._lock:
            self.count += 1
            is_it = self.count == self._number
        if is_it:
            self._then(step)


def _nothing(step: str) -> None:
    pass


# where


def watch_database(reach: Reach) -> None:
    """A step before and after each statement and each commit.

    Nothing durable happens between the end of a statement and the next one, so that everyday runs leave the former out.
    """
    event.listen(Engine, "before_cursor_execute", lambda *given: reach(f"before {_short(given[2])}"))
    if THOROUGH:
        event.listen(Engine, "after_cursor_execute", lambda *given: reach(f"after {_short(given[2])}"))
    watch_commits(reach, reach)


class OnlyWrites:
    """Tells only of steps that write, in a process of one thread: commits of what was only read are none."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._wrote = False

    def __call__(self, step: str) -> None:
        self._wrote |= step.split()[1] in WRITING
        if self._wrote:
            self._reach(step)
        self._wrote &= step != "after COMMIT"


def watch_commits(before: Reach = _nothing, after: Reach = _nothing) -> None:
    usual = DefaultDialect.do_commit

    def do_commit(dialect: Any, connection: Any) -> None:
        before("before COMMIT")
        usual(dialect, connection)
        after("after COMMIT")

    _replace(DefaultDialect, "do_commit", do_commit)


def watch_lines(reach: Reach) -> None:
    """A step around each session that is opened, each write to a line, and each packet that comes."""
    for name in ("write", "data_received"):
        _replace(Wire, name, _around(getattr(Wire, name), name, reach))
    for owner, name in ((Wire, "push"), (engine.smtp.pool, "open_session")):
        _replace(owner, name, _around_waiting(getattr(owner, name), name, reach))


def watch_bodies(database: Path, refuse: Callable[[int], None]) -> None:
    """Ask, as each mail's body leaves, whether others see on disk that it was admitted."""
    usual = Wire.push

    async def push(wire: Any, data: bytes, timeout: float) -> bool:
        if (number := _number_of(data)) and not _is_admitted(database, number):
            refuse(number)
        return await usual(wire, data, timeout)

    _replace(Wire, "push", push)


def watch_driver(reach: Reach) -> None:
    """A step at each statement that the driver is given, within it, so that `reach` may raise what a driver does; a
    commit is one, too."""
    for name in ("do_execute", "do_executemany", "do_execute_no_params"):
        event.listen(Engine, name, lambda *given: reach(_short(given[1])))
    watch_commits(before=reach)


class Room:
    """How many pages the database may have; the driver says that the disk is full beyond them."""

    def __init__(self, pages: int) -> None:
        self.pages = pages
        event.listen(Engine, "begin", self._limit)

    def _limit(self, connection: Any) -> None:
        connection.connection.dbapi_connection.execute(f"PRAGMA max_page_count = {self.pages}")


def _number_of(body: bytes) -> int:
    _, _, rest = body.partition(b"Message-ID: <")
    return int(rest.partition(b".")[0] or 0)


def _is_admitted(database: Path, number: int) -> bool:
    with closing(sqlite3.connect(database)) as connection:
        found = connection.execute("SELECT state FROM delivery WHERE id = ?", (number,)).fetchone()
    return bool(found == ("transmitting",))


def _short(statement: str) -> str:
    return " ".join(statement.split())[:60]


def _around(usual: Callable[..., Any], name: str, reach: Reach) -> Callable[..., Any]:
    @functools.wraps(usual)
    def around(*given: Any) -> Any:
        reach(f"before {name}")
        result = usual(*given)
        reach(f"after {name}")
        return result

    return around


def _around_waiting(usual: Callable[..., Any], name: str, reach: Reach) -> Callable[..., Any]:
    @functools.wraps(usual)
    async def around(*given: Any) -> Any:
        reach(f"before {name}")
        result = await usual(*given)
        reach(f"after {name}")
        return result

    return around


def _replace(owner: Any, name: str, replacement: Any) -> None:
    setattr(owner, name, replacement)
