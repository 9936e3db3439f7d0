"""One lead's facts as rules see them, from outside of any campaign or from one enrollment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from engine.domain.actor import Actor
from engine.domain.campaign import Campaign
from engine.domain.delivery import DeliveryState
from engine.domain.journey.facts import Enrollment, EnrollmentStatus, Event, EventKind, LeadFacts
from engine.domain.journey.history import History
from engine.domain.journey.route import names_of
from engine.domain.rules import Activity, Reach

_OPENED_OR_CLICKED = {Activity.OPENED: EventKind.OPEN, Activity.CLICKED: EventKind.CLICK}
_TEXT_NAMES = frozenset({"lifecycle", "source", "country", "language", "zone", "owner", "fit"})

FINISHED = "finished"
"""Why an enrollment ended that came to the end of its campaign."""


class LeadView:
    """Implements `engine.domain.rules.FactsView` over the facts of a lead.

    `pending` are field values that this decision has set already. `trigger` stands in for the enrollment's trigger
    while it does not exist yet. `history` is shared by all views of one decision.
    """

    __slots__ = ("_trigger", "campaign", "enrollment", "facts", "history", "pending")

    def __init__(
        self,
        facts: LeadFacts,
        enrollment: Enrollment | None,
        campaign: Campaign | None,
        pending: Mapping[str, object],
        trigger: Mapping[str, object] | None = None,
        history: History | None = None,
    ) -> None:
        self.facts = facts
        self.enrollment = enrollment
        self.campaign = campaign
        self.pending = pending
        self._trigger = trigger
        self.history = history or History(facts)

    @property
    def stage(self) -> str | None:
        return self.enrollment.stage if self.enrollment else None

    @property
    def stage_entered_at(self) -> datetime | None:
        return self.enrollment.stage_entered_at if self.enrollment else None

    @property
    def entered_at(self) -> datetime | None:
        return self.enrollment.entered_at if self.enrollment else None

    def field(self, name: str) -> object:
        if name in self.pending:
            return self.pending[name]
        if name in self.facts.lead.fields:
            return self.facts.lead.fields[name]
        return self._built_in(name)

    def trigger(self, name: str) -> object:
        if self._trigger is not None:
            return self._trigger.get(name)
        return self.enrollment.trigger.get(name) if self.enrollment else None

    def var(self, name: str) -> object:
        return self.campaign.vars.get(name) if self.campaign else None

    def anchor(self, path: tuple[str, str]) -> date | datetime | None:
        """The date that an `at` counts from: of the lead, the trigger or the campaign."""
        scope, name = path
        found = {"lead": self.field, "trigger": self.trigger, "vars": self.var}[scope](name)
        return _as_date(found)

    def events(self, name: str, reach: Reach) -> Sequence[Event]:
        found = self.history.by_name.get(name.casefold(), ())
        if not found:
            return found
        began = self._began(reach)
        return found if began is None else [event for event in found if event.at >= began]

    def mails(
        self, activity: Activity, reach: Reach, campaign: str | None, step: str | None, link: str | None
    ) -> Sequence[datetime]:
        if activity is Activity.SENT:
            return self._sent(reach, campaign, self._steps(reach, step))
        if not self.history.mail_events:
            return ()
        steps = self._steps(reach, step)
        kind = _OPENED_OR_CLICKED[activity]
        return [
            event.at
            for event in self.history.mail_events
            if event.kind is kind
            and (steps is None or event.step in steps)
            and campaign in (None, event.campaign)
            and link in (None, event.link)
            and self._ours(event.enrollment, event.at, reach)
        ]

    def replied(self, reach: Reach) -> bool:
        replies, began = self.history.replies, self._began(reach)
        return bool(replies) if began is None else any(event.at >= began for event in replies)

    def reply_times(self) -> Sequence[datetime]:
        """When a person answered one of our mails."""
        return [event.at for event in self.history.replies if event.actor is Actor.HUMAN]

    def in_list(self, name: str) -> bool:
        return name in self.facts.lead.lists

    def enrolled(self, campaign: str, finished: bool) -> bool:
        runs = [run for run in self.history.enrollments if run.campaign == campaign]
        if finished:
            return any(run.status is EnrollmentStatus.ENDED and run.ended_why == FINISHED for run in runs)
        return bool(runs)

    def _built_in(self, name: str) -> object:
        lead = self.facts.lead
        if name == "created":
            return lead.created_at
        if name == "email_domain":
            return lead.email.rpartition("@")[2] or None
        if name == "subscribed":
            return lead.subscribed
        if name == "score":
            return lead.score
        if name == "account_score":
            return lead.account_score
        found = getattr(lead, name, None) if name in _TEXT_NAMES else None
        return found or None

    def _steps(self, reach: Reach, step: str | None) -> tuple[str, ...] | None:
        """The names under which the step may stand in the facts; None for any step."""
        if step is None:
            return None
        own = reach is not Reach.EVER and self.campaign is not None
        return names_of(self.campaign, step) if own and self.campaign is not None else (step,)

    def _sent(self, reach: Reach, campaign: str | None, steps: tuple[str, ...] | None) -> list[datetime]:
        return [
            mail.finished_at or mail.created_at
            for mail in self.facts.deliveries
            if mail.state is DeliveryState.SENT
            and (steps is None or mail.step in steps)
            and campaign in (None, mail.campaign)
            and self._ours(mail.enrollment, mail.finished_at or mail.created_at, reach)
        ]

    def _ours(self, enrollment: int | None, at: datetime, reach: Reach) -> bool:
        """Whether what happened to a mail lies within the reach: this enrollment, and the time in this stage.

        What advanced the lead into a stage, at that very instant on a stepped clock, does not count in it again.
        """
        if reach is Reach.EVER or self.enrollment is None:
            return True
        if enrollment is None or enrollment != self.enrollment.id:
            return False
        return reach is Reach.ENROLLMENT or at > self.enrollment.stage_entered_at

    def _began(self, reach: Reach) -> datetime | None:
        """Since when events count; None: since ever."""
        if reach is Reach.EVER or self.enrollment is None:
            return None
        return self.enrollment.stage_entered_at if reach is Reach.STAGE else self.enrollment.entered_at


def _as_date(found: object) -> date | datetime | None:
    """A date as it stands in facts: a date, an instant, or the text of one; anything else is no date."""
    if isinstance(found, date):
        return found
    if not isinstance(found, str):
        return None
    try:
        return date.fromisoformat(found) if len(found) == len("2026-01-31") else datetime.fromisoformat(found)
    except ValueError:
        return None
