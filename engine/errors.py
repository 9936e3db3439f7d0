"""What can go wrong, in the words of the person who will read it.

A `Problem` points at a place in a file that a person wrote. Everything else that a person must be told is a
`RipelineError`, whose text says what happened, what was expected and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in a text file: its path as the person knows it, line and column from 1; 0 means the whole file."""

    path: str
    line: int = 0
    column: int = 0
    width: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}" if self.line else self.path

    def inside(self, offset: int, width: int = 1) -> Place:
        """The place `offset` characters to the right on the same line."""
        return Place(self.path, self.line, self.column + offset, width)


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: where it is, a stable code, what was found or expected, and how to mend it.

    `hint` is a fix in one line ("did you mean 'lifecycle'?", "add exhausted = …").
    """

    code: str
    message: str
    place: Place
    hint: str = ""
    severity: Severity = Severity.ERROR

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR


class RipelineError(Exception):
    """An expected failure, told to a person as it stands; its text is a whole sentence."""

    exit_code = 1


class ProblemsError(RipelineError):
    """Files cannot be used; `problems` holds every mistake of every file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        first = self.problems[0]
        more = f" (and {len(self.problems) - 1} more)" if len(self.problems) > 1 else ""
        super().__init__(f"{first.place}  {first.code}  {first.message}{more}")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint naming the known word closest to `word`, or an empty string if none is near."""
    candidates = {name.casefold(): name for name in known}
    near = get_close_matches(word.casefold(), candidates, n=1, cutoff=0.6)
    return f"did you mean '{candidates[near[0]]}'?" if near else ""
