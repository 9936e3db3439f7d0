"""Where a template's text comes from, so that a refusal can point at what its author wrote."""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import Place


class RefusedError(Exception):
    """The template asks for something that it may not have or that does not exist."""

    def __init__(self, code: str, message: str, place: Place, hint: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.place, self.hint = code, message, place, hint


@dataclass
class Origin:
    """The file whose expressions are being worked out."""

    path: str
    lines: list[str]
    shown: str
    first_line: int = 1
    first_column: int = 1

    def place(self, line: int, needle: str = "") -> Place:
        """The place of `needle` on a line of the body, counted in the file as it lies on disk."""
        text = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        column = text.find(needle) if needle else len(text) - len(text.lstrip())
        offset = self.first_column - 1 if line == 1 else 0
        return Place(self.shown, line + self.first_line - 1, max(column, 0) + 1 + offset, max(len(needle), 1))
