"""How a lead goes through the lifecycle: by what sales and deals say of it, and by the rules of its stages."""

from __future__ import annotations

from datetime import datetime

from engine.domain.journey.decision import Line, Moved
from engine.domain.journey.deeds import arrived, last_deed, reason_of
from engine.domain.journey.draft import Draft
from engine.domain.journey.facts import Event
from engine.domain.journey.interest import theme_of_interest
from engine.domain.journey.view import LeadView
from engine.domain.lifecycle import DISQUALIFIED, Lifecycle
from engine.domain.lifecycle import RECYCLED as GIVEN_BACK
from engine.domain.own_events import ACCEPTED, LOST, OPENED, RECYCLED, WON
from engine.domain.rules import evaluate, explain

LIFECYCLE = "lifecycle"
MQL, SAL, SQL, CUSTOMER = "mql", "sal", "sql", "customer"
_STAGE_OF = {ACCEPTED: SAL, OPENED: SQL, WON: CUSTOMER, LOST: GIVEN_BACK}


def mature(draft: Draft) -> None:
    """Move the lead to where the latest answer of sales or deal puts it, and on to the furthest stage whose rule holds.

    What was said before the lead reached its present stage moves it no more.
    """
    lifecycle = draft.programme.policy.lifecycle
    if not lifecycle.stages:
        return
    said = _said(draft, lifecycle)
    if said is not None:
        move(draft, *said)
    if lifecycle.when:
        _by_rules(draft, lifecycle)


def stage_of(draft: Draft) -> str:
    """The lead's stage, as this decision has it so far."""
    return str(draft.fields.get(LIFECYCLE, draft.facts.lead.lifecycle))


def move(draft: Draft, after: str, why: str) -> bool:
    """Move the lead to a stage where that is allowed; whether it stands there."""
    before = stage_of(draft)
    if before == after:
        return True
    if not draft.programme.policy.lifecycle.allows(before, after):
        told = {"before": before, "after": after, "why": why}
        if not any(line.code == "lifecycle_refused" and line.data == told for line in draft.lines):
            draft.lines.append(Line(draft.now, "lifecycle_refused", data=told))
        return False
    draft.moved.append(Moved(before, after, why, theme_of_interest(draft)))
    draft.set_fields({LIFECYCLE: after})
    draft.lines.append(Line(draft.now, LIFECYCLE, data={"before": before, "after": after, "why": why}))
    return True


def _said(draft: Draft, lifecycle: Lifecycle) -> tuple[str, str] | None:
    """Where the latest word of sales or a deal since the lead is in its stage puts it, and why."""
    if draft.moved:
        return None
    since = draft.facts.lead.lifecycle_since or draft.facts.lead.created_at
    words = [
        event
        for name in (*_STAGE_OF, RECYCLED)
        for event in draft.history.by_name.get(name, ())
        if arrived(event) > since
    ]
    last = max(words, key=lambda event: (arrived(event), event.id), default=None)
    stage = _stage_for(draft, last) if last is not None else ""
    known = stage in lifecycle.stages or stage in (GIVEN_BACK, DISQUALIFIED)
    return (stage, f"event('{last.name}')") if last is not None and known else None


def _stage_for(draft: Draft, event: Event) -> str:
    if event.name.casefold() != RECYCLED:
        return _STAGE_OF[event.name.casefold()]
    reason = draft.programme.policy.sales.reasons.get(reason_of(event))
    return DISQUALIFIED if reason is not None and reason.disqualify else GIVEN_BACK


def _by_rules(draft: Draft, lifecycle: Lifecycle) -> None:
    """The furthest stage ahead whose rule holds; a lead that sales gave back must do something first."""
    present = stage_of(draft)
    if present == DISQUALIFIED or (present == GIVEN_BACK and not _is_active_again(draft)):
        return
    ahead = lifecycle.stages[lifecycle.stages.index(present) + 1 :] if present in lifecycle.stages else lifecycle.stages
    view = LeadView(draft.facts, None, None, draft.fields, history=draft.history)
    for stage in reversed(ahead):
        rule = lifecycle.when.get(stage)
        if rule is None:
            continue
        verdict = evaluate(rule, view, draft.now)
        draft.recheck(verdict.turns_at)
        if verdict.holds and lifecycle.allows(present, stage):
            move(draft, stage, explain(rule, view, draft.now))
            return


def _is_active_again(draft: Draft) -> bool:
    since: datetime | None = draft.now if draft.moved else draft.facts.lead.lifecycle_since
    return last_deed(draft, since) is not None
