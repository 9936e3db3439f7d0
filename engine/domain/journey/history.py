"""A lead's past, put in order once for one decision, however many rules and campaigns ask for it."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

from engine.domain.delivery import MailKind
from engine.domain.journey.facts import Action, Actor, Delivery, Enrollment, Event, EventKind, LeadFacts

NAMED_EVENTS = frozenset({EventKind.CUSTOM, EventKind.FORM, EventKind.PAGE_VIEW})
"""Events that rules and triggers know by their names."""

_MAIL_EVENTS = frozenset({EventKind.OPEN, EventKind.CLICK})

Pass = tuple[int | None, str, int]
"""One pass of a step: (enrollment, step, occurrence)."""


class History:
    """What happened to a lead. `enrollments` are the runs as this decision has them so far."""

    def __init__(self, facts: LeadFacts) -> None:
        self.facts = facts
        self.enrollments: tuple[Enrollment, ...] = facts.enrollments

    @cached_property
    def by_name(self) -> dict[str, list[Event]]:
        """Named events by casefolded name, in the order of time."""
        index: dict[str, list[Event]] = {}
        for event in self.facts.events:
            if event.kind in NAMED_EVENTS:
                index.setdefault(event.name.casefold(), []).append(event)
        return index

    @cached_property
    def mail_events(self) -> list[Event]:
        """Opens and clicks of humans: machines and the unknown never count in rules."""
        return [event for event in self.facts.events if event.actor is Actor.HUMAN and event.kind in _MAIL_EVENTS]

    @cached_property
    def replies(self) -> list[Event]:
        return [event for event in self.facts.events if event.kind is EventKind.REPLY]

    @cached_property
    def mails(self) -> dict[Pass, Delivery]:
        """Every mail by the pass of the step that it belongs to."""
        return {(mail.enrollment, mail.step, mail.occurrence): mail for mail in self.facts.deliveries}

    @cached_property
    def actions(self) -> dict[Pass, Action]:
        return {(found.enrollment, found.step, found.occurrence): found for found in self.facts.actions}

    @cached_property
    def marketing(self) -> list[datetime]:
        """When the lead got marketing mail, gets it or may have got it, ascending."""
        return sorted(
            mail.finished_at or mail.created_at
            for mail in self.facts.deliveries
            if mail.kind is MailKind.MARKETING and mail.state.counts_for_caps
        )

    @cached_property
    def last_decided(self) -> datetime | None:
        """When the last of these mails was decided."""
        return max(
            (
                mail.created_at
                for mail in self.facts.deliveries
                if mail.kind is MailKind.MARKETING and mail.state.counts_for_caps
            ),
            default=None,
        )

    @cached_property
    def had(self) -> frozenset[tuple[str, str]]:
        """The mails, as (campaign, step), that the lead got in any run, gets, or may have got."""
        return frozenset((mail.campaign, mail.step) for mail in self.facts.deliveries if mail.state.counts_for_caps)
