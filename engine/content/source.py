"""Reads flattened sources back into pieces, with what a campaign knows filled in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import nodes

from engine.content import expressions as ex
from engine.content.flatten import Flattener, MacroReducer
from engine.content.frames import Frame
from engine.content.library import Library
from engine.content.names import Names
from engine.content.origin import Origin, RefusedError
from engine.content.pieces import Address, Loop, Pieces
from engine.content.values import INTERNAL_FILTERS


class _InternalReducer(MacroReducer):
    def _filters(self) -> Mapping[str, Any]:
        return INTERNAL_FILTERS


class _Reader(Flattener):
    """Understands what the compiler wrote: addresses, and loops whose names are already unique."""

    def reducer(self, frame: Frame) -> MacroReducer:
        return _InternalReducer(self.names, frame.unit.origin, self.links, self, frame)

    def _callblock(self, node: nodes.CallBlock, frame: Frame) -> Pieces:
        return (Address(node.call.args[0].as_const(), pieces=self.body(node.body, frame)),)

    def _for(self, node: nodes.For, frame: Frame) -> Pieces:
        name = str(getattr(node.target, "name", ""))
        over = self.reducer(frame).reduce(node.iter, frame.scope)
        inner = frame.inner(**{name: ex.Reference(name), f"loop_{name}": ex.Reference(f"loop_{name}")})
        return (Loop(name, over, self.body(node.body, inner), self.body(node.else_, frame.inner())),)


def read_source(source: str, folded: Mapping[str, Mapping[str, object]], base_url: str) -> Pieces:
    """The pieces of a flattened source.

    Raises:
        ValueError: this is no source that the compiler wrote, or a filter cannot use what the campaign knows.
    """
    reader = _Reader(Library(Path()), Names.for_flattened(folded))
    try:
        unit = reader.parse(Origin("", [], ""), source)
        pieces = reader.body(unit.tree.body, Frame(unit, {"base_url": base_url}))
    except RefusedError as refusal:
        raise ValueError(refusal.message) from None
    if reader.problems:
        raise ValueError(reader.problems[0].message)
    return pieces
