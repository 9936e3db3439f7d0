"""Views of own pages: of a lead's device they are the lead's, of any other they wait under the visitor's own id.

Who a visitor is, a followed link tells: the visitor came by the link of a mail, from the place that the click came
from, and the click was taken for a person's. That it was the lead and not a colleague whom the mail was forwarded to is
likely and not sure; so the story says "by link", and a device that is known as somebody's stays theirs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from engine.domain.actor import Actor
from engine.domain.identity import ANONYMOUS_ID, Identity
from engine.domain.journey.decision import Line
from engine.domain.journey.facts import PAGE_VIEW_NAME, EventKind
from engine.domain.page_views import TOKEN_LIFE
from engine.domain.traffic import Hit, HitKind, PageSeen, TrafficContext, classify, evidence
from engine.service.home import Home
from engine.store.database import reading, writing
from engine.store.events import NewEvent
from engine.store.imported_events import take_events
from engine.store.journey import tell
from engine.store.leads import add_names, leads_by_identity, tracked_leads
from engine.store.visitors import NewVisit, add_visits, followed_links, human_clicks, join_visitors, settle_visits

BY_LINK = "joined by link: this device followed a link of a mail to the lead"
BY_DEVICE = "by a device that is known as the lead's"
PROVEN_WITHIN = timedelta(hours=1)
"""How long a view waits for the verdict on the click that led to it."""

_BATCH = 2_000
_AT_ONCE = timedelta(seconds=5)
"""Clocks of several trackers may differ by so much: a view is not before its click."""


def record_pages(home: Home, hits: Sequence[Hit]) -> int:
    """Write views down, each once; those of machines are none. How many were new."""
    seen = [(hit, hit.page) for hit in hits if hit.kind is HitKind.PAGE and hit.page is not None and _by_person(hit)]
    if not seen:
        return 0
    names = {Identity(ANONYMOUS_ID, page.visitor) for _, page in seen}
    now = home.clock.now()
    with writing(home.store) as connection:
        known = leads_by_identity(connection, names)
        tracked = tracked_leads(connection, list(known.values()))
        events, visits = [], []
        for hit, page in seen:
            number = known.get(Identity(ANONYMOUS_ID, page.visitor))
            if number is None:
                visits.append(_visit(hit, page, now))
            elif number in tracked:
                events.append(_event(hit, page, number, now))
        return take_events(connection, events, now) + add_visits(connection, visits)


def _by_person(hit: Hit) -> bool:
    return classify(hit, TrafficContext()).kind is Actor.HUMAN


def _event(hit: Hit, page: PageSeen, number: int, now: datetime) -> NewEvent:
    return NewEvent(
        f"hit:{hit.id}",
        number,
        EventKind.PAGE_VIEW,
        hit.at,
        now,
        PAGE_VIEW_NAME,
        judged=BY_DEVICE,
        properties=_properties(page),
        evidence=evidence(hit),
    )


def _visit(hit: Hit, page: PageSeen, now: datetime) -> NewVisit:
    return NewVisit(
        f"hit:{hit.id}",
        page.visitor,
        EventKind.PAGE_VIEW,
        PAGE_VIEW_NAME,
        hit.at,
        now,
        _properties(page),
        evidence(hit) | {"anonymousId": page.visitor},
        hit.delivery or None,
    )


def _properties(page: PageSeen) -> dict[str, str]:
    told = {"site": page.site, "path": page.path, "title": page.title, "referrer": page.referrer}
    return {name: text for name, text in (*told.items(), *parse_qsl(page.utm)) if text}


def join_followed(home: Home, now: datetime) -> int:
    """Join visitors who came by a mail's link to its lead, where a person clicked it; how many visitors."""
    with reading(home.store) as connection:
        if not followed_links(connection, 1):
            return 0
    with writing(home.store) as connection:
        visits = followed_links(connection, _BATCH)
        clicks = human_clicks(connection, [delivery for _, _, delivery, _, _ in visits])
        leads: dict[str, int] = {}
        settled = []
        for number, visitor, delivery, at, proof in visits:
            click = next((one for one in clicks.get(delivery, ()) if _led_to(one, at, proof)), None)
            if click is not None:
                leads.setdefault(visitor, click.lead_id)
            elif now - at > PROVEN_WITHIN:
                settled.append(number)
        settle_visits(connection, settled)
        _join(connection, leads, now)
    return len(leads)


def _led_to(click: Any, at: datetime, proof: Mapping[str, Any]) -> bool:
    """Whether this click led to that view: shortly before it, and from the same address or network."""
    if not -_AT_ONCE <= at - click.at <= TOKEN_LIFE:
        return False
    return any(proof.get(name) and proof[name] == click.evidence.get(name) for name in ("visitor", "network"))


def _join(connection: Any, leads: Mapping[str, int], now: datetime) -> None:
    for visitor, number in leads.items():
        add_names(connection, [(number, Identity(ANONYMOUS_ID, visitor))])
        joined = join_visitors(connection, {visitor: number}, BY_LINK, now)
        tell(connection, number, Line(now, "joined", data={"how": "by link", "events": joined}))
