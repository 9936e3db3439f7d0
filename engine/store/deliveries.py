"""The delivery journal: claim, gate, outcome, rescue. Every change is a compare-and-set on the state before it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from msgspec import Struct
from sqlalchemy import (
    Connection,
    Integer,
    and_,
    bindparam,
    case,
    exists,
    func,
    not_,
    or_,
    select,
    tuple_,
    update,
)

from engine.domain.delivery import DeliveryState, MailKind
from engine.store.among import among_numbers, among_texts, unindexed
from engine.store.inserts import insert_ignoring
from engine.store.many import read_many, run_many
from engine.store.tables import AttemptRow, DeliveryRow, LeadRow, MailCopyRow, SuppressionRow

delivery = DeliveryRow.__table__  # type: ignore[attr-defined]
attempt = AttemptRow.__table__  # type: ignore[attr-defined]
suppression = SuppressionRow.__table__  # type: ignore[attr-defined]
copy = MailCopyRow.__table__  # type: ignore[attr-defined]
lead = LeadRow.__table__  # type: ignore[attr-defined]

_WAITING = (DeliveryState.DUE.value, DeliveryState.DEFERRED.value)


class Claimed(Struct, frozen=True, gc=False):
    """A delivery that this process is about to send; `fence` proves the claim at the gate."""

    id: int
    fence: int
    lead: int
    enrollment: int | None
    campaign: str
    stage: str
    step: str
    mail: str
    kind: MailKind
    thread: str
    variants: Mapping[str, int]
    bundle: int | None
    attempts: int
    first_attempt_at: datetime
    expires_at: datetime | None
    relay: str
    test: bool
    address_hash: str = ""
    reason: str = ""


_CLAIMED = (
    *(delivery.c.id, delivery.c.fence, delivery.c.lead_id, delivery.c.enrollment_id, delivery.c.campaign),
    *(delivery.c.stage, delivery.c.step, delivery.c.mail, delivery.c.kind, delivery.c.thread, delivery.c.variants),
    *(delivery.c.bundle_id, delivery.c.attempts, delivery.c.first_attempt_at, delivery.c.expires_at),
    *(delivery.c.relay, delivery.c.test, delivery.c.address_hash, delivery.c.reason),
)
_STATE = unindexed(delivery.c.state)
_DUE_IN_STATE = (
    select(delivery.c.id)
    .where(
        delivery.c.state == bindparam("state"),
        delivery.c.due_at <= bindparam("now"),
        or_(not_(among_texts(delivery.c.campaign, "paused")), delivery.c.test),
        not_(among_texts(delivery.c.campaign + "/" + delivery.c.step, "stopped")),
    )
    .order_by(delivery.c.due_at, delivery.c.id)
    .limit(bindparam("limit", type_=Integer()))
    .with_for_update(skip_locked=True)
)
_ADDRESS_NOW = select(lead.c.address_hash).where(lead.c.id == delivery.c.lead_id).scalar_subquery()
_CLAIM = (
    update(delivery)
    .where(among_numbers(delivery.c.id, "ids"), or_(*(waiting == _STATE for waiting in _WAITING)))
    .values(
        state=DeliveryState.SENDING.value,
        fence=delivery.c.fence + 1,
        attempts=delivery.c.attempts + 1,
        claimed_by=bindparam("node"),
        claimed_until=bindparam("until"),
        begun_at=bindparam("now"),
        first_attempt_at=func.coalesce(delivery.c.first_attempt_at, bindparam("now", type_=delivery.c.begun_at.type)),
        address_hash=func.coalesce(_ADDRESS_NOW, ""),
    )
    .returning(*_CLAIMED)
)


@dataclass(frozen=True, slots=True)
class Kept:
    """Mails that are not claimed although they are due: those of `paused` campaigns, and `stopped` campaign/step."""

    paused: Collection[str] = ()
    stopped: Collection[str] = ()


def anything_due(connection: Connection, now: datetime) -> bool:
    """Whether any mail is due, kept or not: asked before a write is begun for nothing."""
    found = select(delivery.c.id).where(delivery.c.state.in_(_WAITING), delivery.c.due_at <= now).limit(1)
    return connection.scalar(found) is not None


def claim_due(
    connection: Connection, node: str, now: datetime, until: datetime, limit: int, kept: Kept = Kept()
) -> list[Claimed]:
    """Claim mails that are due, oldest first: their attempt is on record before the network is touched.

    Retries fill at most half of a claim, so that a relay that keeps deferring does not starve new mail. From here on
    `address_hash` is that of the address that the lead has now, by which the gate looks for suppressions.
    """
    excepted = {"now": now, "paused": list(kept.paused), "stopped": list(kept.stopped)}
    ids: list[int] = []
    for state, most in ((DeliveryState.DEFERRED, max(1, limit // 2)), (DeliveryState.DUE, limit)):
        values = excepted | {"state": state.value, "limit": min(most, limit - len(ids))}
        ids.extend(number for (number,) in read_many(connection, _DUE_IN_STATE, values))
    if not ids:
        return []
    claim = {"ids": ids, "node": node, "now": now, "until": until}
    return sorted((_claimed(row) for row in read_many(connection, _CLAIM, claim)), key=attrgetter("id"))


_KINDS = {kind.value: kind for kind in MailKind}


def _claimed(row: Sequence[Any]) -> Claimed:
    number, fence, lead_id, enrollment, campaign, stage, step, mail, kind, *rest = row
    return Claimed(number, fence, lead_id, enrollment, campaign, stage, step, mail, _KINDS[kind], *rest)


Ticket = tuple[int, int]
"""A delivery's number and the fence of its claim."""


def admit(connection: Connection, tickets: Iterable[Ticket], until: datetime) -> set[int]:
    """The gate: of these, those whose claim still stands and whose lead is not suppressed become `transmitting`.

    Committing this is what allows the final dot; who is not among the answer must not get it.
    """
    wanted = list(tickets)
    if not wanted:
        return set()
    return {number for (number,) in read_many(connection, _ADMIT, {**_tickets(wanted), "until": until})}


def _suppressed() -> Any:
    """Whether a suppression stands against this delivery: of every mail, or of marketing as a whole or on its topic."""
    marketing = and_(
        delivery.c.kind == MailKind.MARKETING.value,
        or_(suppression.c.scope == "marketing", suppression.c.scope == "topic:" + delivery.c.topic),
    )
    return exists().where(
        suppression.c.address_hash == delivery.c.address_hash,
        or_(suppression.c.scope == "all", marketing),
    )


def _age_from(uncounted: Any) -> Any:
    """The instant from which the mail's age counts: none while no attempt counts, as it was then never refused."""
    return case((delivery.c.attempts - uncounted < 1, None), else_=delivery.c.first_attempt_at)


# Statements of the hot path are built once: building them anew costs more than running them.
_FENCES = 1 << 20
"""More claims of one delivery than anybody will see: a ticket is one number, and so a list of them one parameter."""

_HOLDS_TICKET = and_(
    among_numbers(delivery.c.id, "ids"),
    among_numbers(delivery.c.id * _FENCES + delivery.c.fence, "tickets"),
)


def _tickets(tickets: Iterable[Ticket]) -> dict[str, list[int]]:
    found = list(tickets)
    return {"ids": [number for number, _ in found], "tickets": [number * _FENCES + fence for number, fence in found]}


_ADMIT = (
    update(delivery)
    .where(
        _HOLDS_TICKET,
        DeliveryState.SENDING.value == _STATE,
        ~_suppressed(),
    )
    .values(state=DeliveryState.TRANSMITTING.value, claimed_until=bindparam("until"))
    .returning(delivery.c.id)
)
_HELD_BY_US = (
    select(
        *(delivery.c.id, delivery.c.fence, delivery.c.lead_id, delivery.c.state, delivery.c.attempts),
        delivery.c.begun_at,
    )
    .where(_HOLDS_TICKET)
    .with_for_update()
)
_END = (
    update(delivery)
    .where(delivery.c.id == bindparam("number"))
    .values(
        claimed_by="",
        claimed_until=None,
        attempts=delivery.c.attempts - bindparam("uncounted", type_=delivery.c.attempts.type),
        unknowns=delivery.c.unknowns + bindparam("unknown", type_=delivery.c.unknowns.type),
        first_attempt_at=_age_from(bindparam("uncounted", type_=delivery.c.attempts.type)),
    )
)


class Ended(Struct, frozen=True, gc=False):
    """How one attempt ended, and what becomes of its delivery.

    `frm` are the states that the delivery may be in; in any other the late answer changes nothing. `due_at` is the next
    try of a deferred one; an `uncounted` attempt is not held against the mail.
    """

    id: int
    fence: int
    state: DeliveryState
    at: datetime
    frm: tuple[DeliveryState, ...] = (DeliveryState.TRANSMITTING,)
    due_at: datetime | None = None
    relay: str = ""
    phase: str = ""
    outcome: str = ""
    reply: str = ""
    reason: str = ""
    subject: str = ""
    form: str = ""
    uncounted: bool = False
    copy: tuple[str, bytes] | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """The deliveries (by number) whose outcome counted, and the leads whose journey goes on, their mail being over."""

    counted: frozenset[int] = frozenset()
    woken: frozenset[int] = frozenset()


class _Held(NamedTuple):
    """A row that an outcome is about; its columns are those of `_HELD_BY_US`."""

    id: int
    fence: int
    lead: int
    state: str
    attempts: int
    begun_at: datetime | None


_ATTEMPT = attempt.insert()


def record_ended(connection: Connection, ended: Sequence[Ended]) -> Recorded:
    """Write how attempts ended.

    An attempt counts only if its claim still stands, in a state that it may end from; the rows are locked first.
    """
    if not ended:
        return Recorded()
    rows = read_many(connection, _HELD_BY_US, _tickets((one.id, one.fence) for one in ended))
    held = {row[0]: _Held(*row) for row in rows}
    counted = [one for one in ended if _counts(one, held.get(one.id))]
    if counted:
        run_many(connection, _END, [_end_values(one) for one in counted])
        run_many(connection, _ATTEMPT, [_attempt_values(one, held[one.id]) for one in counted])
        copies = [_copy_values(one.id, *one.copy) for one in counted if one.copy is not None]
        insert_ignoring(connection, copy, copies, ("delivery_id",))
    woken = frozenset(held[one.id].lead for one in counted if not one.state.in_flight)
    return Recorded(frozenset(one.id for one in counted), woken)


def _counts(one: Ended, held: _Held | None) -> bool:
    """Whether its claim stands: the outcome of an earlier claim may be in the same group as that of a later one."""
    return held is not None and held.fence == one.fence and held.state in one.frm


def _end_values(one: Ended) -> dict[str, Any]:
    return {
        "number": one.id,
        "state": one.state.value,
        "due_at": one.due_at if one.state.in_flight else None,
        "finished_at": None if one.state.in_flight else one.at,
        "relay": one.relay,
        "reply": one.reply,
        "reason": one.reason,
        "subject": one.subject,
        "form": one.form,
        "uncounted": 1 if one.uncounted else 0,
        "unknown": 1 if one.state is DeliveryState.UNKNOWN else 0,
    }


def _attempt_values(one: Ended, held: _Held) -> dict[str, Any]:
    return {
        "delivery_id": one.id,
        "number": held.attempts,
        "begun_at": held.begun_at or one.at,
        "ended_at": one.at,
        "relay": one.relay,
        "phase": one.phase,
        "outcome": one.outcome,
        "reply": one.reply,
    }


def _copy_values(number: int, dictionary: str, content: bytes) -> dict[str, Any]:
    return {"delivery_id": number, "dictionary": dictionary, "content": content}


def keep_claims(connection: Connection, node: str, until: datetime) -> int:
    """The heartbeat: this process still works on what it has claimed. How many mails that is."""
    query = (
        update(delivery)
        .where(
            delivery.c.claimed_by == node,
            delivery.c.state.in_((DeliveryState.SENDING.value, DeliveryState.TRANSMITTING.value)),
        )
        .values(claimed_until=until)
    )
    return connection.execute(query).rowcount


def any_in_state(connection: Connection, states: Sequence[DeliveryState]) -> bool:
    """Whether any delivery is in one of these states: asked before a write is begun for nothing."""
    found = select(delivery.c.id).where(delivery.c.state.in_([state.value for state in states])).limit(1)
    return connection.scalar(found) is not None


def release(connection: Connection, tickets: Sequence[Ticket], due_at: datetime, reason: str = "") -> None:
    """Give back claims that were not begun (the process stops, the mail cannot be written); their attempt does not
    count."""
    if tickets:
        query = (
            update(delivery)
            .where(
                tuple_(delivery.c.id, delivery.c.fence).in_(list(tickets)),
                delivery.c.state == DeliveryState.SENDING.value,
            )
            .values(
                state=DeliveryState.DUE.value,
                claimed_by="",
                claimed_until=None,
                due_at=due_at,
                attempts=delivery.c.attempts - 1,
                first_attempt_at=_age_from(1),
                reason=reason,
            )
        )
        connection.execute(query)


def next_delivery_instant(connection: Connection) -> datetime | None:
    """When the next mail is to be tried."""
    query = select(func.min(delivery.c.due_at)).where(delivery.c.state.in_(_WAITING))
    return connection.scalar(query)


def state_counts(connection: Connection) -> dict[str, int]:
    """How many deliveries there are in each state, tests apart."""
    query = select(delivery.c.state, func.count()).where(delivery.c.test.is_(False)).group_by(delivery.c.state)
    return {row.state: row.count_1 for row in connection.execute(query)}


def deliveries_of(connection: Connection, lead_id: int) -> list[Any]:
    """All mails of a lead, oldest first."""
    return list(connection.execute(select(delivery).where(delivery.c.lead_id == lead_id).order_by(delivery.c.id)))


def delivery_row(connection: Connection, number: int) -> Any | None:
    return connection.execute(select(delivery).where(delivery.c.id == number)).one_or_none()


def attempts_of(connection: Connection, number: int) -> list[Any]:
    query = select(attempt).where(attempt.c.delivery_id == number).order_by(attempt.c.id)
    return list(connection.execute(query))


def copy_of(connection: Connection, number: int) -> Any | None:
    return connection.execute(select(copy).where(copy.c.delivery_id == number)).one_or_none()
