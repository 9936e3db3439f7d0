"""The lead's score and grade, as its rules see them in this decision."""

from __future__ import annotations

from engine.domain.journey.draft import Draft


def grade(draft: Draft) -> None:
    """To be filled in by the next commits; a home without such rules in its config needs nothing."""
