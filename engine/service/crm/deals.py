"""Opportunities of the CRM become deals."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

from engine.connect.crm import ChangedDeal
from engine.domain.deals import DealRecord, Outcome, faults
from engine.domain.identity import Identity, Rejected
from engine.domain.money import EXPONENTS, read_amount
from engine.service.alerts import raise_alert
from engine.service.crm.lead import SOURCE
from engine.service.home import Home
from engine.service.revenue.record_opportunity import DealError, in_our_currency, take_deal
from engine.store.alerts import end_alert


def take_opportunity(connection: Any, home: Home, changed: ChangedDeal, now: datetime) -> bool:
    """Record the deal as it is now; whether anything changed. One that cannot be is told to the operator."""
    subject = f"crm:deal:{changed.id}"
    try:
        deal = in_our_currency(_deal(home, changed), home.config.reports)
        for name, why in faults(deal, now):
            raise DealError(f"{deal}: {name} {why}")
        done = take_deal(connection, deal, now).changed
    except DealError as error:
        raise_alert(home, subject, f"{error}. It is read again when it changes in the CRM", now, connection)
        return False
    end_alert(connection, subject, now)
    return done


def _deal(home: Home, changed: ChangedDeal) -> DealRecord:
    currency = changed.currency or home.config.reports.currency
    amount = read_amount(changed.amount, currency) if changed.amount and currency in EXPONENTS else 0
    if isinstance(amount, Rejected):
        raise DealError(f"deal {changed.id} of {SOURCE}: amount {amount.reason}")
    return DealRecord(
        SOURCE,
        changed.id,
        changed.opened_at,
        tuple(Identity(SOURCE, name) for name in changed.contacts),
        changed.account,
        changed.name,
        amount,
        currency,
        stage=changed.stage,
        outcome=_outcome(changed),
        closed_at=_closed_at(changed),
    )


def _outcome(changed: ChangedDeal) -> Outcome:
    if not changed.is_closed:
        return Outcome.OPEN
    return Outcome.WON if changed.is_won else Outcome.LOST


def _closed_at(changed: ChangedDeal) -> datetime | None:
    """The day on which the CRM says it closes, no later than it was said and no earlier than it was opened."""
    if not changed.is_closed:
        return None
    if changed.closes_on is None:
        return changed.changed_at
    day = datetime.combine(changed.closes_on, time.min, UTC)
    return max(min(day, changed.changed_at), changed.opened_at)
