"""Correcting hand-offs: what ripened a lead turns out to have been a machine's, and sales must hear of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from engine.authoring.policy import CONFIG_FILE, policy_from, scope_for
from engine.authoring.sales import policy_of
from engine.domain.journey.decision import Line
from engine.domain.journey.hindsight import Moment, by_that_rule, owed_to_machines
from engine.domain.journey.policy import Policy
from engine.domain.rules import Rule, parse_rule
from engine.domain.sales.occasion import CORRECTED
from engine.errors import Place
from engine.service.home import Home
from engine.service.sales.news import News, tell_news
from engine.store.facts import load_facts
from engine.store.handoffs import handoffs_of, live_handoff
from engine.store.journey import story_of, tell
from engine.store.lifecycle import changes_of

TOLD = "handoff_corrected"

Unmasked = tuple[Any, str]
"""An event that turned out to be a machine's, and why."""


def correct_handoffs(connection: Any, home: Home, unmasked: Sequence[Unmasked], now: datetime) -> int:
    """Tell of hand-offs that rest on such events, whose verdicts are written down already; how many.

    The lead stays with sales, who may know better; each hand-off is told of once.
    """
    told = 0
    for lead, events in _by_lead(unmasked).items():
        row = live_handoff(connection, lead)
        found = _wrong(connection, home, row, events) if row is not None and not _is_told(connection, row) else None
        if found is not None:
            _correct(connection, home, row, found, now)
            told += 1
    return told


def _is_told(connection: Any, row: Any) -> bool:
    told = (line for line in story_of(connection, row.lead_id) if line.code == TOLD)
    return any(line.data.get("handoff") == row.id for line in told)


def _by_lead(unmasked: Sequence[Unmasked]) -> Mapping[int, list[Unmasked]]:
    groups: dict[int, list[Unmasked]] = {}
    for event, why in unmasked:
        groups.setdefault(event.lead_id, []).append((event, why))
    return groups


def _wrong(connection: Any, home: Home, row: Any, events: Sequence[Unmasked]) -> Unmasked | None:
    """The event of these to which the hand-off is owed; of several the latest, which tipped it."""
    ripening = next((one for one in events if one[0].received_at == row.ripened_at), None)
    before = [one for one in events if one[0].received_at <= row.at]
    if row.campaign or not before:  # a step hands over whoever comes to it, for whatever reason
        return ripening
    owed = _owed(connection, home, row, [event.id for event, _ in before])
    if owed is None:
        return ripening
    return max(before, key=lambda one: one[0].received_at) if owed else None


def _owed(connection: Any, home: Home, row: Any, machines: Sequence[int]) -> bool | None:
    policy = policy_from(home.config)
    by_rule = by_that_rule(policy, row.rule, _rule(home, policy, row.rule))
    (facts,) = load_facts(connection, [row.lead_id])
    return owed_to_machines(facts, machines, by_rule, _moment(connection, row, facts.lead.lifecycle))


def _rule(home: Home, policy: Policy, text: str) -> Rule | None:
    """The rule as it was then; None if it cannot be read any more."""
    ready = policy.sales.ready
    if ready is not None and str(ready) == text:
        return ready
    found = parse_rule(text, scope_for(home.config), Place(CONFIG_FILE))
    return found if isinstance(found, Rule) else None


def _moment(connection: Any, row: Any, stage: str) -> Moment:
    """How the lead stood before this hand-off, by what was written down of its stages and hand-offs."""
    changes = changes_of(connection, row.lead_id)
    after = next((change for change in changes if change.at >= row.at), None)
    before = [change.at for change in changes if change.at < row.at]
    handed = [one.at for one in handoffs_of(connection, row.lead_id) if one.id < row.id]
    return Moment(
        row.at,
        after.before if after is not None else stage,
        max(before, default=None),
        max(handed, default=None),
    )


def _correct(connection: Any, home: Home, row: Any, found: Unmasked, now: datetime) -> None:
    event, why = found
    more = {"handoff": row.id, "event": event.kind, "link": event.link, "why": why}
    tell(connection, row.lead_id, Line(now, TOLD, data=more))
    news = News(CORRECTED, row.id, row.lead_id, row.owner, row.story, more)
    tell_news(connection, policy_of(home.config), news, now)
