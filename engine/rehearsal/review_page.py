"""A review as one page that needs nothing else: styles, pictures and mails are inside of it, and no script."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from engine.domain.timing.words import plural
from engine.rehearsal.printing import part, printed
from engine.rehearsal.review import Fate, Review
from engine.rehearsal.scenarios import Result

Told = Sequence[Sequence[tuple[str, str]]]
"""Lines of words with their styles, as a terminal shows them."""


def review_page(review: Review, plan: Told = (), scenarios: Told = (), result: Result | None = None) -> str:
    """The page; `plan` and `scenarios`, which ended as `result` says, are told as in the terminal."""
    return printed(
        "review",
        review=review,
        plan=plan,
        scenarios=scenarios,
        scenarios_told=_told(result) if result is not None else "",
        failed=result.failed if result is not None else 0,
        changed=len(review.changed_boards),
        # a plan tells the same changes, with whom they touch
        changes_told=bool(review.difference.changes) and not (plan and review.against_runs),
        made_at=f"{review.made_at:%Y-%m-%d %H:%M} UTC",
        counted=plural,
        FATE=Fate,
        # our own style sheet, never anything that came from outside
        style=Markup(part("style.css")),  # noqa: S704
    )


def _told(result: Result) -> str:
    return f"{plural(result.scenarios, 'scenario')}, {f'{result.failed} failed' if result.failed else 'all passed'}."
