"""Sales, as one life sees it: when it was handed over and to whom, the clock that runs, and what sales answers.

What the daemon does with the table of hand-offs is done here to values; who decides is the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from msgspec import structs

from engine.domain.journey.decision import Handover
from engine.domain.journey.facts import LeadFacts
from engine.domain.journey.handing import answer_at, giving_back, route_for, working_time
from engine.domain.journey.policy import Policy
from engine.domain.own_events import ACCEPTED, RECYCLED, SNOOZED
from engine.domain.sales.clock import first_deadline, ring
from engine.domain.sales.handoff import TRANSITIONS, Handoff, HandoffState
from engine.domain.sales.policy import EXPIRED_REASON

NOBODY, SALES = "nobody", "sales"
_BY_THE_CLOCK = {HandoffState.ESCALATED: "handoff_escalated", HandoffState.OPEN: "handoff_reopened"}


class Life(Protocol):
    """The life in which it happens; `engine.rehearsal.life` has one."""

    facts: LeadFacts
    now: datetime

    def tells(self, code: str, data: Mapping[str, object]) -> None: ...
    def hears(self, name: str, said: Mapping[str, object]) -> None: ...
    def look(self) -> None: ...


@dataclass(frozen=True, slots=True)
class InHand:
    """One hand-off of the lead: since when, why and by which campaign, whose it is, how it stands, how it ended."""

    number: int
    at: datetime
    owner: str = ""
    because: str = ""
    campaign: str = ""
    state: HandoffState = HandoffState.OPEN
    clock_at: datetime | None = None
    reason: str = ""
    accepted_at: datetime | None = None
    ended_at: datetime | None = None


def as_in_hand(row: Any) -> InHand:
    """A hand-off of the store, which came before all others that follow."""
    state = HandoffState(row.state)
    return InHand(0, row.at, row.owner, row.because, row.campaign, state, row.clock_at, accepted_at=row.answered_at)


class NotInHandError(Exception):
    """Sales cannot answer so: it has no lead in hand, or said something else before. `last` is its last hand-off."""

    def __init__(self, last: InHand | None) -> None:
        super().__init__()
        self.last = last


class Desk:
    """What sales had of one lead, oldest first. `clock_at` is when time alone changes the last of them."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.handoffs: list[InHand] = []
        self.clock_at: datetime | None = None

    def copy(self) -> Desk:
        """The same until now, which goes on by itself from here."""
        other = Desk(self.policy)
        other.handoffs, other.clock_at = [*self.handoffs], self.clock_at
        return other

    def take(self, life: Life, handover: Handover) -> None:
        """The lead is handed over now; from here on it is whoever's it was given to."""
        route = route_for(life.facts, handover, self.policy, {}, life.now)
        clock_at = first_deadline(self.policy.sales.deadlines, life.now, working_time(self.policy))
        number = self.handoffs[-1].number + 1 if self.handoffs else 1
        found = InHand(number, life.now, route.owner, handover.because, handover.campaign, clock_at=clock_at)
        self.has_had(found)
        life.tells("handed_over", {"owner": route.owner, "why": route.why})
        if route.owner:
            life.facts = structs.replace(life.facts, lead=structs.replace(life.facts.lead, owner=route.owner))

    def has_had(self, found: InHand) -> None:
        """Sales has the lead by this hand-off, which came before or comes now."""
        self.handoffs.append(found)
        self.clock_at = found.clock_at

    def ring(self, life: Life) -> bool:
        """Do what the clock makes due by now; whether it did anything."""
        if self.clock_at is None or self.clock_at > life.now:
            return False
        last = self.handoffs[-1]
        handoff = Handoff(last.number, last.state, last.at, last.clock_at)
        tick = ring(handoff, self.policy.sales.deadlines, life.now, working_time(self.policy))
        if tick is None:
            return False
        if tick.state is HandoffState.EXPIRED:
            self._ends(life, tick.state, EXPIRED_REASON, NOBODY)
        else:
            self._now_is(replace(last, state=tick.state, clock_at=tick.clock_at))
            life.tells(_BY_THE_CLOCK[tick.state], {"owner": last.owner})
        return True

    # What sales answers; raises NotInHandError where it cannot

    def accepts(self, life: Life) -> None:
        """Sales takes care of the lead; its campaigns stay paused."""
        last = self._to(HandoffState.ACCEPTED)
        self._now_is(replace(last, state=HandoffState.ACCEPTED, clock_at=None, accepted_at=life.now))
        self._says(life, ACCEPTED, ACCEPTED, {"by": last.owner or SALES})
        life.look()

    def rejects(self, life: Life, reason: str) -> None:
        """Sales gives the lead back: marketing goes on with it."""
        last = self._to(HandoffState.REJECTED)
        self._ends(life, HandoffState.REJECTED, reason, last.owner or SALES)
        life.look()

    def snoozes(self, life: Life, until: datetime) -> None:
        """Sales wants to be asked again later."""
        last = self._to(HandoffState.SNOOZED)
        self._now_is(replace(last, state=HandoffState.SNOOZED, clock_at=until))
        self._says(life, SNOOZED, SNOOZED, {"by": last.owner or SALES, "until": until.isoformat()})
        life.look()

    def _to(self, state: HandoffState) -> InHand:
        """The hand-off that may go to this state."""
        last = self.handoffs[-1] if self.handoffs else None
        if last is None or state not in TRANSITIONS[last.state]:
            raise NotInHandError(last)
        return last

    def _ends(self, life: Life, state: HandoffState, reason: str, by: str) -> None:
        """Marketing has the lead again; its journey goes on by the event that is written."""
        told = "handoff_rejected" if state is HandoffState.REJECTED else "handoff_recycled"
        self._says(life, RECYCLED, told, giving_back(reason, by))
        ended = replace(self.handoffs[-1], state=state, clock_at=None, reason=reason, ended_at=life.now)
        self._now_is(ended)

    def _now_is(self, found: InHand) -> None:
        self.handoffs[-1] = found
        self.clock_at = found.clock_at

    def _says(self, life: Life, name: str, told: str, said: dict[str, str]) -> None:
        """An answer, as an event of the lead and as a line of its story."""
        life.tells(told, said)
        life.now = answer_at(life.now, life.facts.lead.lifecycle_since)
        life.hears(name, {"handoff": self.handoffs[-1].number, **said})
