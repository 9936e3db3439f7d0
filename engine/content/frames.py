"""Where the flattening of a template stands: files, blocks and the names known at a place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from jinja2 import nodes

from engine.content.origin import Origin
from engine.content.pieces import Pieces
from engine.errors import Place

#: What an expression comes to: a text, number or list that is known, an `Expression` that waits, or one of these.
Value = Any


@dataclass(frozen=True, slots=True)
class Fragment:
    """Markup that a macro, a caller or a `set` block wrote."""

    pieces: Pieces


@dataclass(frozen=True, slots=True)
class Root:
    """A name with members that is not a value itself: `lead`, `company`."""

    name: str


@dataclass(frozen=True, slots=True)
class Module:
    """Macros of an imported file."""

    values: Mapping[str, Any]


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
