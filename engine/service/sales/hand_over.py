"""Handing over: who gets each lead that ripened in a batch, the story that goes with it, and who is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from engine.domain.journey.decision import Handover, Line
from engine.domain.journey.facts import LeadFacts
from engine.domain.journey.handing import route_for, working_time
from engine.domain.journey.policy import Policy
from engine.domain.journey.programme import Programme
from engine.domain.leadfields import folded
from engine.domain.sales.brief import brief_of, name_of
from engine.domain.sales.clock import first_deadline
from engine.domain.sales.handoff import HandoffState
from engine.domain.sales.occasion import HANDED_OFF
from engine.domain.sales.routing import Load, Routed
from engine.service.sales.news import News, tell_news
from engine.service.themes import themes_of
from engine.store.handoffs import add_handoff, colleagues_of, companies_of, loads_since, own_lead, subjects_of
from engine.store.journey import BUILT_IN, Decided, tell

LATELY = timedelta(days=30)
"""Over which time results are counted."""


def hand_over(connection: Any, decided: Sequence[Decided], programme: Programme, now: datetime) -> int:
    """Write the hand-offs of a batch down in its transaction, each with its owner and story; how many there were."""
    ripe = [one for one in decided if one.decision.handover is not None]
    if not ripe:
        return 0
    loads = loads_since(connection, programme.policy.sales.team.takers(), now - LATELY)
    ids = [one.facts.lead.id for one in ripe]
    subjects, companies, themes = subjects_of(connection, ids), companies_of(connection, ids), themes_of(connection)
    for one in ripe:
        company = companies.get(one.facts.lead.id)
        ripened = Ripened(_as_decided(one), one.decision.handover, company, now)
        routed = _route(ripened, programme.policy, loads)
        title = partial(_title, subjects, one.facts.lead.id)
        number = _write(connection, ripened, routed, _story(connection, ripened, themes, title), programme.policy)
        if number is not None:
            loads[routed.owner] = loads.get(routed.owner, Load()).with_one_more(number)
    return len(ripe)


@dataclass(frozen=True, slots=True)
class Ripened:
    """A lead that is handed over now, with the account that it belongs to."""

    facts: LeadFacts
    handover: Any
    company: Any | None
    now: datetime


def _story(connection: Any, ripened: Ripened, themes: Mapping[str, str], title: Callable[[str, str], str]) -> Any:
    handover: Handover = ripened.handover
    theme = themes.get(handover.theme, handover.theme.replace("-", " "))
    company = ripened.company
    colleagues = _colleagues(connection, ripened.facts.lead.id, company)
    return brief_of(ripened.facts, handover, theme, title, colleagues, company.name if company else "")


def _as_decided(one: Decided) -> LeadFacts:
    """The facts with the score that this decision found."""
    from msgspec.structs import replace

    score = one.decision.score
    lead = one.facts.lead if score is None else replace(one.facts.lead, score=score.score, fit=score.fit)
    return replace(one.facts, lead=lead)


def _route(ripened: Ripened, policy: Policy, loads: Mapping[str, Load]) -> Routed:
    company = ripened.company
    known = (company.domain or "", company.owner or "") if company else ("", "")
    return route_for(ripened.facts, ripened.handover, policy, loads, ripened.now, known)


def _title(subjects: Mapping[tuple[int, str, str], str], lead: int, campaign: str, step: str) -> str:
    return subjects.get((lead, campaign, step), step.replace("-", " "))


def _colleagues(connection: Any, lead: int, company: Any | None) -> list[str]:
    found = colleagues_of(connection, lead, company.account) if company else []
    return [_called(row) for row in found]


def _called(row: Any) -> str:
    role = str(row.fields.get("role") or row.fields.get("title") or "")
    return f"{name_of(row.fields, row.email)} ({role})" if role else name_of(row.fields, row.email)


def _write(connection: Any, ripened: Ripened, routed: Routed, story: Mapping[str, Any], policy: Policy) -> int | None:
    """The hand-off's number; None if sales has the lead already."""
    facts, handover, now = ripened.facts, ripened.handover, ripened.now
    lead = facts.lead
    values = {
        "lead_id": lead.id,
        "account_id": ripened.company.account if ripened.company else None,
        "at": now,
        "ripened_at": handover.ripened_at,
        "rule": handover.rule,
        "because": handover.because,
        "campaign": handover.campaign,
        "theme": handover.theme,
        "note": handover.note,
        "owner": routed.owner,
        "route": routed.why,
        "state": HandoffState.OPEN.value,
        "clock_at": first_deadline(policy.sales.deadlines, now, working_time(policy)),
        "story": dict(story),
    }
    number = add_handoff(connection, values)
    if number is None:
        return None
    if routed.owner and routed.owner != lead.owner:
        own_lead(connection, lead.id, routed.owner, _folded(facts, routed.owner))
    tell(connection, lead.id, Line(now, "handed_over", data={"owner": routed.owner, "why": routed.why}))
    more = {"because": handover.because, "why": routed.why}
    tell_news(connection, policy.sales, News(HANDED_OFF, number, lead.id, routed.owner, story, more), now)
    return number


def _folded(facts: LeadFacts, owner: str) -> dict[str, Any]:
    lead = facts.lead
    texts = {name: owner if name == "owner" else str(getattr(lead, name)) for name in BUILT_IN}
    fields: dict[str, Any] = dict(lead.fields)
    return folded(fields, {**texts, "email_domain": lead.email.rpartition("@")[2]})
