"""Advance leads: look at those that are due, decide, write down what was decided."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from engine.domain.journey.decide import decide
from engine.domain.journey.decision import Decision, Line
from engine.domain.journey.facts import LeadFacts
from engine.domain.journey.programme import Programme
from engine.service.sales.hand_over import hand_over
from engine.store.accounts import rescore_of_leads
from engine.store.alerts import add_alert
from engine.store.database import Store, reading, writing
from engine.store.facts import load_facts
from engine.store.journey import Decided, due_leads, next_due_instant, save_decisions

log = logging.getLogger("ripeline.daemon")

UNDECIDED = "undecided"
RETRY = timedelta(hours=1)
BATCH = 100
"""Leads decided in one transaction: enough to share its cost, few enough that other writers on SQLite wait a blink."""


@dataclass(frozen=True, slots=True)
class Advanced:
    """What one batch did."""

    leads: int = 0
    mails: int = 0
    entered: int = 0

    def __add__(self, other: Advanced) -> Advanced:
        return Advanced(self.leads + other.leads, self.mails + other.mails, self.entered + other.entered)


def advance_due(store: Store, programme: Programme, now: datetime, limit: int = BATCH) -> Advanced:
    """Decide one batch of due leads in one transaction; an empty answer means that nobody is due."""
    with reading(store) as connection:
        first = next_due_instant(connection)
        if first is None or first > now:
            return Advanced()
    with writing(store) as connection:
        facts = load_facts(connection, due_leads(connection, now, limit))
        decided = [Decided(found, _decision(found, programme, now)) for found in facts]
        save_decisions(connection, decided, programme.bundle or None, now)
        hand_over(connection, decided, programme, now)
        _rescore_accounts(connection, decided, programme, now)
        _tell_of_undecided(connection, decided, now)
    return Advanced(
        leads=len(decided),
        mails=sum(len(one.decision.sends) for one in decided),
        entered=sum(e.id is None for one in decided for e in one.decision.enrollments),
    )


def _rescore_accounts(connection: Any, decided: Sequence[Decided], programme: Programme, now: datetime) -> None:
    """A lead's score is part of its account's."""
    changed = [one for one in decided if one.decision.score and one.decision.score.score != one.facts.lead.score]
    if changed:
        rescore_of_leads(connection, [one.facts.lead.id for one in changed], programme.account_borders, now)


def _decision(facts: LeadFacts, programme: Programme, now: datetime) -> Decision:
    """What is decided; a lead whose decision fails, which nobody foresaw, waits an hour and holds up nobody else."""
    try:
        return decide(facts, programme, now)
    except Exception as fault:
        log.exception("lead %d cannot be decided", facts.lead.id)
        told = Line(now, UNDECIDED, data={"fault": f"{type(fault).__name__}: {fault}"[:200]})
        return Decision(lines=(told,), recheck_at=now + RETRY)


def _tell_of_undecided(connection: Any, decided: Sequence[Decided], now: datetime) -> None:
    """One alert for all of them; the log has the traceback, and each lead's story the line."""
    leads = [one.facts.lead.id for one in decided if any(line.code == UNDECIDED for line in one.decision.lines)]
    if leads:
        text = f"lead {leads[0]} (and perhaps others) cannot be decided: a fault of Ripeline, see the daemon's log"
        add_alert(connection, "decide", text, now)


def advance_all(
    store: Store, programme: Programme, now: datetime, after: Callable[[Advanced], None] | None = None
) -> Advanced:
    """Decide every lead that is due at `now`, batch by batch; `after` hears of each batch once it is committed."""
    total = Advanced()
    while (batch := advance_due(store, programme, now)).leads:
        total += batch
        if after is not None:
            after(batch)
        if batch.leads < BATCH:
            break
    return total
