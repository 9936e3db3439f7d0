"""Between marketing and sales, for whoever carries a hand-off out: who gets the lead, by when, and what an answer says.

The daemon does so with the store, a rehearsal with values; both ask here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from engine.domain.journey.decision import Handover
from engine.domain.journey.facts import LeadFacts
from engine.domain.journey.policy import Policy
from engine.domain.journey.view import LeadView
from engine.domain.rules import Rule, holds
from engine.domain.sales.clock import After
from engine.domain.sales.routing import Candidate, Load, Routed, choose
from engine.domain.timing import Delay, after, zone_named

_GRAIN = timedelta(microseconds=1)


def route_for(
    facts: LeadFacts,
    handover: Handover,
    policy: Policy,
    loads: Mapping[str, Load],
    now: datetime,
    company: tuple[str, str] = ("", ""),
) -> Routed:
    """Who in sales gets the lead; `company` is the domain and the owner of its account, where that is known."""
    view = LeadView(facts, None, None, {})

    def asked(rule: Rule) -> bool:
        return holds(rule, view, now)

    domain, owner = company
    domain = domain or facts.lead.email.rpartition("@")[2]
    lead = Candidate(facts.lead.owner, domain, owner, asked, handover.to)
    return choose(policy.sales.team, lead, loads, now.astimezone(_zone(policy)).date())


def working_time(policy: Policy) -> After:
    """How sales counts its time: in the company's zone and by its holidays."""
    zone, calendar = _zone(policy), policy.calendar("")

    def over(start: datetime, delay: Delay) -> datetime:
        return after(start, delay, zone, calendar)

    return over


def answer_at(now: datetime, since: datetime | None) -> datetime:
    """The instant of an answer: later than whatever put the lead where it stands, so that the lifecycle follows it."""
    return max(now, since + _GRAIN) if since is not None else now


def giving_back(reason: str, by: str, note: str = "") -> dict[str, str]:
    """What the event `recycled` says, by which the journey goes on."""
    return {"reason": reason, "by": by, **({"note": note} if note else {})}


def finishing(step: str, outcome: str, by: str) -> dict[str, str]:
    """What the event `task_done` says, for rules as `event('task_done', step='call', outcome='reached')`."""
    return {"step": step, "outcome": outcome, "by": by}


def _zone(policy: Policy) -> ZoneInfo:
    return zone_named(policy.zone) or ZoneInfo("UTC")
