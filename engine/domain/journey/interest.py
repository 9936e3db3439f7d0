"""What a lead cares about: the theme whose mails it clicked most."""

from __future__ import annotations

from engine.domain.journey.draft import Draft
from engine.domain.journey.facts import EventKind


def theme_of_interest(draft: Draft) -> str:
    """The theme of most of the lead's clicks, the latest among equals; without any, that of its latest campaign."""
    campaigns = draft.programme.campaigns
    clicks: dict[str, int] = {}
    last: dict[str, int] = {}
    for place, event in enumerate(draft.history.mail_events):
        theme = campaigns[event.campaign].theme if event.campaign in campaigns else ""
        if event.kind is EventKind.CLICK and theme:
            clicks[theme] = clicks.get(theme, 0) + 1
            last[theme] = place
    if clicks:
        return max(clicks, key=lambda theme: (clicks[theme], last[theme]))
    entered = [e.campaign for e in draft.history.enrollments if e.campaign in campaigns]
    return campaigns[entered[-1]].theme if entered else ""
