"""Hand-offs: leads given to sales, who has how many, and moving one from state to state by compare-and-set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, case, func, select, update

from engine.domain.sales.handoff import LIVE, TRANSITIONS, HandoffState
from engine.domain.sales.routing import TURNS, Load
from engine.store.among import unindexed
from engine.store.sales_tables import AccountNameRow, AccountRow, HandoffRow
from engine.store.tables import DeliveryRow, LeadRow

handoff: Table = HandoffRow.__table__  # type: ignore[attr-defined]
lead: Table = LeadRow.__table__  # type: ignore[attr-defined]
account: Table = AccountRow.__table__  # type: ignore[attr-defined]
account_name: Table = AccountNameRow.__table__  # type: ignore[attr-defined]
delivery: Table = DeliveryRow.__table__  # type: ignore[attr-defined]

_LIVE = [state.value for state in LIVE]
_WAITING = [state.value for state in HandoffState if state.waits]


def add_handoff(connection: Connection, values: Mapping[str, Any]) -> int | None:
    """Write a hand-off down; None if the lead is with sales already. Its number otherwise."""
    query = select(handoff.c.id).where(handoff.c.lead_id == values["lead_id"], handoff.c.ended_at.is_(None))
    if connection.scalar(query) is not None:
        return None
    key = connection.execute(handoff.insert(), dict(values)).inserted_primary_key
    number: int | None = key[0] if key else None
    return number


def own_lead(connection: Connection, number: int, owner: str, folded: Mapping[str, Any]) -> None:
    """From now on the lead is this person's."""
    connection.execute(update(lead).where(lead.c.id == number).values(owner=owner, folded=dict(folded)))


def loads_since(connection: Connection, people: Iterable[str], since: datetime) -> dict[str, Load]:
    """How busy these people are: leads in hand now, their last hand-offs, answered and accepted since an instant."""
    in_hand = case((handoff.c.ended_at.is_(None), 1), else_=0)
    late = handoff.c.at >= since
    answered = case((late & handoff.c.answered_at.is_not(None), 1), else_=0)
    accepted = case((late & handoff.c.answered_at.is_not(None) & (handoff.c.reason == ""), 1), else_=0)
    query = (
        select(handoff.c.owner, func.sum(in_hand), func.sum(answered), func.sum(accepted))
        .where(late | handoff.c.state.in_(_LIVE))
        .group_by(handoff.c.owner)
    )
    counts = {owner: (int(held), int(answers), int(yes)) for owner, held, answers, yes in connection.execute(query)}
    return {name: Load(*counts.get(name, (0, 0, 0)), _turns_of(connection, name)) for name in people}


def _turns_of(connection: Connection, person: str) -> tuple[int, ...]:
    """Asked for each by an index: of all hand-offs the last few would be those of the busiest route alone."""
    query = select(handoff.c.id).where(handoff.c.owner == person).order_by(handoff.c.id.desc()).limit(TURNS)
    return tuple(connection.scalars(query))


def handoff_row(connection: Connection, number: int) -> Any | None:
    return connection.execute(select(handoff).where(handoff.c.id == number)).one_or_none()


def handoffs_of(connection: Connection, lead_id: int) -> list[Any]:
    """All hand-offs of a lead, oldest first."""
    return list(connection.execute(select(handoff).where(handoff.c.lead_id == lead_id).order_by(handoff.c.id)))


def live_handoff(connection: Connection, lead_id: int) -> Any | None:
    """The hand-off by which sales has the lead now."""
    query = select(handoff).where(handoff.c.lead_id == lead_id, handoff.c.ended_at.is_(None))
    return connection.execute(query).one_or_none()


def live_handoffs(connection: Connection, limit: int = 500) -> list[Any]:
    """What sales has in hand, the most urgent first, with whose each is."""
    names = (lead.c.email, lead.c.fields, lead.c.public_id)
    query = (
        select(handoff, *names)
        .join(lead, lead.c.id == handoff.c.lead_id)
        .where(handoff.c.state.in_(_LIVE))
        .order_by(handoff.c.clock_at.is_(None), handoff.c.clock_at, handoff.c.id)
        .limit(limit)
    )
    return list(connection.execute(query))


def in_hand_of(connection: Connection, leads: Sequence[int]) -> dict[int, Any]:
    """The hand-offs by which sales has these leads now, by lead."""
    if not leads:
        return {}
    query = select(handoff).where(handoff.c.lead_id.in_(list(leads)), handoff.c.ended_at.is_(None))
    return {row.lead_id: row for row in connection.execute(query)}


class PastHandoff(NamedTuple):
    """A hand-off of which nobody waits for an answer any more: when it began, was answered and ended, how and why."""

    state: str
    reason: str
    at: datetime
    answered_at: datetime | None
    ended_at: datetime | None


def past_handoffs(connection: Connection, until: datetime, most: int) -> list[PastHandoff]:
    """The newest of those that began before an instant."""
    columns = (handoff.c.state, handoff.c.reason, handoff.c.at, handoff.c.answered_at, handoff.c.ended_at)
    query = (
        select(*columns)
        .where(handoff.c.at <= until, unindexed(handoff.c.state).not_in(_WAITING))
        .order_by(handoff.c.at.desc(), handoff.c.id.desc())
        .limit(most)
    )
    return [PastHandoff(*row) for row in connection.execute(query)]


def run_out(connection: Connection, now: datetime, limit: int) -> list[Any]:
    """Hand-offs whose clock has run out, longest first; locked until this transaction ends."""
    query = select(handoff).where(handoff.c.clock_at <= now).order_by(handoff.c.clock_at, handoff.c.id).limit(limit)
    return list(connection.execute(query.with_for_update(skip_locked=True)))


def next_clock(connection: Connection) -> datetime | None:
    """When the next deadline of a hand-off runs out."""
    found: datetime | None = connection.scalar(select(func.min(handoff.c.clock_at)))
    return found


def change_handoff(
    connection: Connection, number: int, before: HandoffState, after: HandoffState, values: Mapping[str, Any]
) -> bool:
    """Move a hand-off; False if it is not in the state `before` any more, or cannot go there from it."""
    if after not in TRANSITIONS[before]:
        return False
    query = update(handoff).where(handoff.c.id == number, handoff.c.state == before.value)
    return connection.execute(query.values(state=after.value, **values)).rowcount > 0


def close_handoffs(connection: Connection, lead_id: int, now: datetime) -> int:
    """The lead's deal is over, and with it the hand-off by which sales had the lead; how many that were."""
    query = update(handoff).where(handoff.c.lead_id == lead_id, handoff.c.state.in_(_LIVE))
    values = {"state": HandoffState.CLOSED.value, "ended_at": now, "clock_at": None}
    return connection.execute(query.values(**values)).rowcount


def touch_handoff(connection: Connection, number: int, now: datetime) -> bool:
    """Sales spoke to the lead for the first time; False if it had already."""
    query = update(handoff).where(handoff.c.id == number, handoff.c.touched_at.is_(None)).values(touched_at=now)
    return connection.execute(query).rowcount > 0


def mark_alerted(connection: Connection, number: int, now: datetime) -> None:
    """The salesperson's mail went out."""
    query = update(handoff).where(handoff.c.id == number, handoff.c.alerted_at.is_(None)).values(alerted_at=now)
    connection.execute(query)


def highest_scored(connection: Connection, limit: int) -> list[int]:
    """The leads with the highest scores whom sales never had."""
    query = (
        select(lead.c.id)
        .where(lead.c.score > 0, lead.c.handed_off_at.is_(None), lead.c.merged_into.is_(None))
        .order_by(lead.c.score.desc())
        .limit(limit)
    )
    return list(connection.scalars(query))


def subjects_of(connection: Connection, leads: Sequence[int]) -> dict[tuple[int, str, str], str]:
    """The subjects of mails that these leads got, by (lead, campaign, step)."""
    columns = (delivery.c.lead_id, delivery.c.campaign, delivery.c.step, delivery.c.subject)
    query = select(*columns).where(delivery.c.lead_id.in_(list(leads)), delivery.c.subject != "")
    return {(who, campaign, step): subject for who, campaign, step, subject in connection.execute(query)}


def companies_of(connection: Connection, leads: Sequence[int]) -> dict[int, Any]:
    """The account of each of these leads: its number, name, owner and domain."""
    domain = (
        select(func.min(account_name.c.value))
        .where(account_name.c.account_id == account.c.id, account_name.c.kind == "domain")
        .scalar_subquery()
    )
    query = (
        select(lead.c.id, account.c.id.label("account"), account.c.name, account.c.owner, domain.label("domain"))
        .join(account, account.c.id == lead.c.account_id)
        .where(lead.c.id.in_(list(leads)))
    )
    return {row[0]: row for row in connection.execute(query)}


def colleagues_of(connection: Connection, lead_id: int, account_id: int, limit: int = 5) -> list[Any]:
    """Others of a lead's company, the highest score first."""
    query = (
        select(lead.c.fields, lead.c.email)
        .where(lead.c.account_id == account_id, lead.c.id != lead_id, lead.c.merged_into.is_(None))
        .order_by(lead.c.score.desc(), lead.c.id)
        .limit(limit)
    )
    return list(connection.execute(query))
