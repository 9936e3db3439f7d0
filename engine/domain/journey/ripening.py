"""When a lead is handed to sales, outside of campaigns too."""

from __future__ import annotations

from engine.domain.journey.draft import Draft


def ripen(draft: Draft) -> None:
    """To be filled in by the next commits; a home without such rules in its config needs nothing."""
