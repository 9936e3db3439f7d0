"""Who enters: campaigns with a condition, campaigns with a trigger, keys and re-entry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine.domain.campaign import Campaign
from engine.domain.journey.chance import held_out
from engine.domain.journey.facts import Enrollment, Event, EventKind
from engine.domain.journey.run import Draft
from engine.domain.journey.view import LeadView
from engine.domain.rules import evaluate, explain
from engine.domain.timing import after


@dataclass(frozen=True, slots=True)
class Admission:
    """A lead is let in: why, under which key, and the event that triggered it."""

    because: str
    at: datetime
    key: str = ""
    event: Event | None = None
    properties: Mapping[str, object] = field(default_factory=dict)


def admit(draft: Draft, campaign: Campaign) -> Iterator[Enrollment]:
    """New enrollments of the lead in this campaign."""
    runs = [e for e in draft.facts.enrollments if e.campaign == campaign.id]
    number = max((e.run for e in runs), default=0)
    for admission in _admissions(draft, campaign, runs):
        number += 1
        yield _enrollment(draft, campaign, number, admission)


def _admissions(draft: Draft, campaign: Campaign, runs: list[Enrollment]) -> Iterator[Admission]:
    if campaign.on is not None:
        yield from _triggered(draft, campaign, runs)
    elif campaign.enter is not None:
        yield from _by_condition(draft, campaign, runs)


def _by_condition(draft: Draft, campaign: Campaign, runs: list[Enrollment]) -> Iterator[Admission]:
    if campaign.enter is None or not _may_reenter(draft, campaign, runs):
        return
    view = LeadView(draft.facts, None, campaign, draft.fields)
    verdict = evaluate(campaign.enter, view, draft.now)
    draft.recheck(verdict.turns_at)
    if verdict.holds and campaign.id not in draft.facts.passed_over:
        yield Admission(explain(campaign.enter, view, draft.now), draft.now)


def _triggered(draft: Draft, campaign: Campaign, runs: list[Enrollment]) -> Iterator[Admission]:
    """One admission for each event that no run has consumed and whose key may enter."""
    taken = list(runs)
    for event in draft.facts.events:
        key = _key(campaign, event)
        if key is None or not _fresh(draft, campaign, event, taken):
            continue
        if not _may_reenter(draft, campaign, [e for e in taken if e.key == key]) or not _fits(draft, campaign, event):
            continue
        admission = Admission(f"the event '{event.name}'", draft.now, key, event, event.properties)
        taken.append(_enrollment(draft, campaign, 0, admission))
        yield admission


def _key(campaign: Campaign, event: Event) -> str | None:
    """The key under which the event lets the lead in; None if it is another event or lacks the key."""
    on = campaign.on
    if on is None or event.name != on.event or event.kind not in (EventKind.CUSTOM, EventKind.FORM):
        return None
    if not on.key:
        return ""
    found = event.properties.get(on.key.removeprefix("trigger."))
    return None if found is None else str(found)


def _fresh(draft: Draft, campaign: Campaign, event: Event, runs: list[Enrollment]) -> bool:
    """Whether the event came since the campaign is live and was not consumed by a run."""
    since = draft.programme.standing(campaign.id).live_since
    arrived = event.received_at or event.at
    late = since is not None and arrived < since and not campaign.backfill
    return not late and all(e.trigger_event != event.id for e in runs)


def _fits(draft: Draft, campaign: Campaign, event: Event) -> bool:
    """Beside the trigger, `enter` may ask who the lead is."""
    if campaign.enter is None:
        return True
    view = LeadView(draft.facts, None, campaign, draft.fields, trigger=event.properties)
    return evaluate(campaign.enter, view, draft.now).holds


def _may_reenter(draft: Draft, campaign: Campaign, runs: list[Enrollment]) -> bool:
    if not runs:
        return True
    ends = [run.ended_at for run in runs]
    if campaign.reenter is None or None in ends:
        return False
    last = max(end for end in ends if end is not None)
    zone, calendar = draft.zone(campaign), draft.programme.policy.calendar(draft.facts.lead.country)
    open_again = after(last, campaign.reenter.after, zone, calendar)
    draft.recheck(open_again)
    return draft.now >= open_again


def _enrollment(draft: Draft, campaign: Campaign, number: int, admission: Admission) -> Enrollment:
    stage = campaign.first_stage
    lead = draft.facts.lead.id
    return Enrollment(
        id=None,
        campaign=campaign.id,
        run=number,
        key=admission.key,
        entered_at=admission.at,
        stage=stage.id,
        stage_entered_at=admission.at,
        since=admission.at,
        step=stage.steps[0].id if stage.steps else "",
        holdout=held_out(campaign.id, lead, campaign.holdout),
        trigger_event=admission.event.id if admission.event else None,
        trigger=dict(admission.properties),
        waiting=admission.because,
    )
