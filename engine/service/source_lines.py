"""The lines of the files that problems point into."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engine.errors import Place


@dataclass
class Sources:
    """Reads each file of a home at most once; `texts` are known already, by path."""

    root: Path
    texts: Mapping[str, str]
    _lines: dict[str, list[str]] = field(default_factory=dict)

    def lines(self, path: str) -> list[str]:
        """The file's lines; none if it cannot be read."""
        if path not in self._lines:
            self._lines[path] = self._read(path).split("\n")
        return self._lines[path]

    def _read(self, path: str) -> str:
        if path in self.texts:
            return self.texts[path]
        file = self.root / path
        try:
            if not file.resolve().is_relative_to(self.root.resolve()):
                return ""
            return file.read_text("utf-8-sig", errors="replace")
        except OSError:
            return ""


def header_above(lines: Sequence[str], place: Place) -> int | None:
    """The number of the TOML header that a line stands under."""
    if not place.path.endswith(".toml"):
        return None
    above = range(min(place.line - 1, len(lines)), 0, -1)
    return next((number for number in above if lines[number - 1].lstrip().startswith("[")), None)
