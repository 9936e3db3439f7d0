"""A TOML file as plain values that know where they stand.

tomllib says what a text means, tree-sitter where each part of it is; together they make a tree of `Item`s, or the list
of every slip that keeps the text from being TOML.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from engine.authoring.toml_positions import Path, Positions, Range, Repeated, Spot, letter_places
from engine.authoring.toml_slips import Slip, blanked, read_values
from engine.errors import Place, Problem

LARGEST_FILE = 1_000_000
"""Bytes; a longer file is no campaign that somebody wrote."""

MOST_SLIPS = 20


@dataclass(frozen=True, eq=False)
class Item:
    """A value with the places of its key and of itself.

    `value` is plain (text, number, boolean, date, dict or list); `items` holds the same for what is inside, by key or
    by number.
    """

    value: object
    place: Place
    key: Place
    items: dict[str | int, Item] = field(default_factory=dict)
    raw: str = field(default="", repr=False)

    def get(self, key: str | int) -> Item | None:
        return self.items.get(key)

    def find(self, *path: str | int) -> Item:
        """The item at a path inside, or the last one on the way that exists."""
        item = self
        for key in path:
            if (inside := item.items.get(key)) is None:
                return item
            item = inside
        return item

    def entries(self) -> Iterator[tuple[str, Item]]:
        """The keys of a table with their items, in the order of the file."""
        return ((str(key), item) for key, item in self.items.items())

    def elements(self) -> Iterator[Item]:
        """The items of an array."""
        return iter(self.items.values())

    @property
    def is_table(self) -> bool:
        return isinstance(self.value, dict)

    def moved(self, problem: Problem) -> Problem:
        """A problem found in this text, with line and column counted in it alone, put at its place in the file."""
        text = str(self.value)
        place = problem.place
        offset = sum(len(line) + 1 for line in text.split("\n")[: place.line - 1]) + place.column - 1
        return replace(problem, place=self.letters(offset, place.width))

    def letters(self, offset: int, width: int = 1) -> Place:
        """The place of some characters of this text."""
        if not self.raw:
            return self.place
        places = letter_places(self.raw, self.place.line, self.place.column)
        first = places[min(offset, len(places) - 1)]
        last = places[min(offset + width, len(places) - 1)]
        on_one_line = first[0] == last[0]
        return Place(self.place.path, *first, width=max(1, last[1] - first[1]) if on_one_line else 1)


@dataclass(frozen=True, slots=True)
class Document:
    """A file that is TOML: its path as people know it, its text, and the tree of its values.

    `partial` says that a table was passed over because it is there twice.
    """

    path: str
    text: str
    root: Item
    partial: bool = False


def read_text(path: str, raw: bytes) -> str | Problem:
    """The text of a file: UTF-8, with or without a byte order mark, its lines ended by LF or CRLF."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Problem(
            "E001", "this file is UTF-16, and must be UTF-8", Place(path), 'save it with the encoding "UTF-8"'
        )
    if len(raw) > LARGEST_FILE:
        return Problem("E001", f"this file has {len(raw):,} bytes; at most {LARGEST_FILE:,} are read", Place(path))
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        return _not_utf8(path, raw, error.start)


def _not_utf8(path: str, raw: bytes, at: int) -> Problem:
    before = raw[:at].removeprefix(b"\xef\xbb\xbf").decode(errors="replace")
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    shown = raw[at : at + 1].decode("cp1252", errors="replace")
    message = f"this file is not UTF-8: the byte 0x{raw[at]:02X} ('{shown}' in Windows-1252) stands here"
    return Problem("E001", message, Place(path, line, column), 'save it with the encoding "UTF-8"')


def read_document(path: str, text: str) -> tuple[Document | None, list[Problem]]:
    """The values of a TOML text with their places, and every slip in it.

    Repeated keys and tables are reported and passed over; other slips leave no document.
    """
    positions = Positions(text).read()
    problems = [_told_twice(path, found) for found in positions.repeated]
    whole = text
    for found in positions.repeated:
        whole = blanked(whole, found.start, found.end)
    values = read_values(whole)
    if isinstance(values, Slip):
        slips = [values, *_further_slips(whole, values)]
        problems += [Problem(s.code, s.message, _place(path, whole, s.start, s.width), s.hint) for s in slips]
        return None, sorted(problems, key=lambda problem: problem.place)
    root = _build(path, values, positions.spots, (), Place(path, 1, 1), Place(path, 1, 1), "")
    partial = any(found.is_table for found in positions.repeated)
    return Document(path, text, root, partial), problems


def _further_slips(text: str, slip: Slip) -> Iterator[Slip]:
    """The slips behind the first one, each found without the statement of the one before."""
    for _ in range(MOST_SLIPS):
        if slip.blank is None:
            return
        text = blanked(text, *slip.blank)
        found = read_values(text)
        if not isinstance(found, Slip):
            return
        slip = found
        yield slip


def _told_twice(path: str, found: Repeated) -> Problem:
    name = ".".join(str(key) for key in found.path if isinstance(key, str))
    place = _at(path, found.range)
    if found.is_table and found.path[-1:] == ("step",):
        hint = f"write [[{name}]] above each step, with two brackets"
        return Problem("E013", f"[{name}] stands here a second time: steps are a list", place, hint)
    what = f"[{name}]" if found.is_table else f"'{found.path[-1]}'"
    hint = "join them under one header" if found.is_table else "keep one of them"
    return Problem("E007", f"{what} is written twice, first in line {found.first_line}", place, hint)


def _at(path: str, found: Range) -> Place:
    return Place(path, found.line, found.column, found.width)


def _place(path: str, text: str, start: int, width: int) -> Place:
    before = text[:start]
    return Place(path, before.count("\n") + 1, start - before.rfind("\n"), width)


def _build(path: str, value: object, spots: dict[Path, Spot], at: Path, place: Place, key: Place, raw: str) -> Item:
    inside: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        inside = list(value.items())
    elif isinstance(value, list):
        inside = list(enumerate(value))
    items: dict[str | int, Item] = {}
    for name, part in inside:
        spot = spots.get((*at, name))
        where = (_at(path, spot.value), _at(path, spot.key), spot.raw) if spot else (place, key, "")
        items[name] = _build(path, part, spots, (*at, name), *where)
    return Item(value, place, key, items, raw)
