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
from engine.store.alerts import add_alert
from engine.store.database import Store, reading, writing
from engine.store.facts import FactRows, fetch_facts
from engine.store.journey import Decided, due_leads, save_decisions

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
    ahead = _decided_ahead(store, programme, now, limit) if store.dialect.name == "sqlite" else None
    if ahead is not None and not ahead.ids:
        return Advanced()
    with writing(store) as connection:
        rows = fetch_facts(connection, due_leads(connection, now, limit) if ahead is None else ahead.ids)
        decided = _decided(rows, ahead, programme, now)
        save_decisions(connection, decided, programme.bundle or None, now)
        _tell_of_undecided(connection, decided, now)
    return Advanced(
        leads=len(decided),
        mails=sum(len(one.decision.sends) for one in decided),
        entered=sum(e.id is None for one in decided for e in one.decision.enrollments),
    )


@dataclass(frozen=True, slots=True)
class _Ahead:
    """Decisions that were made before the transaction that writes them, and the rows that they follow from."""

    ids: Sequence[int]
    rows: FactRows
    decided: Sequence[Decided]


def _decided_ahead(store: Store, programme: Programme, now: datetime, limit: int) -> _Ahead:
    """Decide while others write.

    On SQLite a transaction that writes keeps all other writers waiting, and deciding is the longest part of it. Only
    this process decides in a home on SQLite, so the leads stay due; their facts may change meanwhile.
    """
    with reading(store) as connection:
        ids = due_leads(connection, now, limit)
        rows = fetch_facts(connection, ids)
    return _Ahead(ids, rows, [Decided(found, _decision(found, programme, now)) for found in rows.facts()])


def _decided(rows: FactRows, ahead: _Ahead | None, programme: Programme, now: datetime) -> Sequence[Decided]:
    """What was decided ahead where the facts are still the same, of which alone it follows; else decided now."""
    if ahead is not None and rows == ahead.rows:
        return ahead.decided
    known = {one.facts.lead.id: one for one in ahead.decided} if ahead is not None else {}
    decided = []
    for found in rows.facts():
        before = known.get(found.lead.id)
        same = before is not None and before.facts == found
        decided.append(before if before is not None and same else Decided(found, _decision(found, programme, now)))
    return decided


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
