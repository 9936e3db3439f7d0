"""Whose turn it is to write to SQLite, among the processes of a home.

SQLite has one writer at a time, and lets others ask again after rests that grow to a tenth of a second: while the
daemon decides lead after lead, a sender's gate would find the door open by luck only. So our own writers queue at a
locked file beside the database and ask every fraction of a millisecond. The file only orders them; what keeps writers
apart is SQLite's own lock, which also knows other programs.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL

SUFFIX = "-turn"
REST = 0.0002
"""Seconds between two questions."""
PATIENCE = 30.0
"""Seconds after which a writer goes on out of turn, as whoever has the turn may be stopped; SQLite then decides."""


@contextmanager
def in_turn(url: URL) -> Iterator[bool]:
    """Hold the turn to write while the block lasts, at once where the database orders its writers by itself.

    Yields whether it is ours; if not, the block goes on all the same.
    """
    if url.get_backend_name() != "sqlite" or not url.database:
        yield True
        return
    try:
        queue = os.open(url.database + SUFFIX, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:  # the folder is gone or full, which the database says better
        yield False
        return
    try:
        yield _waited(queue)
    finally:
        os.close(queue)


def _waited(queue: int) -> bool:
    until = time.monotonic() + PATIENCE
    while not _mine(queue):
        if time.monotonic() >= until:
            return False
        time.sleep(REST)
    return True


def _mine(queue: int) -> bool:
    try:
        fcntl.flock(queue, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
