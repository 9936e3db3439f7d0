"""Reads a table key by key: each key is asked for with the kind of value it holds, every mistake is noted, and what
nobody asked for is unknown.

A converter takes an item and gives its value, or notes a problem and gives None.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Protocol, TypeVar, overload

from engine.authoring.toml_source import Item
from engine.errors import Place, Problem, Severity, did_you_mean

T = TypeVar("T")
C_co = TypeVar("C_co", covariant=True)


@dataclass(slots=True)
class Notes:
    """The problems of one file, gathered while it is read."""

    problems: list[Problem] = field(default_factory=list)

    def error(self, code: str, place: Place, message: str, hint: str = "") -> None:
        self.problems.append(Problem(code, message, place, hint))

    def warning(self, code: str, place: Place, message: str, hint: str = "") -> None:
        self.problems.append(Problem(code, message, place, hint, Severity.WARNING))

    def extend(self, problems: Iterable[Problem]) -> None:
        self.problems.extend(problems)

    def wrong_type(self, item: Item, expected: str, hint: str = "") -> None:
        self.error("E012", item.place, f"expected {expected}, found {found_kind(item.value)}", hint)


class Converter(Protocol[C_co]):
    """Gives the value of an item, or notes a problem and gives None."""

    def __call__(self, item: Item, notes: Notes, /) -> C_co | None: ...


class Table:
    """One table of a file while it is read; `what` names it in messages: "a step", "[company]"."""

    def __init__(self, item: Item, notes: Notes, what: str) -> None:
        self.item = item
        self.notes = notes
        self.what = what
        self.asked: list[str] = []
        self.lacks: dict[str, str] = {}

    def __contains__(self, key: str) -> bool:
        return key in self.item.items

    @overload
    def get(self, key: str, convert: Converter[T]) -> T | None: ...

    @overload
    def get(self, key: str, convert: Converter[T], default: T) -> T: ...

    def get(self, key: str, convert: Converter[T], default: T | None = None) -> T | None:
        """The value of a key that may be missing; the default also where the value is wrong, which is noted."""
        self.asked.append(key)
        found = self.item.get(key)
        if found is None:
            return default
        value = convert(found, self.notes)
        return default if value is None else value

    def need(self, key: str, convert: Converter[T], example: str) -> T | None:
        """The value of a key that must be there; `finish` notes it where it is not."""
        self.asked.append(key)
        found = self.item.get(key)
        if found is None:
            self.lacks[key] = example
            return None
        return convert(found, self.notes)

    def unknown(self) -> Iterator[tuple[str, Item]]:
        """The keys that nobody asked for."""
        return ((key, item) for key, item in self.item.entries() if key not in self.asked)

    def finish(self, elsewhere: Mapping[str, str] | None = None) -> None:
        """Note every key that nobody asked for, and every one that is missing.

        `elsewhere` says of known keys where they belong. A missing key is not noted if one looks like it was meant so.
        """
        unknown = [key for key, _ in self.unknown()]
        for key, example in self.lacks.items():
            if not any(did_you_mean(other, [key]) for other in unknown):
                self.notes.error("E011", self.item.place, f"{self.what} has no '{key}'", f"add  {key} = {example}")
        for key, item in self.unknown():
            belongs = (elsewhere or {}).get(key)
            near = did_you_mean(key, self.asked)
            if belongs and not near:
                self.notes.error("E013", item.key, f"'{key}' does not belong into {self.what}", belongs)
            else:
                hint = near or f"there are: {', '.join(sorted(set(self.asked)))}"
                self.notes.error("E010", item.key, f"{self.what} knows no '{key}'", hint)


def found_kind(value: object) -> str:
    """What stands there, in the words of people."""
    match value:
        case bool():
            return "true or false" if value is None else str(value).lower()
        case str():
            return f"the text '{value}'" if len(value) <= 40 else "a text"
        case int() | float():
            return f"the number {value}"
        case datetime() | date() | time():
            return f"the date {value}" if not isinstance(value, time) else f"the time {value}"
        case list():
            return "a list [ ]"
        case dict():
            return "a table"
    return type(value).__name__


def text(item: Item, notes: Notes) -> str | None:
    """A text that is not empty."""
    if not isinstance(item.value, str):
        notes.wrong_type(item, "a text in quotes", _in_quotes(item.value))
        return None
    if not item.value.strip():
        notes.error("E014", item.place, "this text is empty", "write something, or take the key out")
        return None
    return item.value


def line(item: Item, notes: Notes) -> str | None:
    """A text of one line without control characters, fit for a header."""
    value = text(item, notes)
    if value is not None and any(ord(char) < 32 or ord(char) == 127 for char in value):
        notes.error("E014", item.place, "this text must be one line without control characters")
        return None
    return value


def flag(item: Item, notes: Notes) -> bool | None:
    if isinstance(item.value, bool):
        return item.value
    says = str(item.value).casefold()
    notes.wrong_type(item, "true or false", f"write {says} without quotes" if says in ("true", "false") else "")
    return None


def whole(low: int, high: int) -> Converter[int]:
    """A whole number within bounds."""

    def convert(item: Item, notes: Notes) -> int | None:
        if not isinstance(item.value, int) or isinstance(item.value, bool):
            hint = f"write {item.value} without quotes" if _says_number(item.value) else ""
            notes.wrong_type(item, f"a whole number from {low} to {high}", hint)
            return None
        if not low <= item.value <= high:
            notes.error("E014", item.place, f"{item.value} is not within {low} to {high}")
            return None
        return item.value

    return convert


def choice(*words: str) -> Converter[str]:
    """One of some words."""

    def convert(item: Item, notes: Notes) -> str | None:
        value = text(item, notes)
        if value is None or value in words:
            return value
        listed = ", ".join(f'"{word}"' for word in words)
        notes.error("E014", item.place, f"'{value}' is not one of {listed}", did_you_mean(value, words))
        return None

    return convert


def each(convert: Converter[T], example: str = '["…", "…"]') -> Converter[tuple[T, ...]]:
    """A list whose elements are all of one kind."""

    def convert_all(item: Item, notes: Notes) -> tuple[T, ...] | None:
        if not isinstance(item.value, list):
            notes.wrong_type(item, "a list in [ ]", f"write {example}")
            return None
        found = [convert(element, notes) for element in item.elements()]
        return tuple(value for value in found if value is not None)

    return convert_all


def table(item: Item, notes: Notes) -> Item | None:
    """A table, to be read further by the caller."""
    if item.is_table:
        return item
    notes.wrong_type(item, "a table", "write { key = value }, or a header [name] above its keys")
    return None


def _in_quotes(value: object) -> str:
    if isinstance(value, (bool, int, float)):
        return f'write "{str(value).lower() if isinstance(value, bool) else value}"'
    return f'write "{value}"' if isinstance(value, (date, time)) else ""


def _says_number(value: object) -> bool:
    return isinstance(value, str) and value.strip().lstrip("-").isdecimal()
