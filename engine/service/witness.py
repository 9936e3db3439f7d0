"""The home's own record of how far its store had come, kept in files outside of it: `var/witness/<process>.json`.

Every process that sends or decides keeps one, renewed at most once a second, so that hardly anything that was sent is
missing from it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from engine.domain.witness import Mark, doubt
from engine.service.home import Home
from engine.store.database import reading, writing
from engine.store.standing import attempts_made, is_witnessed, mark_of, set_witnessed

FOLDER = "witness"
RENEWED = timedelta(seconds=1)


class Witness:
    """One process's mark of the store, and what all processes of the home have noted before."""

    def __init__(self, home: Home, process: str) -> None:
        self._home = home
        self._folder = home.var / FOLDER
        self._file = self._folder / f"{process}.json"
        self._last: Mark | None = None

    def doubt(self) -> str:
        """Why the store or the clock is not to be trusted; empty, and noted, if they are.

        Reads every file: asked when a process starts, and by each tick.
        """
        assert self._home.identity, "a store has its name before it is witnessed"
        with reading(self._home.store) as connection:
            found = mark_of(connection, self._home.clock.now())
            why = doubt(self._known(), found, witnessed=is_witnessed(connection))
        if not why:
            self._note(found)
        return why

    def is_behind(self, connection: Any) -> bool:
        """Whether the store has fewer attempts on record than this process saw: asked before each claim, so cheap."""
        return self._last is not None and attempts_made(connection) < self._last.attempts

    def renew(self, now: datetime) -> None:
        """Note how far the store has come, if that was not done within the last second.

        Called after a commit, never within one: what is noted must not be ahead of what a crash leaves.
        """
        last = self._last
        if last is None or now - last.at < RENEWED:
            return
        with reading(self._home.store) as connection:
            attempts = attempts_made(connection)
        self._write(msgspec.structs.replace(last, attempts=attempts, at=now))

    def _note(self, found: Mark) -> None:
        """The file comes first: a store that says it is witnessed where there is no file yet would look cloned."""
        self._write(found)
        with reading(self._home.store) as connection:
            known = is_witnessed(connection)
        if not known:
            with writing(self._home.store) as connection:
                set_witnessed(connection)

    def _write(self, mark: Mark) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        draft = self._file.with_suffix(f".{os.getpid()}")
        with draft.open("wb") as file:
            file.write(msgspec.json.encode(mark))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._file)
        self._last = mark

    def _known(self) -> Iterator[Mark]:
        """What this home's processes have noted; a file that cannot be read says nothing."""
        for path in sorted(self._folder.glob("*.json")) if self._folder.is_dir() else ():
            mark = _read(path)
            if mark is not None:
                yield mark


def _read(path: Path) -> Mark | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Mark)
    except (OSError, msgspec.DecodeError):
        return None
