"""One daemon per home: a lock that ends with its process, however that ends."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from engine.errors import RipelineError


class HomeHeldError(RipelineError):
    """Another daemon works in this home."""


@contextmanager
def hold_home(path: Path, now: datetime) -> Iterator[None]:
    """Hold the home while the block runs.

    Raises:
        HomeHeldError: another process holds it; the text names it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o644), "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise HomeHeldError(_told(file.read())) from error
        file.truncate(0)
        json.dump({"pid": os.getpid(), "since": now.isoformat()}, file)
        file.flush()
        yield


def holder(path: Path) -> tuple[int, datetime] | None:
    """The process that holds the home and since when; None if nobody does."""
    if not path.exists():
        return None
    with path.open("r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return _holder(file.read())
    return None


def _holder(content: str) -> tuple[int, datetime]:
    """Who wrote this into its lock; a process that has not yet done so is nobody since ever."""
    try:
        found = json.loads(content)
        return int(found["pid"]), datetime.fromisoformat(found["since"])
    except (ValueError, KeyError, TypeError):
        return 0, datetime.fromtimestamp(0, UTC)


def _told(content: str) -> str:
    pid, since = _holder(content)
    who = f"pid {pid} since {since:%H:%M} UTC" if pid else "it is just starting"
    return (
        f"another daemon holds this home ({who}). Stop it, or use PostgreSQL for several nodes: docs/how-to/cluster.md"
    )
