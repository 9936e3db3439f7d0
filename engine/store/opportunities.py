"""Opportunities: each external record once, tied to the lead, the account and the hand-off that it came of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, exists, func, select, update

from engine.domain.deals import Outcome
from engine.domain.delivery import DeliveryState, MailKind
from engine.domain.own_events import RECYCLED
from engine.store.inserts import insert_ignoring
from engine.store.leads import lead
from engine.store.revenue_tables import OpportunityRow
from engine.store.sales_tables import AccountNameRow, AccountRow, HandoffRow
from engine.store.tables import DeliveryRow, EventRow

opportunity: Table = OpportunityRow.__table__  # type: ignore[attr-defined]
handoff: Table = HandoffRow.__table__  # type: ignore[attr-defined]
account: Table = AccountRow.__table__  # type: ignore[attr-defined]
account_name: Table = AccountNameRow.__table__  # type: ignore[attr-defined]
delivery: Table = DeliveryRow.__table__  # type: ignore[attr-defined]
event: Table = EventRow.__table__  # type: ignore[attr-defined]


def claimed(connection: Connection, source: str, external_id: str, opened_at: datetime) -> tuple[Any, bool]:
    """The row of this external record, kept from other writers until the transaction ends; whether it is new."""
    first = {
        "source": source,
        "external_id": external_id,
        "opened_at": opened_at,
        "updated_at": opened_at,
        **dict.fromkeys(("name", "currency", "stage"), ""),
        **dict.fromkeys(("nurtured", "recycled"), False),
        "amount": 0,
        "outcome": Outcome.OPEN.value,
        "stale": True,
        "counted": {},
    }
    new = insert_ignoring(connection, opportunity, [first], ("source", "external_id"))
    query = select(opportunity).where(opportunity.c.source == source, opportunity.c.external_id == external_id)
    return connection.execute(query.with_for_update()).one(), bool(new)


def known_deals(connection: Connection, source: str, ids: Sequence[str]) -> dict[str, Any]:
    """The rows of those of these external records that are here, by their ids."""
    query = select(opportunity).where(opportunity.c.source == source, opportunity.c.external_id.in_(list(ids)))
    return {row.external_id: row for row in connection.execute(query)}


def write_deal(connection: Connection, number: int, values: Mapping[str, Any]) -> None:
    """Set these columns of a deal."""
    connection.execute(update(opportunity).where(opportunity.c.id == number).values(**values))


def account_of(connection: Connection, lead_id: int) -> int | None:
    """The company that a lead belongs to."""
    return connection.scalar(select(lead.c.account_id).where(lead.c.id == lead_id))


def account_named(connection: Connection, name: str) -> int | None:
    """The account that goes by this name: a domain, a group's or a CRM's, or its own name in any case."""
    wanted = name.strip().casefold()
    if not wanted:
        return None
    known = select(account_name.c.account_id).where(account_name.c.value.in_((name.strip(), wanted))).limit(1)
    found = connection.scalar(known)
    if found is not None:
        return int(found)
    return connection.scalar(select(account.c.id).where(func.lower(account.c.name) == wanted).order_by(account.c.id))


def was_mailed(connection: Connection, lead_id: int, before: datetime) -> bool:
    """Whether a campaign's marketing mail reached the lead before that instant."""
    found = exists().where(
        delivery.c.lead_id == lead_id,
        delivery.c.campaign != "",
        delivery.c.kind == MailKind.MARKETING.value,
        delivery.c.state == DeliveryState.SENT.value,
        ~delivery.c.test,
        delivery.c.finished_at < before,
    )
    return bool(connection.scalar(select(found)))


def was_given_back(connection: Connection, lead_id: int, before: datetime) -> bool:
    """Whether sales had given the lead back to marketing before that instant."""
    found = exists().where(
        event.c.lead_id == lead_id, event.c.kind == "custom", event.c.name == RECYCLED, event.c.at < before
    )
    return bool(connection.scalar(select(found)))


def last_accepted(connection: Connection, lead_id: int, before: datetime) -> int | None:
    """The lead's last hand-off from before that instant that sales took: answered, and not given back."""
    query = select(func.max(handoff.c.id)).where(
        handoff.c.lead_id == lead_id,
        handoff.c.at < before,
        handoff.c.answered_at.is_not(None),
        handoff.c.reason == "",
    )
    found: int | None = connection.scalar(query)
    return found


def deals_of(connection: Connection, lead_ids: Sequence[int]) -> list[Any]:
    """The deals of these leads, in the order in which they were opened."""
    query = select(opportunity).where(opportunity.c.lead_id.in_(list(lead_ids)))
    return list(connection.execute(query.order_by(opportunity.c.opened_at, opportunity.c.id)))


def make_stale(connection: Connection, lead_ids: Iterable[int]) -> int:
    """Have the credit of all deals of these leads worked out anew; how many deals that are."""
    numbers = sorted(set(lead_ids))
    if not numbers:
        return 0
    of_these = opportunity.c.lead_id.in_(numbers)
    return connection.execute(update(opportunity).where(of_these, ~opportunity.c.stale).values(stale=True)).rowcount


def make_all_stale(connection: Connection) -> int:
    """Have the credit of every deal worked out anew; how many deals that are."""
    return connection.execute(update(opportunity).where(~opportunity.c.stale).values(stale=True)).rowcount
