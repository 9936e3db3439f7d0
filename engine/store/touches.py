"""The touches of people: what they did as people, where, and how they became known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, bindparam, false, or_, select, update

from engine.domain.actor import Actor
from engine.domain.attribution import Touch
from engine.domain.journey.facts import EventKind
from engine.domain.own_events import LOST, OPENED, RECYCLED, WON
from engine.store.among import among_numbers, among_texts, unindexed
from engine.store.many import read_many
from engine.store.opportunities import opportunity
from engine.store.tables import DeliveryRow, EventRow, LeadRow

lead: Table = LeadRow.__table__  # type: ignore[attr-defined]
event: Table = EventRow.__table__  # type: ignore[attr-defined]
delivery: Table = DeliveryRow.__table__  # type: ignore[attr-defined]

KINDS = tuple(kind.value for kind in (EventKind.CLICK, EventKind.REPLY, EventKind.FORM, EventKind.PAGE_VIEW))
"""What people do; custom events beside these count by their names. Opens do not: mostly nobody knows who opened."""
NO_TOUCHES = (OPENED, WON, LOST, RECYCLED)
"""Events that we or sales wrote down about the lead."""
EMAIL, WEBSITE = "email", "website"
MOST_PEOPLE = 200
"""Of one account whose touches are read; beyond that an account is no company, but a provider of mail."""

_COLUMNS = (
    *(event.c.lead_id, event.c.at, event.c.kind, event.c.name, event.c.campaign, event.c.step),
    *(delivery.c.topic, event.c.properties, event.c.delivery_id),
)
_TOUCHES = (
    select(*_COLUMNS)
    .outerjoin(delivery, delivery.c.id == event.c.delivery_id)
    .where(
        among_numbers(event.c.lead_id, "leads"),
        among_texts(event.c.kind, "kinds"),
        event.c.at >= bindparam("since", type_=event.c.at.type),
        unindexed(event.c.actor) == Actor.HUMAN.value,
        unindexed(event.c.pending) == false(),
    )
    .order_by(event.c.at, event.c.id)
)
_KNOWN = select(lead.c.id, lead.c.created_at, lead.c.source).where(among_numbers(lead.c.id, "leads"))


def people_of(connection: Connection, accounts: Iterable[int]) -> dict[int, list[int]]:
    """The leads of each account, up to `MOST_PEOPLE`; none of one that has more."""
    found: dict[int, list[int]] = {}
    for number in sorted(set(accounts)):
        query = select(lead.c.id).where(lead.c.account_id == number, lead.c.merged_into.is_(None))
        people = list(connection.scalars(query.limit(MOST_PEOPLE + 1)))
        found[number] = people if len(people) <= MOST_PEOPLE else []
    return found


def accounts_of(connection: Connection, leads: Sequence[int]) -> dict[int, int]:
    """The accounts of these leads, of those that have one."""
    query = select(lead.c.id, lead.c.account_id).where(
        among_numbers(lead.c.id, "leads"), lead.c.account_id.is_not(None)
    )
    return {row.id: row.account_id for row in connection.execute(query, {"leads": list(leads)})}


def touches_by_lead(connection: Connection, leads: Sequence[int], since: datetime) -> dict[int, list[Touch]]:
    """All touches of these leads since an instant, how they became known among them."""
    found: dict[int, list[Touch]] = {number: [] for number in leads}
    if not leads:
        return found
    for number, at, source in read_many(connection, _KNOWN, {"leads": list(leads)}):
        if source:
            found[number].append(Touch(at, number, source=source, known=True))
    wanted = {"leads": list(leads), "since": since, "kinds": [*KINDS, EventKind.CUSTOM.value]}
    for row in read_many(connection, _TOUCHES, wanted):
        if row[3] not in NO_TOUCHES:
            found[row[0]].append(_touch(row))
    return found


def _touch(row: tuple[Any, ...]) -> Touch:
    """Where a touch was: in one of our mails, or where its properties (also UTM's) say, or what it is."""
    who, at, kind, name, campaign, step, theme, properties, delivery_id = row
    if delivery_id is not None:
        return Touch(at, who, campaign, theme or "", f"{campaign}/{step}" if campaign else "", EMAIL)
    said = {key: str(properties.get(key) or properties.get(f"utm_{key}") or "") for key in ("campaign", "source")}
    source = said["source"] or _PLACES.get(kind, "") or name or kind
    return Touch(at, who, campaign or said["campaign"], str(properties.get("theme") or ""), "", source)


_PLACES = {EventKind.PAGE_VIEW.value: WEBSITE, EventKind.REPLY.value: EMAIL}


def may_touch(kind: str, actor: str, name: str) -> bool:
    """Whether an event of this kind, by this actor, with this name is a touch."""
    return actor == Actor.HUMAN and (kind in KINDS or (kind == EventKind.CUSTOM and name not in NO_TOUCHES))


def touched_late(connection: Connection, touched: Mapping[int, datetime]) -> int:
    """Have the credit of deals worked out anew that were opened after what these leads, by number, did at an instant
    that we hear of only now; deals of others in their account among them. How many deals that are."""
    if not touched:
        return 0
    numbers = sorted(touched)
    accounts = select(lead.c.account_id).where(among_numbers(lead.c.id, "leads"), lead.c.account_id.is_not(None))
    query = (
        update(opportunity)
        .where(
            or_(among_numbers(opportunity.c.lead_id, "leads"), opportunity.c.account_id.in_(accounts)),
            opportunity.c.opened_at >= bindparam("since", type_=opportunity.c.opened_at.type),
        )
        .values(stale=True)
    )
    return connection.execute(query, {"leads": numbers, "since": min(touched.values())}).rowcount
