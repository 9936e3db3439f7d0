"""The layout of TOML files: one way to write blanks, equals signs and comments, whatever the author's hand did.

The tree is tree-sitter's; order, values and comments stay what they are. `laid_out` proves it on each text before it
answers.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from engine.authoring.toml_positions import parser
from engine.authoring.toml_values import Written, comment_text, key_text, value_lines

if TYPE_CHECKING:
    from tree_sitter import Node

COMMENT_COLUMN = 55
"""How many characters stand before the comment behind a short line, so that comments are one column in a file."""

_HEADERS = ("table", "table_array_element")
_KEYS = ("bare_key", "quoted_key", "dotted_key")


class UnfaithfulError(Exception):
    """The layout would have changed what a text says; it is a mistake in this module, and nothing was written."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A statement, a header or a comment of its own; `apart` where a blank line stood before it.

    A statement's value may go over several lines; `comment` is the one behind it.
    """

    kind: str
    first: int
    last: int
    key: str = ""
    value: Written = ()
    comment: str = ""
    apart: bool = False


def laid_out(text: str) -> str:
    """A TOML text in the one layout; it says the same, and has all its comments.

    Raises:
        tomllib.TOMLDecodeError: the text is not TOML.
        UnfaithfulError: it cannot be laid out without changing what it says.
    """
    values = tomllib.loads(text)
    root = parser().parse(text.encode()).root_node
    lines = _with_gaps(list(_lines(root)))
    made = "\n".join(_printed(lines)) + "\n" if lines else ""
    if root.has_error or repr(tomllib.loads(made)) != repr(values) or _comments(made) != _comments(text):
        raise UnfaithfulError
    return made


def _comments(text: str) -> Counter[str]:
    """All comments of a text."""
    found: Counter[str] = Counter()
    waiting = [parser().parse(text.encode()).root_node]
    while waiting:
        node = waiting.pop()
        if node.type == "comment":
            found[comment_text(node)] += 1
        waiting.extend(node.children)
    return found


def _lines(parent: Node) -> Iterator[_Line]:
    """The lines of the file or of a table, in order; a comment in the row of a header is part of that."""
    for node in parent.children:
        if node.type == "comment":
            yield _Line("comment", node.start_point[0], node.end_point[0], comment=comment_text(node))
        elif node.type == "pair":
            yield _pair(node)
        elif node.type in _HEADERS:
            header, *rest = _table(node)
            yield from (header, *rest)


def _pair(node: Node) -> _Line:
    """`key = value`, perhaps with a comment behind it."""
    comments = [child for child in node.children if child.type == "comment"]
    key, *_, value = (child for child in node.children if child.type != "comment")
    written = value_lines(value, "", len(key_text(key)) + 3)
    said = comment_text(comments[0]) if comments else ""
    return _Line("pair", node.start_point[0], value.end_point[0], key_text(key), written, said)


def _table(node: Node) -> Iterator[_Line]:
    row = node.start_point[0]
    key = next(child for child in node.children if child.type in _KEYS)
    opening, closing = ("[", "]") if node.type == "table" else ("[[", "]]")
    lines = list(_lines(node))
    behind = lines[0].comment if lines and lines[0].kind == "comment" and lines[0].first == row else ""
    yield _Line("header", row, row, f"{opening}{key_text(key)}{closing}", comment=behind)
    yield from lines[1:] if behind else lines


def _with_gaps(lines: list[_Line]) -> list[_Line]:
    """Where blank lines stand: where the author set some, and above each header with the comments that it has."""
    found = lines[:1]
    for before, line in pairwise(lines):
        gap = line.first - before.last > 1 and before.kind != "header"
        found.append(replace(line, apart=gap or line.kind == "header"))
    for number in range(len(found) - 1, 0, -1):
        line, above = found[number], found[number - 1]
        attached = line.first - above.last <= 1
        if line.kind in ("header", "comment") and line.apart and above.kind == "comment" and attached:
            found[number] = replace(line, apart=False)
            found[number - 1] = replace(above, apart=number > 1)
    return found


def _printed(lines: list[_Line]) -> Iterator[str]:
    for group in _groups(lines):
        width = max((len(line.key) for line in group if line.kind == "pair"), default=0)
        for line in group:
            if line.apart:
                yield ""
            yield from _told(line, width)


def _groups(lines: list[_Line]) -> Iterator[list[_Line]]:
    """Lines whose equals signs stand below each other: those of a table, up to a blank line."""
    group: list[_Line] = []
    for line in lines:
        if (line.apart or line.kind == "header") and group:
            yield group
            group = []
        group.append(line)
    yield group


def _told(line: _Line, width: int) -> Iterator[str]:
    if line.kind == "comment":
        yield line.comment
        return
    *before, last = _code(line, width)
    yield from before
    room = COMMENT_COLUMN if not before else 0
    yield f"{last:<{max(len(last) + 1, room)}}{line.comment}" if line.comment else last


def _code(line: _Line, width: int) -> list[str]:
    if line.kind == "header":
        return [line.key]
    first, *rest = line.value
    return [f"{line.key:<{width}} = {first}", *rest]
