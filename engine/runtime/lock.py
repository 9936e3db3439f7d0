"""One daemon per home: a lock that ends with its process, however that ends."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from engine.errors import RipelineError


class Holder(NamedTuple):
    """Who runs a home: its process, since when, and the digest of the `config.toml` that it read."""

    pid: int
    since: datetime
    config: str = ""


class HomeHeldError(RipelineError):
    """Another daemon works in this home."""


@contextmanager
def hold_home(path: Path, now: datetime, config: str = "") -> Iterator[None]:
    """Hold the home while the block runs; `config` is the digest of the config that this daemon works with.

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
        json.dump({"pid": os.getpid(), "since": now.isoformat(), "config": config}, file)
        file.flush()
        yield


def holder(path: Path) -> Holder | None:
    """The process that holds the home and since when; None if nobody does."""
    if not path.exists():
        return None
    with path.open("r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return _holder(file.read())
    return None


def _holder(content: str) -> Holder:
    """Who wrote this into its lock; a process that has not yet done so is nobody since ever."""
    try:
        found = json.loads(content)
        return Holder(int(found["pid"]), datetime.fromisoformat(found["since"]), found.get("config", ""))
    except (ValueError, KeyError, TypeError):
        return Holder(0, datetime.fromtimestamp(0, UTC))


def _told(content: str) -> str:
    pid, since, _ = _holder(content)
    who = f"pid {pid} since {since:%H:%M} UTC" if pid else "it is just starting"
    return (
        f"another daemon holds this home ({who}). Stop it, or use PostgreSQL for several nodes: docs/how-to/cluster.md"
    )
