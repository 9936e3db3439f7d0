"""A plan: what applying the files would do to the leads on their way, and to the mails of the next days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from engine.domain.journey.facts import LeadFacts
from engine.domain.journey.outlook import Next, outlook
from engine.domain.journey.programme import Programme
from engine.errors import RipelineError, did_you_mean
from engine.rehearsal.forecast import Forecast, forecast
from engine.service.home import Home
from engine.service.prospect import Prospect
from engine.store.audience import count_inside, leads_at, leads_inside, waiting_at
from engine.store.database import reading
from engine.store.facts import load_facts

SPAN = timedelta(days=7)
SAMPLE = 1_000
"""Leads that are played at most; their mails stand for those of all who are on their way."""
NAMED = 50
"""Leads that are told by name at most."""


@dataclass(frozen=True)
class Volume:
    """The mails of the next days to leads on their way, as things are and as they would be."""

    leads: int
    played: int
    before: Forecast
    after: Forecast


@dataclass(frozen=True, slots=True)
class Traveller:
    """A lead at a place that changes: what comes next for it now, and after the change."""

    name: str
    before: tuple[Next, ...]
    after: tuple[Next, ...]


def volume(home: Home, plan: Prospect, running: Programme, now: datetime) -> Volume:
    """Play the leads who are inside of campaigns that change, under both programmes."""
    changed = sorted({change.campaign for change in plan.difference.changes})
    with reading(home.store) as connection:
        leads = count_inside(connection, changed)
        facts = load_facts(connection, leads_inside(connection, changed, SAMPLE))
    scale = leads / len(facts) if facts else 1.0
    after = planned(plan, running)
    return Volume(
        leads,
        len(facts),
        forecast(facts, running, now, SPAN, scale),
        forecast(facts, after, now, SPAN, scale),
    )


def planned(plan: Prospect, running: Programme) -> Programme:
    """What would run."""
    return replace(running, campaigns=plan.report.campaigns)


def travellers(
    home: Home, plan: Prospect, running: Programme, place: str, now: datetime
) -> tuple[int, list[Traveller]]:
    """Who stands at a place (`stage`, `stage/step` or `campaign/stage/step`): how many, and some by name.

    Raises:
        RipelineError: nobody stands there.
    """
    campaign, stage, step = _place(home, running, place)
    with reading(home.store) as connection:
        count, numbers = leads_at(connection, campaign, stage, step, NAMED)
        facts = load_facts(connection, numbers)
    after = planned(plan, running)
    return count, [_traveller(found, running, after, campaign, now) for found in facts]


def _traveller(facts: LeadFacts, before: Programme, after: Programme, campaign: str, now: datetime) -> Traveller:
    return Traveller(
        facts.lead.email or f"lead {facts.lead.id}",
        _of(outlook(facts, before, now), campaign),
        _of(outlook(facts, after, now), campaign),
    )


def _of(coming: Sequence[Next], campaign: str) -> tuple[Next, ...]:
    return tuple(found for found in coming if found.campaign == campaign and found.kind != "never")


def _place(home: Home, running: Programme, wanted: str) -> tuple[str, str, str]:
    """The campaign, stage and step (may be empty) that somebody means."""
    places: dict[str, tuple[str, str, str]] = {}
    with reading(home.store) as connection:
        for name in running.campaigns:
            for stage, step in waiting_at(connection, name):
                for where, called in ((step, f"{stage}/{step}"), ("", stage)):
                    places[f"{name}/{called}"] = places[called] = (name, stage, where)
    if wanted not in places:
        hint = did_you_mean(wanted, places) or f"leads stand at: {', '.join(sorted(places)[:8]) or 'no place at all'}"
        raise RipelineError(f"nobody stands at '{wanted}'; {hint}")
    return places[wanted]
