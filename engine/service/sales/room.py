"""What sales has in hand, and who is near: the one definition of a sales-ready lead, with the leads around it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.domain.journey.policy import Policy
from engine.domain.journey.view import LeadView
from engine.domain.rules import explain, holds
from engine.domain.sales.brief import name_of
from engine.service.home import Home
from engine.store.database import reading, writing
from engine.store.definitions import definition_since, note_definition
from engine.store.facts import load_facts
from engine.store.handoffs import highest_scored, live_handoffs

SALES_READY = "sales_ready"
MOST_NEAR = 10


@dataclass(frozen=True, slots=True)
class InHand:
    """A lead that sales has: whose it is, how it stands, by when an answer is due, and why it was handed over."""

    handoff: int
    who: str
    email: str
    owner: str
    state: str
    since: datetime
    due_at: datetime | None
    because: str
    headline: str


@dataclass(frozen=True, slots=True)
class Near:
    """A lead that is not ripe yet: its score, and what the rule says of it."""

    who: str
    email: str
    score: float
    fit: str
    lacks: str


@dataclass(frozen=True, slots=True)
class SalesRoom:
    """All of it. `rule` is what marketing and sales agreed on, in force `since`; `hand_raises` count beside it."""

    rule: str
    since: datetime | None
    hand_raises: Sequence[str]
    in_hand: Sequence[InHand]
    near: Sequence[Near]


def keep_sales_ready(home: Home, now: datetime) -> None:
    """Remember the rule as it is, and since when, so that everybody can see which version a lead was judged by."""
    value = json.dumps({"ready": home.config.sales_ready, "hand_raises": sorted(home.config.sales.hand_raises)})
    with writing(home.store) as connection:
        note_definition(connection, SALES_READY, value, now)


def sales_room(home: Home, policy: Policy) -> SalesRoom:
    """Who is with sales, and who is near."""
    with reading(home.store) as connection:
        since = definition_since(connection, SALES_READY)
        rows = live_handoffs(connection)
        near = _near(connection, policy, home.clock.now())
    return SalesRoom(
        rule=home.config.sales_ready,
        since=since,
        hand_raises=home.config.sales.hand_raises,
        in_hand=tuple(_in_hand(row) for row in rows),
        near=near,
    )


def _in_hand(row: Any) -> InHand:
    return InHand(
        handoff=row.id,
        who=name_of(row.fields, row.email),
        email=row.email,
        owner=row.owner,
        state=row.state,
        since=row.at,
        due_at=row.clock_at,
        because=row.because,
        headline=str(row.story.get("headline", "")),
    )


def _near(connection: Any, policy: Policy, now: datetime) -> tuple[Near, ...]:
    """Those with the highest scores whom the rule does not hold for, and why not."""
    rule = policy.sales.ready
    if rule is None:
        return ()
    found = []
    for facts in load_facts(connection, highest_scored(connection, MOST_NEAR * 3)):
        view, lead = LeadView(facts, None, None, {}), facts.lead
        if lead.handed_off_at is None and not lead.internal and not holds(rule, view, now):
            lacks = explain(rule, view, now)
            found.append(Near(name_of(lead.fields, lead.email), lead.email, lead.score, lead.fit, lacks))
    return tuple(sorted(found, key=lambda one: -one.score)[:MOST_NEAR])
