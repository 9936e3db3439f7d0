"""How values of TOML are written out: texts, lists and tables in one style; a list stays on one line or on several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

LONGEST_LINE = 120
INDENT = "  "
Written = Sequence[str]
"""A value's lines, the first without indentation."""


def comment_text(node: Node) -> str:
    return _source(node).rstrip()


def key_text(node: Node) -> str:
    """A key, without blanks around its dots."""
    if node.type != "dotted_key":
        return _source(node)
    return ".".join(key_text(child) for child in node.children if child.type != ".")


def value_lines(node: Node, indent: str, column: int) -> Written:
    """The value's lines, where its first one begins in this column and the others stand below `indent`."""
    match node.type:
        case "array":
            return _list_lines(node, indent, column)
        case "inline_table":
            return _table_lines(node, indent, column)
        case "string":
            return _text_lines(_source(node))
        case _:
            return (_source(node),)


def _source(node: Node) -> str:
    return (node.text or b"").decode()


def _text_lines(source: str) -> Written:
    """A text as it is; one in single quotes gets double ones, unless that asked for backslashes."""
    inner = source[1:-1]
    if source[:1] == "'" and source[:3] != "'''" and not {'"', "\\"} & set(inner) and inner.isprintable():
        return (f'"{inner}"',)
    return source.split("\n")


def _table_lines(node: Node, indent: str, column: int) -> Written:
    """`{ key = value, … }`; it goes over several lines only where a list inside does."""
    lines = ["{"]
    pairs = [child for child in node.children if child.type == "pair"]
    for number, pair in enumerate(pairs):
        key, *_, value = pair.children
        lines[-1] += f"{',' if number else ''} {key_text(key)} = "
        first, *rest = value_lines(value, indent, column + len(lines[-1]))
        lines[-1] += first
        lines.extend(rest)
    lines[-1] += " }" if pairs else "}"
    return lines


@dataclass(slots=True)
class _Entry:
    """An element of a list, or only comments; `above` are comments on their own lines, `apart` a blank line first."""

    value: Node | None = None
    above: list[str] = field(default_factory=list)
    behind: str = ""
    apart: bool = False


def _list_lines(node: Node, indent: str, column: int) -> Written:
    entries = list(_entries(node))
    if node.start_point[0] == node.end_point[0]:
        flat = [value_lines(entry.value, indent, 0) for entry in entries if entry.value is not None]
        line = f"[{', '.join(lines[0] for lines in flat)}]"
        if all(len(lines) == 1 for lines in flat) and (column + len(line) <= LONGEST_LINE or len(flat) < 2):
            return (line,)
    elif not entries:
        return ("[]",)
    inner = indent + INDENT
    return ["[", *(line for entry in entries for line in _entry_lines(entry, inner)), f"{indent}]"]


def _entry_lines(entry: _Entry, indent: str) -> Iterator[str]:
    if entry.apart:
        yield ""
    yield from (f"{indent}{comment}" for comment in entry.above)
    if entry.value is not None:
        first, *rest = value_lines(entry.value, indent, len(indent))
        *lines, last = [f"{indent}{first}", *rest]
        yield from lines
        yield f"{last},{f' {entry.behind}' if entry.behind else ''}"


def _entries(node: Node) -> Iterator[_Entry]:
    """The elements of a list with their comments: one in the row where an element ends belongs to that."""
    last_row, entry, previous = node.start_point[0], _Entry(), None
    for child in node.children:
        if child.type in ("[", "]", ","):
            last_row = max(last_row, child.end_point[0]) if child.type == "," else last_row
            continue
        gap = child.start_point[0] - last_row > 1
        same_row = previous is not None and child.start_point[0] == last_row
        last_row = child.end_point[0]
        if child.type == "comment" and same_row and previous is not None and not previous.behind and not entry.above:
            previous.behind = comment_text(child)
            continue
        entry.apart = entry.apart or (gap and previous is not None and not entry.above)
        if child.type == "comment":
            entry.above.append(comment_text(child))
            continue
        entry.value = child
        if previous is not None:
            yield previous
        previous, entry = entry, _Entry()
    yield from (one for one in (previous, entry) if one is not None and (one.value is not None or one.above))
