"""Correcting hand-offs: what ripened a lead turns out to have been a machine's, and sales must hear of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from engine.authoring.sales import policy_of
from engine.domain.journey.decision import Line
from engine.domain.sales.occasion import CORRECTED
from engine.service.home import Home
from engine.service.tell_sales import News, tell_news
from engine.store.handoffs import live_handoff
from engine.store.journey import tell


def correct_handoffs(connection: Any, home: Home, unmasked: Sequence[tuple[Any, str]], now: datetime) -> int:
    """Tell of hand-offs that such an event ripened; how many. `unmasked` are events with why they are a machine's.

    The lead stays with sales, who may know better; each event is unmasked once, and so told once.
    """
    told = 0
    for event, why in unmasked:
        row = live_handoff(connection, event.lead_id)
        if row is not None and row.ripened_at == event.received_at:
            more = {"event": event.kind, "link": event.link, "why": why}
            tell(connection, event.lead_id, Line(now, "handoff_corrected", data=more))
            news = News(CORRECTED, row.id, row.lead_id, row.owner, row.story, more)
            tell_news(connection, policy_of(home.config), news, now)
            told += 1
    return told
