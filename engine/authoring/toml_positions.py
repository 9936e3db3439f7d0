"""Where every key and every value of a TOML text stands, from tree-sitter's tree; what they are is tomllib's business.

Places are given in characters, from 1, as editors count them; a tab is one character.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """A stretch of one line: line and column from 1, and how many characters."""

    line: int
    column: int
    width: int


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a key stands and where its value does; `raw` is a text as it was typed, with its quotes.

    A table that has a header stands there: `[stage.aware]`.
    """

    key: Range
    value: Range
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Repeated:
    """A key or a table that is written a second time: the first line of it, and the characters of the repetition."""

    path: Path
    range: Range
    first_line: int
    start: int
    end: int
    is_table: bool


@dataclass(slots=True)
class Positions:
    """The spots of one text by path, and what is written twice in it."""

    text: str
    spots: dict[Path, Spot] = field(default_factory=dict)
    repeated: list[Repeated] = field(default_factory=list)
    _arrays: dict[Path, int] = field(default_factory=dict)
    _headers: dict[Path, int] = field(default_factory=dict)
    _lines: list[bytes] = field(default_factory=list)
    _plain: bool = False

    def read(self) -> Positions:
        source = self.text.encode()
        self._lines = source.split(b"\n")
        self._plain = self.text.isascii()  # bytes and characters are the same
        for node in parser().parse(source).root_node.children:
            self._statement(node, ())
        return self

    def _statement(self, node: Node, under: Path) -> None:
        match node.type:
            case "pair":
                self._pair(node, under)
            case "table" | "table_array_element":
                self._table(node)

    def _table(self, node: Node) -> None:
        keys = [child for child in node.children if child.type in _KEYS]
        closing = next((child for child in node.children if child.type in ("]", "]]")), None)
        if not keys or closing is None:
            return
        header = self._range(node, closing)
        path = self._header_path(_leaves(keys[0]), header, is_array=node.type != "table")
        if node.type == "table":
            if path in self._headers:
                self._repeat(path, header, self._headers[path], node, is_table=True)
                return
            self._headers[path] = header.line
        for child in node.children:
            self._statement(child, path)

    def _header_path(self, leaves: list[Node], header: Range, *, is_array: bool) -> Path:
        path: Path = ()
        for number, leaf in enumerate(leaves):
            path += (_key_text(leaf),)
            last = number == len(leaves) - 1
            if last or path not in self.spots:
                self.spots[path] = Spot(self._range(leaf), header)
            if last and is_array:
                self._arrays[path] = self._arrays.get(path, 0) + 1
            if path in self._arrays and (is_array or not last):
                path += (self._arrays[path] - 1,)
                self.spots.setdefault(path, Spot(self._range(leaf), header))
        return path

    def _pair(self, node: Node, under: Path) -> None:
        parts = [child for child in node.children if child.type != "comment"]  # one may follow in the same line
        if len(parts) < 3:
            return
        key, value = parts[0], parts[-1]
        path = under
        for leaf in _leaves(key):
            path += (_key_text(leaf),)
            self.spots.setdefault(path, Spot(self._range(leaf), self._range(value)))
        spot = Spot(self._range(_leaves(key)[-1]), self._range(value), self._raw(value))
        if path in self._headers:
            self._repeat(path, spot.key, self._headers[path], node, is_table=False)
            return
        self._headers[path] = spot.key.line
        self.spots[path] = spot
        self._inside(value, path)

    def _inside(self, value: Node, path: Path) -> None:
        if value.type == "inline_table":
            for child in value.children:
                self._statement(child, path)
        elif value.type == "array":
            elements = [child for child in value.named_children if child.type != "comment"]
            for number, element in enumerate(elements):
                place = self._range(element)
                self.spots[(*path, number)] = Spot(place, place, self._raw(element))
                self._inside(element, (*path, number))

    def _repeat(self, path: Path, place: Range, first: int, node: Node, *, is_table: bool) -> None:
        source_start, source_end = node.start_byte, node.end_byte
        whole = self.text.encode()
        start, end = len(whole[:source_start].decode()), len(whole[:source_end].decode())
        before = self.text[:start].rstrip(" \t")
        if before.endswith(","):  # within { }, where a comma cannot stay behind alone
            start = len(before) - 1
        self.repeated.append(Repeated(path, place, first, start, end, is_table))

    def _raw(self, node: Node) -> str:
        return (node.text or b"").decode() if node.type == "string" else ""

    def _range(self, first: Node, last: Node | None = None) -> Range:
        """The stretch from one node to the end of another, or of the line."""
        row, start = first.start_point
        end_row, end = (last or first).end_point
        if self._plain and end_row == row:
            return Range(row + 1, start + 1, max(1, end - start))
        line = self._lines[row]
        stop = end if end_row == row else len(line)
        column = len(line[:start].decode())
        return Range(row + 1, column + 1, max(1, len(line[:stop].decode().rstrip("\r")) - column))


_KEYS = ("bare_key", "quoted_key", "dotted_key")


@cache
def parser() -> Parser:
    """Reads TOML into a tree of nodes with places; made once, because loading its grammar takes time."""
    import tree_sitter_toml
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_toml.language()))


def _leaves(key: Node) -> list[Node]:
    """The parts of a dotted key, from left to right."""
    if key.type != "dotted_key":
        return [key]
    return [leaf for child in key.children if child.type in _KEYS for leaf in _leaves(child)]


def key_path(key: Node) -> tuple[str, ...]:
    """The names that a key or a header's key consists of."""
    return tuple(_key_text(leaf) for leaf in _leaves(key))


def _key_text(leaf: Node) -> str:
    raw = (leaf.text or b"").decode()
    if leaf.type == "bare_key":
        return raw
    if "\\" not in raw:
        return raw[1:-1]
    return next(iter(tomllib.loads(f"{raw} = 0")))


def letter_places(raw: str, line: int, column: int) -> list[tuple[int, int]]:
    """The line and column of every character of the text that a TOML string means, and of its end."""
    fence = raw[:3] if raw[:3] in ('"""', "'''") else raw[:1]
    places: list[tuple[int, int]] = []
    position = _Cursor(raw, line, column)
    position.skip(len(fence))
    if len(fence) == 3 and position.char == "\n":
        position.skip(1)
    while position.index < len(raw) - len(fence):
        if position.char == "\\" and fence[0] == '"':
            if (length := _escape_length(raw, position.index)) == 0:
                position.skip(1 + len(raw[position.index + 1 :]) - len(raw[position.index + 1 :].lstrip()))
                continue
            places.append((position.line, position.column))
            position.skip(length)
        else:
            places.append((position.line, position.column))
            position.skip(1)
    return [*places, (position.line, position.column)]


@dataclass(slots=True)
class _Cursor:
    text: str
    line: int
    column: int
    index: int = 0

    @property
    def char(self) -> str:
        return self.text[self.index : self.index + 1]

    def skip(self, count: int) -> None:
        for char in self.text[self.index : self.index + count]:
            self.line, self.column = (self.line + 1, 1) if char == "\n" else (self.line, self.column + 1)
        self.index += count


def _escape_length(raw: str, at: int) -> int:
    """How many characters an escape takes; 0 for a backslash that joins lines."""
    following = raw[at + 1 : at + 2]
    if following.isspace():
        return 0
    return {"u": 6, "U": 10}.get(following, 2)
