"""When a new log file begins, as `[logs] rotate` says it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SIZE = re.compile(r"(\d{1,6}) ?(KB|MB|GB)", re.IGNORECASE)
_UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9}
LEAST = 10_000


@dataclass(frozen=True, slots=True)
class Rotation:
    """Daily at midnight UTC, or when a file would grow beyond `size` bytes."""

    size: int = 0

    @property
    def is_daily(self) -> bool:
        return not self.size


def parse_rotation(text: str) -> Rotation | str:
    """The rotation that a text means, or what is wrong with it."""
    words = " ".join(text.split())
    if words.casefold() == "daily":
        return Rotation()
    found = _SIZE.fullmatch(words)
    if found is None:
        return f'\'{text}\' does not say when a log file is full: write "daily", or a size such as "50 MB"'
    size = int(found[1]) * _UNITS[found[2].upper()]
    if size < LEAST:
        return f"'{text}' is too small for a log file: write 10 KB or more"
    return Rotation(size)
