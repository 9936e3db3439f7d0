"""The shape of `silence`, in campaigns and in config: each warning's code with its reason in a sentence."""

from __future__ import annotations

from engine.authoring.findings import FINDINGS, can_be_silenced
from engine.authoring.schema_shapes import TEXT, Shape, closed, told


def silence() -> Shape:
    """A table of the warnings that may be silenced; the text says why it is meant."""
    return closed({code: told(TEXT, found.reason) for code, found in FINDINGS.items() if can_be_silenced(code)})
