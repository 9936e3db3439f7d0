"""One lead's life under a programme, in memory: the daemon's own `decide()`, look after look, on a virtual clock.

What the store, the senders and the tracker do around a decision is done here to values: new runs get numbers, mails are
accepted at once (or refused, or bounced), opens and clicks wait out their quarantine. Nothing else decides.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec.structs import replace

from engine.domain.actor import Actor
from engine.domain.delivery import DeliveryState
from engine.domain.journey.decide import decide
from engine.domain.journey.decision import Act, Decision, Line, Send
from engine.domain.journey.facts import (
    Action,
    Delivery,
    Enrollment,
    EnrollmentStatus,
    Event,
    EventKind,
    Lead,
    LeadFacts,
    Suppression,
)
from engine.domain.journey.handing import finishing
from engine.domain.journey.outlook import as_if_silent
from engine.domain.journey.programme import Programme
from engine.domain.leadfields import BUILTINS
from engine.domain.own_events import TASK_DONE
from engine.rehearsal.desk import Desk

QUARANTINE = timedelta(seconds=60)
LOOKS_AT_ONCE = 100
"""So many looks follow each other at one instant at most; a campaign that mails in circles then waits a minute."""

_WAITS_OUT = frozenset({EventKind.OPEN, EventKind.CLICK})
BOUNCED = "bounced: the address does not exist"
UNSUBSCRIBED = "unsubscribed"


class Fate(StrEnum):
    """What the relay makes of a mail: takes it, refuses it for good, or says that the address does not exist."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    BOUNCED = "bounced"


def accepted(send: Send) -> Fate:  # noqa: ARG001
    """Every mail is taken."""
    return Fate.ACCEPTED


@dataclass(frozen=True, slots=True)
class Mailed:
    """A mail that was decided and handed to the relay: when, for which run, to whom, and what became of it."""

    at: datetime
    send: Send
    enrollment: int
    lead: Lead
    fate: Fate = Fate.ACCEPTED


@dataclass(frozen=True, slots=True)
class Acted:
    """An action outside that came due."""

    at: datetime
    act: Act


@dataclass
class Life:
    """The life of one lead, as far as it was played.

    `facts` are what the store would hold at `now`. `mails`, `acts` and `lines` grow in the order of time. `fate` says
    of each mail, as it goes, what the relay makes of it. With a `desk` leads that are handed over come to sales, whose
    clock runs; without one sales has them for good.
    """

    programme: Programme
    facts: LeadFacts
    now: datetime
    quarantine: timedelta = QUARANTINE
    fate: Callable[[Send], Fate] = accepted
    mails: list[Mailed] = field(default_factory=list)
    acts: list[Acted] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    unsettled: list[Event] = field(default_factory=list)
    due_at: datetime | None = None
    looks: int = 0
    desk: Desk | None = None

    def __post_init__(self) -> None:
        self.due_at = self.now

    # What is asked

    @property
    def next_at(self) -> datetime | None:
        """When something is due next: a look, the end of a quarantine or of sales' time; None if only events can."""
        settles = [event.at + self.quarantine for event in self.unsettled]
        clock_at = self.desk.clock_at if self.desk is not None else None
        return min((at for at in (self.due_at, clock_at, *settles) if at is not None), default=None)

    def run(self, campaign: str) -> Enrollment | None:
        """The lead's last run through a campaign."""
        return next((run for run in reversed(self.facts.enrollments) if run.campaign == campaign), None)

    def mailed(self, campaign: str, step: str) -> Mailed | None:
        """The last mail of a step."""
        found = (mail for mail in reversed(self.mails) if (mail.send.campaign, mail.send.step) == (campaign, step))
        return next(found, None)

    def task(self, campaign: str, step: str) -> Action | None:
        """The last action of a step that reaches outside."""
        runs = {run.id for run in self.facts.enrollments if run.campaign == campaign}
        found = (one for one in reversed(self.facts.actions) if one.enrollment in runs and one.step == step)
        return next(found, None)

    @property
    def is_over(self) -> bool:
        """Whether time alone changes nothing any more, and no run is open."""
        open_runs = any(run.status is not EnrollmentStatus.ENDED for run in self.facts.enrollments)
        return self.next_at is None and not open_runs

    def twin(self) -> Life:
        """The same life until now, which goes on by itself from here."""
        other = copy(self)
        other.mails, other.acts, other.lines = [*self.mails], [*self.acts], [*self.lines]
        other.unsettled = [*self.unsettled]
        other.desk = self.desk.copy() if self.desk is not None else None
        return other

    # Time

    def step(self, limit: datetime) -> bool:
        """Do what is due next, if that is not later than `limit`; whether there was anything."""
        at = self.next_at
        if at is None or at > limit:
            return False
        self.look(max(at, self.now))
        return True

    def run_to(self, instant: datetime) -> None:
        """Let time pass until `instant`; what is due then is done too."""
        while self.step(instant):
            pass
        self.now = max(self.now, instant)

    def look(self, now: datetime | None = None) -> None:
        """Decide as the daemon does for a lead that is due or woken, until nothing more happens at this instant."""
        self.now = now or self.now
        self._settle()
        if self.desk is not None:
            self.desk.ring(self)
        for _ in range(LOOKS_AT_ONCE):
            if not self._decide():
                return
        self.due_at = self.now + timedelta(minutes=1)

    def _decide(self) -> bool:
        """One decision, carried out; whether it sent mails, which are over at once and so call for another look."""
        decision = decide(self.facts, self.programme, self.now)
        self.looks += 1
        self.facts = as_if_silent(self.facts, decision, self.now)
        self.lines += decision.lines
        self.acts += [Acted(self.now, act) for act in decision.actions]
        self.due_at = decision.recheck_at
        self._post(decision)
        if self.desk is not None and decision.handover is not None:
            self.desk.take(self, decision.handover)
        return bool(decision.sends)

    def _post(self, decision: Decision) -> None:
        """The relay takes the mails of a decision, or does not."""
        numbers = {(run.campaign, run.run): run.id or 0 for run in self.facts.enrollments}
        for send in decision.sends:
            mail = Mailed(self.now, send, numbers[send.campaign, send.run], self.facts.lead, self.fate(send))
            self.mails.append(mail)
            if mail.fate is not Fate.ACCEPTED:
                self._fail(mail)

    def _fail(self, mail: Mailed) -> None:
        passed = (mail.enrollment, mail.send.step, mail.send.occurrence)
        found = [_failed(one) if _pass(one) == passed else one for one in self.facts.deliveries]
        self.facts = replace(self.facts, deliveries=tuple(found))
        if mail.fate is Fate.BOUNCED:
            self._record(self._event(EventKind.BOUNCE, "hard", mail, Actor.MACHINE))
            self._suppress(BOUNCED, "all")

    def _settle(self) -> None:
        """Events whose quarantine is over count from now, at the instant at which they happened."""
        over = [event for event in self.unsettled if event.at + self.quarantine <= self.now]
        if over:
            self.unsettled = [event for event in self.unsettled if event not in over]
            for event in over:
                self._record(event)

    # What happens to the lead

    def happens(
        self,
        kind: EventKind,
        name: str = "",
        *,
        mail: Mailed | None = None,
        link: str = "",
        by: Actor = Actor.HUMAN,
        properties: Mapping[str, object] | None = None,
    ) -> None:
        """Something happens now. Opens and clicks wait out their quarantine; all else counts at once."""
        event = self._event(kind, name, mail, by, link, properties)
        if kind in _WAITS_OUT:
            self.unsettled.append(event)
            return
        self._record(event)
        self.look()

    def hears(self, name: str, said: Mapping[str, object]) -> None:
        """Somebody writes down an event of the lead; the next look knows it."""
        self._record(self._event(EventKind.CUSTOM, name, None, Actor.HUMAN, properties=said))

    def tells(self, code: str, data: Mapping[str, object]) -> None:
        """A line of the lead's story that no decision tells."""
        self.lines.append(Line(self.now, code, data=dict(data)))

    def finishes(self, task: Action, outcome: str, by: str) -> None:
        """A task is done, or could not be done: the journey goes on."""
        done = replace(task, done_at=self.now, outcome=outcome)
        self.facts = replace(self.facts, actions=tuple(done if one is task else one for one in self.facts.actions))
        told = finishing(task.step, outcome, by)
        self.tells(TASK_DONE, told)
        self.hears(TASK_DONE, told)
        self.look()

    def unsubscribes(self, mail: Mailed) -> None:
        """The lead uses the mail's unsubscribe button."""
        self._suppress(UNSUBSCRIBED, "marketing")
        self.lines.append(Line(self.now, UNSUBSCRIBED, data={"how": "one-click"}))
        self.happens(EventKind.UNSUBSCRIBE, mail=mail)

    def bounces(self, mail: Mailed) -> None:
        """A mail that was accepted comes back: the address does not exist."""
        self._fail(dataclasses.replace(mail, fate=Fate.BOUNCED))
        self.look()

    def becomes(self, values: Mapping[str, object]) -> None:
        """Fields of the lead are written from outside; `lists` and `email` may be among them."""
        lead = self.facts.lead
        own = {name: value for name, value in values.items() if name in _COLUMNS}
        declared = {name: value for name, value in values.items() if name not in _COLUMNS}
        lead = replace(lead, fields={**lead.fields, **declared}, **own)
        self.facts = replace(self.facts, lead=lead)
        self.look()

    def _event(
        self,
        kind: EventKind,
        name: str,
        mail: Mailed | None,
        by: Actor,
        link: str = "",
        properties: Mapping[str, object] | None = None,
    ) -> Event:
        return Event(
            id=len(self.facts.events) + len(self.unsettled) + 1,
            kind=kind,
            at=self.now,
            actor=by,
            name=name,
            received_at=self.now,
            enrollment=mail.enrollment if mail else None,
            campaign=mail.send.campaign if mail else "",
            step=mail.send.step if mail else "",
            link=link,
            properties=properties or {},
        )

    def _record(self, event: Event) -> None:
        """The store gives events in the order in which they happened, and a quarantine may let an older one in late."""
        events = (*self.facts.events, event)
        self.facts = replace(self.facts, events=tuple(sorted(events, key=lambda one: (one.at, one.id))))

    def _suppress(self, reason: str, scope: str) -> None:
        known = self.facts.suppressions
        if all(found.scope != scope for found in known):
            known = (*known, Suppression(reason, scope, self.now))
        self.facts = replace(self.facts, suppressions=known, lead=replace(self.facts.lead, subscribed=False))


_COLUMNS = frozenset({*BUILTINS, "email", "lists", "score", "fit"})
"""What stands beside a lead's declared fields."""


def _pass(mail: Delivery) -> tuple[int, str, int]:
    return mail.enrollment, mail.step, mail.occurrence


def _failed(mail: Delivery) -> Delivery:
    return replace(mail, state=DeliveryState.FAILED)
