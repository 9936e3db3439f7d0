"""Whether a mail may go to a lead now: the gates that a due mail passes, in order, each with its reason.

A gate that closes for good names no later instant; the step is then dropped with the reason. A gate that opens again
names when, and the mail waits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from engine.domain.campaign import Campaign
from engine.domain.delivery import MailKind
from engine.domain.held import Held
from engine.domain.journey.facts import Lead, LeadFacts
from engine.domain.journey.history import History
from engine.domain.journey.programme import Programme
from engine.domain.rules import Rule
from engine.domain.steps.email import EmailStep
from engine.domain.timing import Window, cap_frees_at, next_open, tell_cap, zone_for

TICK = timedelta(minutes=1)
"""Marketing mails to one lead are decided at least so far apart."""


class Deciding(Protocol):
    """What the gates need to know of the decision in which they are asked."""

    facts: LeadFacts
    programme: Programme
    now: datetime
    history: History

    @property
    def marketing_sends(self) -> int:
        """How many marketing mails this decision already sends."""


@dataclass(frozen=True, slots=True)
class MailRequest:
    """A mail that is due, with all that the gates look at."""

    deciding: Deciding
    campaign: Campaign
    step: EmailStep
    holdout: bool
    holds: Callable[[Rule], bool]

    @property
    def now(self) -> datetime:
        return self.deciding.now

    @property
    def facts(self) -> LeadFacts:
        return self.deciding.facts

    @property
    def lead(self) -> Lead:
        return self.deciding.facts.lead

    @property
    def programme(self) -> Programme:
        return self.deciding.programme

    @property
    def is_marketing(self) -> bool:
        return self.step.mail_kind is MailKind.MARKETING


def may_mail(request: MailRequest) -> Held | None:
    """The first gate that is closed, or None if the mail may go now."""
    gates = _MARKETING_GATES if request.is_marketing else _OPERATIONAL_GATES
    return next((held for gate in gates if (held := gate(request)) is not None), None)


def first_opening(request: MailRequest, instant: datetime) -> datetime | None:
    """From `instant` on, the first moment at which the window lets the mail go; None if there is none in a year."""
    return _next_window(request, instant) if request.is_marketing else instant


def window_zone(window: Window | None, lead: Lead, programme: Programme) -> ZoneInfo:
    """The zone in which the campaign's window is read for this lead."""
    return zone_for(window, lead.zone or None, programme.policy.zone)


def _addressable(request: MailRequest) -> Held | None:
    return None if request.lead.email else Held("no_address")


def _suppressed(request: MailRequest) -> Held | None:
    return _blocked(request, {"all"})


def _opted_out(request: MailRequest) -> Held | None:
    return _blocked(request, {"all", "marketing", f"topic:{request.campaign.theme}"})


def _unpermitted(request: MailRequest) -> Held | None:
    """Where only events made the lead known, nobody asked it: see `engine.service.take_in`."""
    return None if request.lead.subscribed else Held("no_consent")


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
    if request.deciding.marketing_sends:
        return Held("one_at_a_time", request.now + TICK)
    last = request.deciding.history.last_decided
    return Held("one_at_a_time", last + TICK) if last is not None and last + TICK > request.now else None


def _capped(request: MailRequest) -> Held | None:
    caps = request.programme.policy.caps
    zone = window_zone(request.campaign.window, request.lead, request.programme)
    freed = cap_frees_at(caps, request.deciding.history.marketing, request.now, zone)
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
    _unpermitted,
    _never_mailed,
    _held_out,
    _one_at_a_time,
    _outside_window,
    _capped,
)
