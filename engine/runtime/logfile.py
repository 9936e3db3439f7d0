"""Logs in files: each process writes into one of its own, and begins a new one by itself.

Files of their own need no lock and no second program: two processes that rename one file take lines, or a whole day,
from each other. A process that a person started without a daemon logs to standard error.
"""

from __future__ import annotations

import logging
from logging.handlers import RotatingFileHandler, TimedRotatingFileHandler
from pathlib import Path

from engine.config.model import Logs
from engine.config.rotation import Rotation, parse_rotation
from engine.errors import RipelineError

DAEMON = "daemon"


def log_file(logs: Logs, home: Path, process: str) -> logging.Handler | None:
    """Where a process of this name logs to: `daemon`, `sender-1`, …; None for standard error.

    Raises:
        RipelineError: the file cannot be written, or config does not say when it is full.
    """
    if not logs.file or not process:
        return None
    rotation = parse_rotation(logs.rotate)
    if isinstance(rotation, str):
        raise RipelineError(f"config.toml, logs.rotate: {rotation}")
    path = file_of(home / logs.file, process)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return _handler(path, rotation, logs.keep)
    except OSError as error:
        raise RipelineError(f"the log file {path} cannot be written ({error.strerror}); see [logs] file") from error


def file_of(path: Path, process: str) -> Path:
    """The file of one process: that of the daemon is `path`, that of a child stands beside it with the child's name."""
    return path if process == DAEMON else path.with_name(f"{path.stem}-{process}{path.suffix}")


def _handler(path: Path, rotation: Rotation, keep: int) -> logging.Handler:
    if rotation.is_daily:
        return TimedRotatingFileHandler(path, "midnight", backupCount=keep, encoding="utf-8", utc=True)
    return RotatingFileHandler(path, maxBytes=rotation.size, backupCount=keep, encoding="utf-8")
