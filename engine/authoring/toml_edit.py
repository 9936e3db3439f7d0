"""Small changes to a TOML text that leave all else, comments and blanks included, as its author wrote it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from engine.authoring.toml_positions import key_path, parser

if TYPE_CHECKING:
    from tree_sitter import Node

Keys = tuple[str, ...]


def with_values(text: str, values: Mapping[Keys, str]) -> str:
    """The text with other values, written as TOML, for keys that it has; paths through lists are not looked into."""
    source = text.encode()
    spans = {path: node for path, node in _values(parser().parse(source).root_node, ()) if path in values}
    for path, node in sorted(spans.items(), key=lambda found: found[1].start_byte, reverse=True):
        source = source[: node.start_byte] + values[path].encode() + source[node.end_byte :]
    return source.decode()


def _values(parent: Node, under: Keys) -> Iterator[tuple[Keys, Node]]:
    """Each key's path with the node of its value."""
    for node in parent.children:
        if node.type == "table":
            yield from _values(node, key_path(node.children[1]))
        elif node.type == "pair":
            key, *_, value = (child for child in node.children if child.type != "comment")
            path = (*under, *key_path(key))
            yield path, value
            if value.type == "inline_table":
                yield from _values(value, path)


def with_table_below(text: str, line: int, table: str) -> str:
    """The text with another table below the one whose header stands in this line, counted from 1."""
    found = next(
        node
        for node in parser().parse(text.encode()).root_node.children
        if node.type in ("table", "table_array_element") and node.start_point[0] == line - 1
    )
    rows = [child.end_point[0] for child in found.children if child.type in ("pair", "]", "]]")]
    lines = text.split("\n")
    before, after = lines[: max(rows) + 1], lines[max(rows) + 1 :]
    return "\n".join([*before, "", *table.rstrip("\n").split("\n"), *(after or [""])])


def without_tables(text: str, lines: frozenset[int]) -> str:
    """The text without the tables whose headers stand in these lines; comments directly above them go too."""
    kept = text.split("\n")
    for node in reversed(parser().parse(text.encode()).root_node.children):
        if node.type in ("table", "table_array_element") and node.start_point[0] + 1 in lines:
            first = node.start_point[0]
            while first and kept[first - 1].lstrip().startswith("#"):
                first -= 1
            rows = [child.end_point[0] for child in node.children if child.type != "comment"]
            del kept[first : max(rows) + 1]
    return "\n".join(kept)
