"""A lead's past, put in order once for one decision, however many rules and campaigns ask for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Generic, TypeVar

from engine.domain.actor import Actor
from engine.domain.delivery import DeliveryState, MailKind
from engine.domain.journey.facts import Action, Delivery, Enrollment, Event, EventKind, LeadFacts

NAMED_EVENTS = frozenset({EventKind.CUSTOM, EventKind.FORM, EventKind.PAGE_VIEW})
"""Events that rules and triggers know by their names."""

_MAIL_EVENTS = (EventKind.OPEN, EventKind.CLICK)
_NEVER_CAME = tuple(state for state in DeliveryState if not state.counts_for_caps)

Pass = tuple[int | None, str, int]
"""One pass of a step: (enrollment, step, occurrence)."""


T = TypeVar("T")


class _once(Generic[T]):  # noqa: N801 – it is read as a decorator
    """A property worked out at first use; `functools.cached_property` takes a lock each time before Python 3.12."""

    def __init__(self, work: Callable[[Any], T]) -> None:
        self.work, self.name = work, work.__name__

    def __get__(self, owner: Any, of: type | None = None) -> T:
        found = owner.__dict__[self.name] = self.work(owner)
        return found


class History:
    """What happened to a lead. `enrollments` are the runs as this decision has them so far."""

    def __init__(self, facts: LeadFacts) -> None:
        self.facts = facts
        self.enrollments: tuple[Enrollment, ...] = facts.enrollments

    @_once
    def by_name(self) -> dict[str, list[Event]]:
        """Named events by casefolded name, in the order of time; those of machines never count."""
        index: dict[str, list[Event]] = {}
        for event in self.facts.events:
            if event.kind in NAMED_EVENTS and event.actor is Actor.HUMAN:
                index.setdefault(event.name.casefold(), []).append(event)
        return index

    @_once
    def mail_events(self) -> list[Event]:
        """Opens and clicks of humans: machines and the unknown never count in rules."""
        return [event for event in self.facts.events if event.actor is Actor.HUMAN and event.kind in _MAIL_EVENTS]

    @_once
    def replies(self) -> list[Event]:
        return [event for event in self.facts.events if event.kind is EventKind.REPLY]

    @_once
    def mails(self) -> dict[Pass, Delivery]:
        """Every mail by the pass of the step that it belongs to."""
        return {(mail.enrollment, mail.step, mail.occurrence): mail for mail in self.facts.deliveries}

    @_once
    def actions(self) -> dict[Pass, Action]:
        return {(found.enrollment, found.step, found.occurrence): found for found in self.facts.actions}

    @_once
    def _counted(self) -> list[Delivery]:
        """Marketing mails that the lead got, gets or may have got."""
        kind = MailKind.MARKETING
        return [mail for mail in self.facts.deliveries if mail.kind is kind and mail.state not in _NEVER_CAME]

    @_once
    def marketing(self) -> list[datetime]:
        """When the lead got marketing mail, gets it or may have got it, ascending."""
        return sorted([mail.finished_at or mail.created_at for mail in self._counted])

    @_once
    def last_decided(self) -> datetime | None:
        """When the last of these mails was decided."""
        return max([mail.created_at for mail in self._counted], default=None)

    @_once
    def had(self) -> frozenset[tuple[str, str]]:
        """The mails, as (campaign, step), that the lead got in any run, gets, or may have got."""
        return frozenset((mail.campaign, mail.step) for mail in self.facts.deliveries if mail.state not in _NEVER_CAME)

    @_once
    def had_mails(self) -> frozenset[tuple[str, str]]:
        """The same as (campaign, mail)."""
        return frozenset((one.campaign, one.mail) for one in self.facts.deliveries if one.state not in _NEVER_CAME)
