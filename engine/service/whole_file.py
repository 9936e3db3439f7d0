"""Files of a home that take their new text as a whole, with the rights that they had, or keep the old one."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from engine.errors import RipelineError


def write_whole(path: Path, content: bytes) -> None:
    """Write the file; where it is a link, what that leads to.

    Raises:
        RipelineError: it cannot be written.
    """
    target = path.resolve()
    draft = target.with_name(f".{target.name}.part")
    try:
        with draft.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        if target.exists():
            shutil.copymode(target, draft)
        draft.replace(target)
    except OSError as fault:
        raise RipelineError(f"{path} cannot be written: {fault.strerror or fault}") from fault
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def with_ends_of(text: str, before: bytes) -> bytes:
    """The text with the line ends that the file had before."""
    return (text.replace("\n", "\r\n") if b"\r\n" in before else text).encode()
