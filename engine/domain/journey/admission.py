"""Who enters: campaigns with a condition, campaigns with a trigger, keys and re-entry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from engine.domain.campaign import Campaign
from engine.domain.journey.chance import held_out
from engine.domain.journey.deeds import given_back, reason_of
from engine.domain.journey.draft import Draft
from engine.domain.journey.facts import Enrollment, Event
from engine.domain.journey.view import LeadView
from engine.domain.rules import evaluate, explain
from engine.domain.timing import after

STAYS_GOOD = timedelta(days=7)
"""How long an event goes on asking a trigger's further condition: what is known of a lead often arrives after it."""

SOONEST_AGAIN = timedelta(minutes=1)
"""No run begins anew at the instant at which the last one ended, whatever `reenter` says."""

_GRAIN = timedelta(microseconds=1)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Admission:
    """A lead is let in: why, since when it counts as in, under which key, and the event that triggered it."""

    because: str
    entered_at: datetime
    key: str = ""
    event: Event | None = None
    properties: Mapping[str, object] = field(default_factory=dict)


def admit(draft: Draft, campaign: Campaign) -> Iterator[tuple[Enrollment, str]]:
    """New enrollments of the lead in this campaign, each with the reason in words."""
    runs = [e for e in draft.history.enrollments if e.campaign == campaign.id]
    number = max((e.run for e in runs), default=0)
    for admission in _admissions(draft, campaign, runs):
        number += 1
        yield _enrollment(draft, campaign, number, admission), admission.because


def _admissions(draft: Draft, campaign: Campaign, runs: list[Enrollment]) -> Iterator[Admission]:
    if not campaign.stages:
        return
    if campaign.id in draft.programme.policy.sales.recycling:
        yield from _given_back(draft, campaign, runs)
    if campaign.on is not None:
        yield from _triggered(draft, campaign, runs)
    elif campaign.enter is not None:
        yield from _by_condition(draft, campaign, runs)


def _by_condition(draft: Draft, campaign: Campaign, runs: list[Enrollment]) -> Iterator[Admission]:
    if campaign.enter is None or (campaign.id in draft.facts.passed_over and not campaign.backfill):
        return
    open_again = _opens_again(draft, campaign, runs)
    if open_again is None or open_again > draft.now:
        draft.recheck(open_again)
        return
    view = LeadView(draft.facts, None, campaign, draft.fields, history=draft.history)
    verdict = evaluate(campaign.enter, view, draft.now)
    draft.recheck(verdict.turns_at)
    if verdict.holds:
        yield Admission(explain(campaign.enter, view, draft.now), draft.now)


def _triggered(draft: Draft, campaign: Campaign, runs: list[Enrollment]) -> Iterator[Admission]:
    """One admission for each event that no run has consumed and whose key may enter."""
    if campaign.on is None:
        return
    taken = list(runs)
    for event in draft.history.by_name.get(campaign.on.event.casefold(), ()):
        key = _key(campaign, event)
        if key is None or not _counts(draft, campaign, event, [e for e in taken if e.key == key]):
            continue
        if not _fits(draft, campaign, event):
            continue
        admission = Admission(f"the event '{event.name}'", _begun(draft, event), key, event, event.properties)
        taken.append(_enrollment(draft, campaign, 0, admission))
        yield admission


def _given_back(draft: Draft, campaign: Campaign, runs: Sequence[Enrollment]) -> Iterator[Admission]:
    """The lead that sales gave back for a reason of this campaign comes in, unless it is in already."""
    event = given_back(draft)
    if event is None or draft.with_sales or any(run.ended_at is None for run in runs):
        return
    found = draft.programme.policy.sales.reasons.get(reason_of(event))
    meant = found is not None and found.campaign == campaign.id and draft.now - _arrived(event) <= STAYS_GOOD
    if found is not None and meant and not any(run.trigger_event == event.id for run in runs):
        yield Admission(f"sales gave the lead back: {found.title}", draft.now, event=event, properties=event.properties)


def _key(campaign: Campaign, event: Event) -> str | None:
    """The key under which the event lets the lead in; None if it lacks it."""
    if campaign.on is None or not campaign.on.key:
        return ""
    found = event.properties.get(campaign.on.key.removeprefix("trigger."))
    return None if found is None else str(found)


def _arrived(event: Event) -> datetime:
    return event.received_at or event.at


def _counts(draft: Draft, campaign: Campaign, event: Event, runs: Sequence[Enrollment]) -> bool:
    """Whether the event came since the campaign is live, and when its key could enter: an early one is not kept."""
    live_since = draft.programme.standing(campaign.id).live_since
    if live_since is not None and _arrived(event) < live_since and not campaign.backfill:
        return False
    if any(e.trigger_event == event.id for e in runs):
        return False
    open_again = _opens_again(draft, campaign, runs)
    return open_again is not None and open_again <= _arrived(event)


def _fits(draft: Draft, campaign: Campaign, event: Event) -> bool:
    """Beside the trigger, `enter` may ask who the lead is; an old event no longer asks."""
    if campaign.enter is None:
        return True
    if not campaign.backfill and draft.now - _arrived(event) > STAYS_GOOD:
        return False
    view = LeadView(draft.facts, None, campaign, draft.fields, trigger=event.properties, history=draft.history)
    verdict = evaluate(campaign.enter, view, draft.now)
    draft.recheck(verdict.turns_at)
    return verdict.holds


def _begun(draft: Draft, event: Event) -> datetime:
    """Since when the run counts events: right behind its trigger, also when the daemon saw that late."""
    recent = draft.now - STAYS_GOOD <= event.at < draft.now
    return event.at + _GRAIN if recent else draft.now


def _opens_again(draft: Draft, campaign: Campaign, runs: Sequence[Enrollment]) -> datetime | None:
    """From when the lead may enter (again): long ago if it never did; None while it is in, or if it may not."""
    if not runs:
        return _LONG_AGO
    ends = [run.ended_at for run in runs]
    if campaign.reenter is None or None in ends:
        return None
    last = max(end for end in ends if end is not None)
    zone, calendar = draft.zone(campaign), draft.programme.policy.calendar(draft.facts.lead.country)
    return max(after(last, campaign.reenter.after, zone, calendar), last + SOONEST_AGAIN)


def _enrollment(draft: Draft, campaign: Campaign, number: int, admission: Admission) -> Enrollment:
    stage = campaign.first_stage
    lead = draft.facts.lead.id
    return Enrollment(
        id=None,
        campaign=campaign.id,
        run=number,
        key=admission.key,
        entered_at=admission.entered_at,
        stage=stage.id,
        stage_entered_at=draft.now,
        since=draft.now,
        step=stage.steps[0].id if stage.steps and stage.cadence is None else "",
        holdout=held_out(campaign.id, lead, campaign.holdout),
        trigger_event=admission.event.id if admission.event else None,
        trigger=dict(admission.properties),
    )
