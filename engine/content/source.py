"""Reads flattened sources back into pieces, with what a campaign knows filled in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import nodes

from engine.content import expressions as ex
from engine.content.flatten import Chain, Flattener, MacroReducer, Unit
from engine.content.library import Library
from engine.content.names import Names
from engine.content.pieces import Address, Loop, Pieces
from engine.content.reduce import Origin, Refused, Value
from engine.content.values import INTERNAL_FILTERS


class _InternalReducer(MacroReducer):
    def _filters(self) -> Mapping[str, Any]:
        return INTERNAL_FILTERS


class _Reader(Flattener):
    """Understands what the compiler wrote: addresses, and loops whose names are already unique."""

    def _reducer(self, unit: Unit, chain: Chain | None = None, block: str = "") -> MacroReducer:
        return _InternalReducer(self.names, unit.origin, self.links, self, unit, chain or {}, block)

    def _callblock(
        self, unit: Unit, node: nodes.CallBlock, scope: dict[str, Value], chain: Chain, block: str
    ) -> Pieces:
        index = node.call.args[0].as_const()
        return (Address(index, pieces=self.body(unit, node.body, scope, chain, block)),)

    def _for(self, unit: Unit, node: nodes.For, scope: dict[str, Value], chain: Chain, block: str) -> Pieces:
        name = getattr(node.target, "name", "")
        over = self._reducer(unit, chain, block).reduce(node.iter, scope)
        inner = {**scope, name: ex.Reference(name), f"loop_{name}": ex.Reference(f"loop_{name}")}
        body = self.body(unit, node.body, inner, chain, block)
        return (Loop(name, over, body, self.body(unit, node.else_, dict(scope), chain, block)),)


def read_source(source: str, folded: Mapping[str, Mapping[str, str]], base_url: str) -> Pieces:
    """The pieces of a flattened source.

    Raises:
        ValueError: this is no source that the compiler wrote.
    """
    reader = _Reader(Library(Path()), Names.for_flattened(folded))
    origin = Origin("", [], "")
    try:
        unit = reader.parse(origin, source)
        pieces = reader.body(unit, unit.tree.body, {"base_url": base_url}, {})
    except Refused as refusal:
        raise ValueError(f"this is no compiled mail: {refusal.message}") from None
    if reader.problems:
        raise ValueError(f"this is no compiled mail: {reader.problems[0].message}")
    return pieces
