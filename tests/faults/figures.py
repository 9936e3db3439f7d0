"""How much the enumerations tried: noted by the tests, printed by `make acceptance`."""

from __future__ import annotations

FIGURES: dict[str, int] = {}


def note(what: str, count: int) -> None:
    """So often this was tried, in this run."""
    FIGURES[what] = count
