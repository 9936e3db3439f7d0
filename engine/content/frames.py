"""Where the flattening of a template stands: files, blocks and the names known at a place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from jinja2 import nodes

from engine.content.origin import Origin
from engine.content.pieces import Pieces
from engine.content.reduce import Value
from engine.errors import Place


@dataclass(frozen=True)
class Unit:
    """A parsed file."""

    origin: Origin
    tree: nodes.Template


@dataclass(frozen=True)
class Definition:
    """What fills a block: a block of a file, or what a page wrote before it met its layout."""

    unit: Unit | None
    body: Sequence[nodes.Node] = ()
    pieces: Pieces = ()


Chain = Mapping[str, tuple[Definition, ...]]


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the work stands: the file, the names known there, who fills which block, and the block it is in."""

    unit: Unit
    scope: dict[str, Value]
    chain: Chain = field(default_factory=dict)
    block: str = ""

    def inner(self, **names: Value) -> Frame:
        """A frame whose names do not reach outside."""
        return replace(self, scope={**self.scope, **names})

    def place(self, node: nodes.Node, needle: str = "") -> Place:
        return self.unit.origin.place(node.lineno, needle)


@dataclass(frozen=True)
class MacroValue:
    """A macro with the file and the scope that it was written in."""

    frame: Frame
    node: nodes.Macro | nodes.CallBlock
