"""The story of a lead for sales, as it is kept with a hand-off: mail, page, webhook and CRM say the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from engine.domain.actor import Actor
from engine.domain.journey.decision import Handover
from engine.domain.journey.facts import Event, EventKind, LeadFacts
from engine.domain.own_events import BOOKKEEPING
from engine.domain.sales.sheet import Deed, Sheet

MOST_DEEDS = 40
_SHORT = 3
_WORDS = {EventKind.FORM: "sent the form", EventKind.PAGE_VIEW: "looked at", EventKind.CUSTOM: ""}


def brief_of(
    facts: LeadFacts,
    handover: Handover,
    theme: str,
    title: Callable[[str, str], str],
    colleagues: Sequence[str] = (),
    company: str = "",
) -> dict[str, Any]:
    """The story in plain values: `title` gives the subject of a mail by (campaign, step), `theme` is in words."""
    lead, deeds = facts.lead, [*_deeds(facts, title)]
    fields = lead.fields
    return {
        "who": name_of(fields, lead.email),
        "company": str(fields.get("company") or company),
        "job": str(fields.get("title") or ""),
        "role": str(fields.get("role") or ""),
        "place": ", ".join(part for part in (str(fields.get("city") or ""), lead.country.upper()) if part),
        "email": lead.email,
        "phone": str(fields.get("phone") or ""),
        "score": lead.score,
        "fit": lead.fit,
        "theme": theme,
        "because": handover.because,
        "headline": _headline(handover, deeds),
        "deeds": deeds,
        "answers": _answers(facts),
        "say": handover.note or _first_words(deeds),
        "avoid": _rather_not(str(fields.get("role") or ""), handover),
        "colleagues": list(colleagues),
    }


def name_of(fields: Mapping[str, Any], email: str) -> str:
    """How a person is called: by name, or by the address."""
    parts = [str(fields.get(key) or "") for key in ("first_name", "last_name")]
    return " ".join(part for part in parts if part) or str(fields.get("name") or email or "somebody without a name")


def sheet_of(brief: Mapping[str, Any], told: Callable[[datetime], str]) -> Sheet:
    """The story as a person reads it; `told` says an instant in their words."""
    texts = ("company", "job", "role", "place", "email", "phone", "because", "headline", "say", "avoid")
    standing = [f"score {brief.get('score', 0):g}", f"fit {brief['fit']}" if brief.get("fit") else ""]
    deeds = [Deed(told(datetime.fromisoformat(one["at"])), str(one["what"])) for one in brief.get("deeds", ())]
    return Sheet(
        who=str(brief.get("who", "")),
        **{name: str(brief.get(name) or "") for name in texts},
        standing=" · ".join(part for part in standing if part),
        cares=str(brief.get("theme") or ""),
        deeds=tuple(deeds),
        answers=tuple((str(asked), str(said)) for asked, said in brief.get("answers", ())),
        colleagues=tuple(map(str, brief.get("colleagues", ()))),
    )


def _deeds(facts: LeadFacts, title: Callable[[str, str], str]) -> list[dict[str, str]]:
    found = []
    for event in reversed(facts.events):
        what = _what(event, title)
        if what and event.actor is Actor.HUMAN and event.name.casefold() not in BOOKKEEPING:
            found.append({"at": event.at.isoformat(), "what": what})
    return found[:MOST_DEEDS]


def _what(event: Event, title: Callable[[str, str], str]) -> str:
    mail = title(event.campaign, event.step) if event.step else ""
    match event.kind:
        case EventKind.CLICK:
            return f"clicked “{event.link or 'a link'}”" + (f" in “{mail}”" if mail else "")
        case EventKind.OPEN:
            return f"opened “{mail}”" if mail else ""
        case EventKind.REPLY:
            return f"answered “{mail}”" if mail else "answered a mail"
        case kind if kind in _WORDS:
            return f"{_WORDS[kind]} {event.name.replace('_', ' ')}".strip()
        case _:
            return ""


def _answers(facts: LeadFacts) -> list[tuple[str, str]]:
    """What the lead said of itself in forms, the latest for each question."""
    found: dict[str, str] = {}
    for event in facts.events:
        if event.kind is EventKind.FORM:
            found |= {str(key).replace("_", " "): str(value) for key, value in event.properties.items() if value}
    return list(found.items())


def _headline(handover: Handover, deeds: Sequence[Mapping[str, str]]) -> str:
    """What the last days were about, the newest last, as a subject says it."""
    latest = [one["what"].replace("“", "").replace("”", "") for one in deeds if not one["what"].startswith("opened")]
    told = list(dict.fromkeys(what.partition(" in ")[0] for what in latest))[:_SHORT]
    return ", ".join(reversed(told)) or handover.because


def _first_words(deeds: Sequence[Mapping[str, str]]) -> str:
    return f"Begin with the latest: {deeds[0]['what']}." if deeds else ""


def _rather_not(role: str, handover: Handover) -> str:
    if role and role != "decides":
        return f"Do not ask them to decide ({role}): ask who does."
    if handover.rule.startswith("event("):
        return "Do not begin at the beginning: they asked for you, and know what is listed below."
    return "No quiz about budget and timing: they did not ask for a call, they are still reading."
