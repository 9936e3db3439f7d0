"""What a status of the CRM answers about a lead that sales has: accepted, or given back and why."""

from __future__ import annotations

from engine.connect.crm import ChangedLead
from engine.domain.journey.decision import Line
from engine.service.crm.lead import lead_of, tell_once, told_before
from engine.service.home import Home
from engine.service.sales.answer import HandoffError, accept, reject
from engine.store.database import reading, writing
from engine.store.handoffs import live_handoff


def answer(home: Home, changed: ChangedLead) -> None:
    """Answer the lead's live hand-off if its status changed since, and config says what the new one means.

    In transactions of its own: a replay finds the hand-off answered.
    """
    means = home.config.crm.statuses.get(changed.status, "")
    if not means:
        return
    with reading(home.store) as connection:
        lead = lead_of(connection, changed)
        if lead is None or told_before(connection, lead, changed.id).status == changed.status:
            return
        handoff = live_handoff(connection, lead)
    if handoff is None or changed.changed_at < handoff.at.replace(microsecond=0):
        return
    by = changed.owner or "Salesforce"
    try:
        if means == "accepted":
            accept(home, handoff.id, by)
        else:
            reject(home, handoff.id, by, _reason(home, changed), changed.status)
    except HandoffError as error:
        data = {"status": changed.status, "why": str(error)}
        with writing(home.store) as connection:
            tell_once(connection, lead, Line(home.clock.now(), "crm_not_taken", data=data))


def _reason(home: Home, changed: ChangedLead) -> str:
    """The key of the reason that the CRM's words name, by key or title; the first one if they name none."""
    reasons = home.config.sales.reasons
    known = {_plain(words): key for key, one in reasons.items() for words in (key, one.title)}
    said = (str(changed.fields.get("reason") or ""), changed.status)
    return next((known[_plain(words)] for words in said if _plain(words) in known), next(iter(reasons), ""))


def _plain(words: str) -> str:
    return " ".join(words.casefold().replace("_", " ").split())
