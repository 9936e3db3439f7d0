"""Record an opportunity: what another system says of a deal becomes a row, events of its lead, and work for reports.

The same record again changes nothing; a changed one changes what it says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from engine.config.outside import Reports
from engine.domain.deals import EVENTS, TRANSITIONS, DealRecord, Outcome, faults, opened_by, told_outcome
from engine.domain.identity import Identity
from engine.domain.journey.facts import EventKind
from engine.domain.money import EXPONENTS, converted, in_units
from engine.domain.own_events import OPENED
from engine.errors import RipelineError
from engine.service.home import Home
from engine.store.database import writing
from engine.store.events import NewEvent, add_events
from engine.store.handoffs import close_handoffs
from engine.store.journey import wake
from engine.store.lead_import import known_leads
from engine.store.opportunities import (
    account_named,
    account_of,
    claimed,
    last_accepted,
    make_stale,
    was_given_back,
    was_mailed,
    write_deal,
)


class DealError(RipelineError):
    """A deal cannot be recorded as it is; the text says which, what is wrong, and what to do."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a record: the deal's number here, whether it was `new` or `changed`, whom it is tied to.

    `events` names those that were written on the lead. `nurtured`: a campaign had mailed the lead before the deal was
    opened; `recycled`: sales had given it back before.
    """

    number: int
    new: bool
    changed: bool
    lead: int | None
    account: int | None
    handoff: int | None
    nurtured: bool
    recycled: bool
    events: tuple[str, ...] = ()


def record_opportunity(home: Home, deal: DealRecord) -> Recorded:
    """Write a deal down as it is now, tie it to its lead, account and last accepted hand-off, and wake the lead.

    A deal of somebody unknown is recorded too, without a lead and without its name; told again later, it finds them.

    Raises:
        DealError: its values contradict each other, its currency has no rate here, or its outcome cannot become so.
    """
    now = home.clock.now()
    ours = in_our_currency(deal, home.config.reports)
    for name, why in faults(ours, now):
        raise DealError(f"{deal}: {name} {why}")
    with writing(home.store) as connection:
        return take_deal(connection, ours, now)


def in_our_currency(deal: DealRecord, reports: Reports) -> DealRecord:
    """The deal with its amounts in the currency of reports; without a currency it is meant in that one.

    Raises:
        DealError: it is in another currency that config has no rate for.
    """
    ours = reports.currency
    theirs = deal.currency or ours
    if theirs == ours:
        return replace(deal, currency=ours)
    why = not_convertible(theirs, reports)
    if why:
        raise DealError(f"{deal}: currency {why}")
    rate = Decimal(str(reports.rates[theirs]))
    listed = converted(deal.list_amount, theirs, rate, ours) if deal.list_amount is not None else None
    return replace(deal, currency=ours, amount=converted(deal.amount, theirs, rate, ours), list_amount=listed)


def not_convertible(currency: str, reports: Reports) -> str:
    """Why amounts in this currency cannot be taken, as the end of a sentence; empty if they can."""
    if currency not in EXPONENTS:
        return f"'{currency}' is none of ISO 4217"
    if currency in (reports.currency, *reports.rates):
        return ""
    return (
        f"is {currency}, but this home counts in {reports.currency} and has no rate for it; "
        f"give one in config.toml: [reports] rates = {{ {currency} = … }}, or convert the amounts"
    )


def take_deal(connection: Any, deal: DealRecord, now: datetime) -> Recorded:
    """`record_opportunity` within a transaction, for a deal that was checked and is in the home's currency.

    Raises:
        DealError: its outcome cannot become so.
    """
    row, new = claimed(connection, deal.source, deal.external_id, deal.opened_at)
    before = None if new else Outcome(row.outcome)
    why = not_a_transition(before, deal)
    if why:
        raise DealError(f"{deal}: outcome {why}")
    values = _values(connection, deal, row)
    changed = new or any(getattr(row, name) != value for name, value in values.items())
    events: tuple[str, ...] = ()
    if changed:
        write_deal(connection, row.id, {**values, "updated_at": now, "stale": True})
        make_stale(connection, {one for one in (row.lead_id, values["lead_id"]) if one is not None})
        events = _tell_lead(connection, deal, row, values["lead_id"], before, now)
        if values["lead_id"] is not None and deal.outcome is not Outcome.OPEN and before is not deal.outcome:
            close_handoffs(connection, values["lead_id"], now)
    tied = {name: values[name] for name in ("nurtured", "recycled")}
    return Recorded(
        row.id, new, changed, values["lead_id"], values["account_id"], values["handoff_id"], **tied, events=events
    )


def not_a_transition(before: Outcome | None, deal: DealRecord) -> str:
    """Why a deal cannot go from one outcome to what the record says, as the end of a sentence; empty if it can."""
    if before is None or before is deal.outcome or deal.outcome in TRANSITIONS[before]:
        return ""
    return f"cannot be {told_outcome(deal.outcome)} once it was {told_outcome(before)}; reopen the deal, or lose it"


def _values(connection: Any, deal: DealRecord, row: Any) -> dict[str, Any]:
    """The columns of the deal as they should be."""
    who = _lead_of(connection, deal.lead) or row.lead_id
    by = opened_by(deal.opened_at)
    account = account_named(connection, deal.account)
    if account is None and who is not None:
        account = account_of(connection, who)
    return {
        "lead_id": who,
        "account_id": account if account is not None else row.account_id,
        "handoff_id": last_accepted(connection, who, by) if who is not None else row.handoff_id,
        # a deal's name may say a person's; without a lead nobody could have it erased
        "name": deal.name if who is not None else "",
        "amount": deal.amount,
        "list_amount": deal.list_amount,
        "currency": deal.currency,
        "stage": deal.stage,
        "outcome": deal.outcome.value,
        "opened_at": deal.opened_at,
        "closed_at": deal.closed_at,
        # of somebody who was erased it stays known how they came to the deal
        "nurtured": was_mailed(connection, who, by) if who is not None else row.nurtured,
        "recycled": was_given_back(connection, who, by) if who is not None else row.recycled,
    }


def _lead_of(connection: Any, names: tuple[Identity, ...]) -> int | None:
    """The lead that the first known of these names belongs to."""
    known = known_leads(connection, names) if names else {}
    return next((known[one] for one in names if one in known), None)


def _tell_lead(
    connection: Any, deal: DealRecord, row: Any, who: int | None, before: Outcome | None, now: datetime
) -> tuple[str, ...]:
    """Write down on the lead what happened to its deal, each once, and wake it; the names of the events."""
    if who is None:
        return ()
    happened = [_event(deal, row.id, who, OPENED, deal.opened_at, now)]
    if deal.outcome in EVENTS and deal.closed_at is not None and (before is not deal.outcome or row.lead_id != who):
        happened.append(_event(deal, row.id, who, EVENTS[deal.outcome], deal.closed_at, now))
    told = tuple(one.name for one in happened if add_events(connection, [one]))
    if told:
        wake(connection, [who], now)
    return told


def _event(deal: DealRecord, number: int, who: int, name: str, at: datetime, now: datetime) -> NewEvent:
    closing = "" if name == OPENED else f":{deal.outcome.value}:{at.isoformat()}"
    return NewEvent(
        f"deal:{number}:{name}{closing}:{who}",
        who,
        EventKind.CUSTOM,
        at,
        now,
        name,
        judged=f"told by {deal.source}",
        properties=_properties(deal),
    )


def _properties(deal: DealRecord) -> Mapping[str, object]:
    """What rules may ask of the deal; its name is left out, as it may be a person's."""
    return {
        "id": deal.external_id,
        "source": deal.source,
        "amount": float(in_units(deal.amount, deal.currency)),
        "currency": deal.currency,
        "stage": deal.stage,
        "outcome": deal.outcome.value,
    }
