"""How a lead goes through the lifecycle by itself."""

from __future__ import annotations

from engine.domain.journey.draft import Draft


def mature(draft: Draft) -> None:
    """To be filled in by the next commits; a home without such rules in its config needs nothing."""
