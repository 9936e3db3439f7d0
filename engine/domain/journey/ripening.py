"""When a lead is handed to sales, outside of campaigns too: it asks for a person, or it is ripe by the one rule."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from engine.domain.journey.decision import Handover, Line
from engine.domain.journey.deeds import arrived, given_back, last_deed, reason_of
from engine.domain.journey.draft import Draft
from engine.domain.journey.facts import Event
from engine.domain.journey.interest import theme_of_interest
from engine.domain.journey.maturing import CUSTOMER, MQL, SAL, SQL, move, stage_of
from engine.domain.journey.view import LeadView
from engine.domain.lifecycle import DISQUALIFIED
from engine.domain.rules import evaluate, explain
from engine.domain.timing import after

STAYS_WARM = timedelta(days=7)
"""How long a raised hand counts: who asked long ago, before anybody listened, is not surprised by a call today."""


def ripen(draft: Draft) -> None:
    """Hand the lead to sales if it asks for a person, or if the sales-ready rule holds and nothing is against it."""
    sales, lead = draft.programme.policy.sales, draft.facts.lead
    if not sales.in_use or draft.with_sales or lead.internal:
        return
    raised = _raised_hand(draft)
    if raised is not None:
        hand_over(draft, Handover(raised_by(raised.name), f"raised its hand: {raised.name}", arrived(raised)))
    elif sales.ready is not None and stage_of(draft) not in (DISQUALIFIED, SAL, SQL, CUSTOMER, _last(draft)):
        _by_rule(draft)


def raised_by(name: str) -> str:
    """The rule by which a lead is handed over that asks for a person by an event of this name."""
    return f"event('{name}')"


def _last(draft: Draft) -> str:
    return draft.programme.policy.lifecycle.last


def hand_over(draft: Draft, handover: Handover) -> None:
    """Give the lead to sales now; it is a marketing-qualified one from here on, unless it is further already."""
    lifecycle = draft.programme.policy.lifecycle
    if MQL in lifecycle.stages and lifecycle.allows(stage_of(draft), MQL):
        move(draft, MQL, handover.because)
    theme = handover.theme or theme_of_interest(draft)
    draft.handover = replace(handover, theme=theme)
    draft.handed_off = True
    draft.stirs += 1
    if not handover.campaign:  # a campaign's step tells itself
        draft.lines.append(Line(draft.now, "ripe", data={"because": handover.because, "rule": handover.rule}))


def _raised_hand(draft: Draft) -> Event | None:
    """The latest event by which the lead asks for a person, and nobody in sales has had it since."""
    names, by_name = draft.programme.policy.sales.hand_raises, draft.history.by_name
    asked = [event for name in names for event in by_name.get(name, ())]
    if not asked:
        return None
    back, handed = given_back(draft), draft.facts.lead.handed_off_at
    since = max([instant for instant in (handed, arrived(back) if back else None) if instant is not None], default=None)
    raised = [
        event
        for event in asked
        if (since is None or arrived(event) > since) and draft.now - arrived(event) <= STAYS_WARM
    ]
    return max(raised, key=arrived, default=None)


def _by_rule(draft: Draft) -> None:
    rule = draft.programme.policy.sales.ready
    if rule is None:
        return
    view = LeadView(draft.facts, None, None, draft.fields, history=draft.history)
    verdict = evaluate(rule, view, draft.now)
    draft.recheck(verdict.turns_at)
    back = given_back(draft)
    if not verdict.holds or (back is not None and not _ripe_again(draft, back)):
        return
    deed = last_deed(draft)
    ripened_at: datetime = arrived(deed) if deed is not None else draft.now
    hand_over(draft, Handover(str(rule), explain(rule, view, draft.now), ripened_at))


def _ripe_again(draft: Draft, back: Event) -> bool:
    """Whether the rest is over since sales gave the lead back, and the lead did something since."""
    rest = draft.programme.policy.sales.rest_after(reason_of(back))
    calendar = draft.programme.policy.calendar(draft.facts.lead.country)
    over = after(arrived(back), rest, draft.home_zone, calendar)
    if over > draft.now:
        draft.recheck(over)
        return False
    return last_deed(draft, arrived(back)) is not None
