"""Looking back: whether a lead would have been handed over then, had we known then what we know now.

It asks the same functions as `decide`, on the facts as they stood. What the store keeps no past of – fields, lists – is
as it is today.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from dataclasses import replace as changed
from datetime import datetime

from msgspec.structs import replace

from engine.domain.actor import Actor
from engine.domain.journey.deeds import arrived
from engine.domain.journey.draft import Draft
from engine.domain.journey.facts import Event, LeadFacts
from engine.domain.journey.policy import Policy
from engine.domain.journey.programme import Programme
from engine.domain.journey.ripening import raised_by
from engine.domain.journey.standing import stand
from engine.domain.rules import Rule


@dataclass(frozen=True, slots=True)
class Moment:
    """When a lead was handed over, and how it stood just before: its stage and since when, its hand-off before."""

    at: datetime
    stage: str = ""
    stage_since: datetime | None = None
    handed_off_at: datetime | None = None


def owed_to_machines(facts: LeadFacts, machines: Collection[int], policy: Policy, moment: Moment) -> bool | None:
    """Whether the lead was ripe at that moment with these events (their numbers) and is not without them.

    `policy` has the rule by which it was handed over and no other. None: the lead is not ripe with them either, so
    that its past cannot be told from what is kept, or other events were taken away before.
    """
    stood = as_it_stood(facts, moment)
    if not _ripe(_believing(stood, machines), policy, moment.at):
        return None
    return not _ripe(stood, policy, moment.at)


def by_that_rule(policy: Policy, rule: str, ready: Rule | None) -> Policy:
    """The policy that hands over by one rule only: as a hand-off tells it, and as it is read (None: it cannot be)."""
    raised = frozenset(name for name in policy.sales.hand_raises if raised_by(name).casefold() == rule.casefold())
    sales = changed(policy.sales, hand_raises=raised, ready=None if raised else ready)
    return changed(policy, sales=sales)


def as_it_stood(facts: LeadFacts, moment: Moment) -> LeadFacts:
    """The facts without what came after. Clicks that were not judged yet then count as judged now."""
    lead = replace(
        facts.lead,
        lifecycle=moment.stage,
        lifecycle_since=moment.stage_since,
        handed_off_at=moment.handed_off_at,
    )
    return replace(
        facts,
        lead=lead,
        events=tuple(event for event in facts.events if arrived(event) <= moment.at),
        deliveries=tuple(mail for mail in facts.deliveries if (mail.finished_at or mail.created_at) <= moment.at),
        enrollments=tuple(run for run in facts.enrollments if run.entered_at <= moment.at),
    )


def _believing(facts: LeadFacts, machines: Collection[int]) -> LeadFacts:
    """The facts with those events taken for a person's."""

    def believed(event: Event) -> Event:
        return replace(event, actor=Actor.HUMAN) if event.id in machines else event

    return replace(facts, events=tuple(believed(event) for event in facts.events))


def _ripe(facts: LeadFacts, policy: Policy, at: datetime) -> bool:
    draft = Draft(facts, Programme(0, {}, policy), at)
    stand(draft)
    return draft.handover is not None
