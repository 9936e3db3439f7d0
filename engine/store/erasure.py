"""Everything about one lead: handed over on request, and erased on request (GDPR articles 15, 17 and 20)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, delete, select, update

from engine.domain.identity import EMAIL, address_hash
from engine.store.accounts import ANY_CHANGE, account, account_name, rescore_accounts
from engine.store.leads import identities_of, lead, lead_row
from engine.store.permission import suppress_hashes, suppression
from engine.store.revenue_tables import OpportunityRow
from engine.store.sales_tables import HandoffRow, LifecycleChangeRow, OutboxRow
from engine.store.tables import (
    ActionRow,
    AttemptRow,
    ConsentRow,
    DeliveryRow,
    EnrollmentRow,
    EventRow,
    IdentityRow,
    ListMemberRow,
    MailCopyRow,
    PassedOverRow,
    StoryRow,
)

ERASED = "erased"
_DELIVERY: Table = DeliveryRow.__table__  # type: ignore[attr-defined]
_OF_DELIVERIES: tuple[Table, ...] = (
    MailCopyRow.__table__,  # type: ignore[attr-defined]
    AttemptRow.__table__,  # type: ignore[attr-defined]
)
_OF_LEADS: dict[str, Table] = {
    "identities": IdentityRow.__table__,  # type: ignore[attr-defined]
    "lists": ListMemberRow.__table__,  # type: ignore[attr-defined]
    "consents": ConsentRow.__table__,  # type: ignore[attr-defined]
    "events": EventRow.__table__,  # type: ignore[attr-defined]
    "outbox": OutboxRow.__table__,  # type: ignore[attr-defined]
    "handoffs": HandoffRow.__table__,  # type: ignore[attr-defined]
    "lifecycle_changes": LifecycleChangeRow.__table__,  # type: ignore[attr-defined]
    "actions": ActionRow.__table__,  # type: ignore[attr-defined]
    "story": StoryRow.__table__,  # type: ignore[attr-defined]
    "passed_over": PassedOverRow.__table__,  # type: ignore[attr-defined]
    "deliveries": _DELIVERY,
    "enrollments": EnrollmentRow.__table__,  # type: ignore[attr-defined]
}
"""Tables that hold a lead's data, in an order in which they can be emptied."""
_OPPORTUNITY: Table = OpportunityRow.__table__  # type: ignore[attr-defined]


def everything_about(connection: Connection, number: int) -> dict[str, Any]:
    """All that the store knows of a lead and of those merged into it, by table; instants are aware datetimes."""
    ids = _with_merged(connection, number)
    found: dict[str, Any] = {"leads": _rows(connection, lead, lead.c.id.in_(ids))}
    for name, table in _OF_LEADS.items():
        found[name] = _rows(connection, table, table.c.lead_id.in_(ids))
    found["opportunities"] = _rows(connection, _OPPORTUNITY, _OPPORTUNITY.c.lead_id.in_(ids))
    sent = select(_DELIVERY.c.id).where(_DELIVERY.c.lead_id.in_(ids))
    attempts = _OF_DELIVERIES[1]
    found["attempts"] = _rows(connection, attempts, attempts.c.delivery_id.in_(sent))
    hashes = [row["address_hash"] for row in found["leads"] if row["address_hash"]]
    found["suppressions"] = _rows(connection, suppression, suppression.c.address_hash.in_(hashes))
    return found


def _rows(connection: Connection, table: Table, condition: Any) -> list[dict[str, Any]]:
    key = list(table.primary_key.columns)
    return [dict(row) for row in connection.execute(select(table).where(condition).order_by(*key)).mappings()]


def _with_merged(connection: Connection, number: int) -> Sequence[int]:
    """The lead and all that were merged into it, however deep."""
    ids = [number]
    found = ids
    while found:
        query = select(lead.c.id).where(lead.c.merged_into.in_(found), lead.c.id.not_in(ids))
        found = list(connection.scalars(query))
        ids = [*ids, *found]
    return ids


def erase_lead(connection: Connection, number: int, key: bytes, source: str, now: datetime) -> bool:
    """Take everything about a lead away; whether there was such a lead.

    What stays is the keyed hash of each of its addresses, suppressed for all mail, so that a later import or form does
    not bring it back to life.
    """
    if lead_row(connection, number) is None:
        return False
    ids = _with_merged(connection, number)
    suppress_hashes(connection, _hashes(connection, ids, key), "all", ERASED, source, now)
    sent = select(_DELIVERY.c.id).where(_DELIVERY.c.lead_id.in_(ids))
    for table in _OF_DELIVERIES:
        connection.execute(delete(table).where(table.c.delivery_id.in_(sent)))
    # the company's deal stays among its figures, without the person
    forgotten = {"lead_id": None, "handoff_id": None, "name": ""}
    connection.execute(update(_OPPORTUNITY).where(_OPPORTUNITY.c.lead_id.in_(ids)).values(**forgotten))
    for table in _OF_LEADS.values():
        connection.execute(delete(table).where(table.c.lead_id.in_(ids)))
    accounts = set(
        connection.scalars(select(lead.c.account_id).where(lead.c.id.in_(ids), lead.c.account_id.is_not(None)))
    )
    connection.execute(update(lead).where(lead.c.id.in_(ids)).values(merged_into=None))
    connection.execute(delete(lead).where(lead.c.id.in_(ids)))
    _forget_accounts(connection, accounts, now)
    return True


def _forget_accounts(connection: Connection, accounts: set[int], now: datetime) -> None:
    """A company whose last person is erased goes too, as its domain may be a person's own; one with a deal stays."""
    still = set(connection.scalars(select(lead.c.account_id).where(lead.c.account_id.in_(accounts))))
    still |= set(connection.scalars(select(_OPPORTUNITY.c.account_id).where(_OPPORTUNITY.c.account_id.in_(accounts))))
    empty = accounts - still
    connection.execute(delete(account_name).where(account_name.c.account_id.in_(empty)))
    connection.execute(delete(account).where(account.c.id.in_(empty)))
    rescore_accounts(connection, accounts - empty, ANY_CHANGE, now)


def _hashes(connection: Connection, ids: Sequence[int], key: bytes) -> list[str]:
    """The hashes of every address that these leads ever had."""
    named = [one for found in identities_of(connection, ids).values() for one in found]
    stored = connection.scalars(select(lead.c.address_hash).where(lead.c.id.in_(ids), lead.c.address_hash != ""))
    return [*stored, *(address_hash(key, one.value) for one in named if one.kind == EMAIL)]
