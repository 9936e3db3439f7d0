"""Deals: what another system, mostly the CRM, says of an opportunity, and how its outcome may change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from engine.domain.identity import Identity
from engine.domain.own_events import LOST, WON


class Outcome(StrEnum):
    """What became of a deal. `no_decision`: the customer bought from nobody."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"
    NO_DECISION = "no_decision"


TRANSITIONS: Mapping[Outcome, frozenset[Outcome]] = {
    Outcome.OPEN: frozenset({Outcome.WON, Outcome.LOST, Outcome.NO_DECISION}),
    Outcome.WON: frozenset({Outcome.OPEN, Outcome.LOST}),
    Outcome.LOST: frozenset({Outcome.OPEN, Outcome.WON, Outcome.NO_DECISION}),
    Outcome.NO_DECISION: frozenset({Outcome.OPEN, Outcome.WON, Outcome.LOST}),
}
"""Closed deals may be reopened, and closed otherwise: who tells us looks now and then, and misses what lies between.
A deal that was won can fall through, which loses it; that the customer decided is no longer in doubt."""

EVENTS: Mapping[Outcome, str] = {Outcome.WON: WON, Outcome.LOST: LOST, Outcome.NO_DECISION: LOST}
"""The event that tells an outcome; it carries the outcome itself as a property."""


@dataclass(frozen=True, slots=True)
class DealRecord:
    """A deal as its own system has it now. (`source`, `external_id`) names it for ever.

    `lead` are names of its person, the best first; none leaves the lead that it has. `account` is one of the names of
    its company. Amounts are in the smallest unit of `currency`; `list_amount` is before any discount.
    """

    source: str
    external_id: str
    opened_at: datetime
    lead: tuple[Identity, ...] = ()
    account: str = ""
    name: str = ""
    amount: int = 0
    currency: str = ""
    list_amount: int | None = None
    stage: str = ""
    outcome: Outcome = Outcome.OPEN
    closed_at: datetime | None = None

    def __str__(self) -> str:
        return f"deal {self.external_id} of {self.source}"


def faults(deal: DealRecord, now: datetime) -> Iterator[tuple[str, str]]:
    """What is wrong with a deal by itself: the field, and a sentence's end that says why."""
    if not deal.source or not deal.external_id:
        yield "external_id", "names no deal: it needs the system it is from, and its id there"
    if deal.amount < 0:
        yield "amount", "is below nothing"
    if deal.list_amount is not None and deal.list_amount < deal.amount:
        yield "list_amount", "is less than the amount, though it is the price before any discount"
    if deal.opened_at > now:
        yield "opened_at", "lies in the future"
    yield from _faults_of_closing(deal, now)


def _faults_of_closing(deal: DealRecord, now: datetime) -> Iterator[tuple[str, str]]:
    if deal.outcome is Outcome.OPEN:
        if deal.closed_at is not None:
            yield "closed_at", "stands with a deal that is open; leave it empty, or say the outcome"
    elif deal.closed_at is None:
        yield "closed_at", f"is missing, though the deal is {told_outcome(deal.outcome)}"
    elif deal.closed_at < deal.opened_at:
        yield "closed_at", "lies before the deal was opened"
    elif deal.closed_at > now:
        yield "closed_at", f"lies in the future, though the deal is {told_outcome(deal.outcome)}"


def told_outcome(outcome: Outcome) -> str:
    """The outcome as the end of a sentence that begins with the deal."""
    return {"no_decision": "closed without a decision"}.get(outcome.value, outcome.value)


def opened_by(opened_at: datetime) -> datetime:
    """The instant before which things came before the deal.

    A deal that is known by its day alone, which stands as that day's midnight, was opened at some hour of it: what made
    it come was mostly there on the same day.
    """
    return opened_at + timedelta(days=1) if opened_at.time() == time.min else opened_at
