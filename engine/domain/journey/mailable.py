"""Whether a mail may go to a lead now: the gates that a due mail passes, in order, each with its reason.

A gate that closes for good names no later instant; the step is then dropped with the reason. A gate that opens again
names when, and the mail waits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from engine.domain.campaign import Campaign
from engine.domain.delivery import MailKind
from engine.domain.journey.facts import Lead, LeadFacts
from engine.domain.journey.programme import Programme
from engine.domain.rules import Rule
from engine.domain.steps.email import EmailStep
from engine.domain.timing import Window, cap_frees_at, next_open, tell_cap, zone_for


@dataclass(frozen=True, slots=True)
class Held:
    """A closed gate: why, until when (None: for good), and the values that the sentence needs."""

    reason: str
    until: datetime | None = None
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MailRequest:
    """A mail that is due, with all that the gates look at; `already_sending` go to the lead in this tick."""

    facts: LeadFacts
    programme: Programme
    campaign: Campaign
    step: EmailStep
    now: datetime
    holdout: bool
    already_sending: int
    holds: Callable[[Rule], bool]

    @property
    def lead(self) -> Lead:
        return self.facts.lead


def may_mail(request: MailRequest) -> Held | None:
    """The first gate that is closed, or None if the mail may go now."""
    gates = _OPERATIONAL_GATES if request.step.mail_kind is MailKind.OPERATIONAL else _MARKETING_GATES
    return next((held for gate in gates if (held := gate(request)) is not None), None)


def window_zone(window: Window | None, lead: Lead, programme: Programme) -> ZoneInfo:
    """The zone in which the campaign's window is read for this lead."""
    return zone_for(window, lead.zone or None, programme.policy.zone)


def _addressable(request: MailRequest) -> Held | None:
    return None if request.lead.email else Held("no_address")


def _suppressed(request: MailRequest) -> Held | None:
    return _blocked(request, {"all"})


def _opted_out(request: MailRequest) -> Held | None:
    return _blocked(request, {"all", "marketing", f"topic:{request.campaign.theme}"})


def _blocked(request: MailRequest, scopes: set[str]) -> Held | None:
    found = next((s for s in request.facts.suppressions if s.scope in scopes), None)
    return Held("suppressed", data={"reason": found.reason, "since": found.since}) if found else None


def _never_mailed(request: MailRequest) -> Held | None:
    policy = request.programme.policy
    domain = request.lead.email.rpartition("@")[2].casefold()
    if domain in policy.never_domains:
        return Held("never_mail", data={"reason": f"the domain {domain} is never mailed"})
    if policy.never_rule is not None and request.holds(policy.never_rule):
        return Held("never_mail", data={"reason": policy.never_rule.source})
    return None


def _held_out(request: MailRequest) -> Held | None:
    return Held("holdout") if request.holdout else None


def _one_at_a_time(request: MailRequest) -> Held | None:
    """Never two marketing mails to one lead in one tick; the second asks again when the caps know of the first."""
    return Held("one_at_a_time", request.now + timedelta(minutes=1)) if request.already_sending else None


def _capped(request: MailRequest) -> Held | None:
    sent = [
        delivery.finished_at or delivery.created_at
        for delivery in request.facts.deliveries
        if delivery.kind is MailKind.MARKETING and delivery.state.counts_for_caps
    ]
    zone = window_zone(request.campaign.window, request.lead, request.programme)
    freed = cap_frees_at(request.programme.policy.caps, sorted(sent), request.now, zone)
    if freed is None:
        return None
    until, cap = freed
    slot = _next_window(request, until)
    return Held("cap", slot, {"cap": tell_cap(cap)}) if slot else Held("window_never")


def _outside_window(request: MailRequest) -> Held | None:
    slot = _next_window(request, request.now)
    if slot is None:
        return Held("window_never")
    return Held("window", slot) if slot > request.now else None


def _next_window(request: MailRequest, instant: datetime) -> datetime | None:
    """When the window is next open; a time of day in `at` overrides the window, never a blackout date."""
    own_time = request.step.at is not None and request.step.at.time is not None
    window = None if own_time else request.campaign.window
    calendar = request.programme.policy.calendar(request.lead.country)
    return next_open(instant, window, window_zone(request.campaign.window, request.lead, request.programme), calendar)


_OPERATIONAL_GATES = (_addressable, _suppressed)
_MARKETING_GATES = (
    _addressable,
    _opted_out,
    _never_mailed,
    _held_out,
    _one_at_a_time,
    _outside_window,
    _capped,
)
