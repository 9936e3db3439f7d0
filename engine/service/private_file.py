"""Files that hold people's data: whole or not there, and for their owner's eyes alone."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, TypeVar

from engine.errors import RipelineError

T = TypeVar("T")


def write_private(path: Path, content: bytes) -> None:
    """Write the file as a whole, with mode 0600.

    Raises:
        RipelineError: it cannot be written.
    """
    fill_private(path, lambda out: out.buffer.write(content))  # type: ignore[attr-defined]


def fill_private(path: Path, fill: Callable[[IO[str]], T]) -> T:
    """Let `fill` write the file, with mode 0600; it takes its name only when it is whole. What `fill` answers.

    Raises:
        RipelineError: it cannot be written.
    """
    draft = path.with_name(f".{path.name}.part")
    try:
        number = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), 0o600)
        with os.fdopen(number, "w", encoding="utf-8", newline="") as out:
            found = fill(out)
        draft.replace(path)
    except OSError as fault:
        raise RipelineError(f"{path} cannot be written: {fault.strerror or fault}") from fault
    finally:
        draft.unlink(missing_ok=True)
    return found
