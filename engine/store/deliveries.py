"""The delivery journal: claim, gate, outcome, rescue. Every change is a compare-and-set on the state before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, exists, func, or_, select, tuple_, update

from engine.domain.delivery import DeliveryState, MailKind
from engine.store.tables import AttemptRow, DeliveryRow, LeadRow, MailCopyRow, SuppressionRow

delivery = DeliveryRow.__table__  # type: ignore[attr-defined]
attempt = AttemptRow.__table__  # type: ignore[attr-defined]
suppression = SuppressionRow.__table__  # type: ignore[attr-defined]
copy = MailCopyRow.__table__  # type: ignore[attr-defined]
lead = LeadRow.__table__  # type: ignore[attr-defined]

_WAITING = (DeliveryState.DUE.value, DeliveryState.DEFERRED.value)


@dataclass(frozen=True, slots=True)
class Claimed:
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


def claim_due(connection: Connection, node: str, now: datetime, until: datetime, limit: int) -> list[Claimed]:
    """Claim mails that are due, oldest first: their attempt is on record before the network is touched."""
    waiting = (
        select(delivery.c.id)
        .where(delivery.c.state.in_(_WAITING), delivery.c.due_at <= now)
        .order_by(delivery.c.due_at, delivery.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    values = {
        "state": DeliveryState.SENDING.value,
        "fence": delivery.c.fence + 1,
        "attempts": delivery.c.attempts + 1,
        "claimed_by": node,
        "claimed_until": until,
        "begun_at": now,
        "first_attempt_at": func.coalesce(
            delivery.c.first_attempt_at, bindparam("first", now, delivery.c.begun_at.type)
        ),
    }
    query = (
        update(delivery)
        .where(delivery.c.id.in_(waiting.scalar_subquery()), delivery.c.state.in_(_WAITING))
        .values(values)
        .returning(delivery)
    )
    return sorted((_claimed(row) for row in connection.execute(query)), key=lambda found: found.id)


def _claimed(row: Any) -> Claimed:
    return Claimed(
        id=row.id,
        fence=row.fence,
        lead=row.lead_id,
        enrollment=row.enrollment_id,
        campaign=row.campaign,
        stage=row.stage,
        step=row.step,
        mail=row.mail,
        kind=MailKind(row.kind),
        thread=row.thread,
        variants=row.variants,
        bundle=row.bundle_id,
        attempts=row.attempts,
        first_attempt_at=row.first_attempt_at,
        expires_at=row.expires_at,
        relay=row.relay,
        test=row.test,
    )


Ticket = tuple[int, int]
"""A delivery's number and the fence of its claim."""


def admit(connection: Connection, tickets: Iterable[Ticket], until: datetime) -> set[int]:
    """The gate: of these, those whose claim still stands and whose lead is not suppressed become `transmitting`.

    Committing this is what allows the final dot; who is not among the answer must not get it.
    """
    query = (
        update(delivery)
        .where(
            tuple_(delivery.c.id, delivery.c.fence).in_(list(tickets)),
            delivery.c.state == DeliveryState.SENDING.value,
            ~_suppressed(),
        )
        .values(state=DeliveryState.TRANSMITTING.value, claimed_until=until)
        .returning(delivery.c.id)
    )
    return {number for (number,) in connection.execute(query)}


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


@dataclass(frozen=True, slots=True)
class Ended:
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
    copy: tuple[str, bytes] | None = field(default=None, repr=False)


def record_ended(connection: Connection, ended: Sequence[Ended]) -> set[int]:
    """Write how attempts ended; the leads (by number) whose journey goes on, as their mail is no longer in flight."""
    woken: set[int] = set()
    known: list[Ended] = []
    for state, frm in {(one.state, one.frm) for one in ended}:
        group = [one for one in ended if (one.state, one.frm) == (state, frm)]
        taken = _change_state(connection, group, state, frm)
        known.extend(one for one in group if one.id in taken)
        if not state.in_flight:
            woken.update(taken.values())
    _save_attempts(connection, known)
    _save_copies(connection, known)
    return woken


def _change_state(
    connection: Connection, group: Sequence[Ended], state: DeliveryState, frm: tuple[DeliveryState, ...]
) -> dict[int, int]:
    """Those whose claim still stood, as delivery → lead."""
    query = (
        update(delivery)
        .where(
            tuple_(delivery.c.id, delivery.c.fence).in_([(one.id, one.fence) for one in group]),
            delivery.c.state.in_([before.value for before in frm]),
        )
        .values(
            state=state.value,
            claimed_by="",
            claimed_until=None,
            unknowns=delivery.c.unknowns + (1 if state is DeliveryState.UNKNOWN else 0),
        )
        .returning(delivery.c.id, delivery.c.lead_id)
    )
    taken = {row.id: row.lead_id for row in connection.execute(query)}
    counted = {"attempts": delivery.c.attempts + bindparam("tries", type_=delivery.c.attempts.type)}
    details = update(delivery).where(delivery.c.id == bindparam("number")).values(counted)
    rows = [_details(one, state) for one in group if one.id in taken]
    if rows:
        connection.execute(details, rows)
    return taken


def _details(one: Ended, state: DeliveryState) -> dict[str, Any]:
    return {
        "number": one.id,
        "due_at": one.due_at,
        "finished_at": None if state.in_flight else one.at,
        "relay": one.relay,
        "reply": one.reply,
        "reason": one.reason,
        "subject": one.subject,
        "form": one.form,
        "tries": -1 if one.uncounted else 0,
    }


def _save_attempts(connection: Connection, ended: Sequence[Ended]) -> None:
    if not ended:
        return
    numbered = {
        row.id: (row.attempts, row.begun_at)
        for row in connection.execute(
            select(delivery.c.id, delivery.c.attempts, delivery.c.begun_at).where(
                delivery.c.id.in_([one.id for one in ended])
            )
        )
    }
    connection.execute(attempt.insert(), [_attempt_values(one, *numbered[one.id]) for one in ended])


def _attempt_values(one: Ended, number: int, begun_at: datetime | None) -> dict[str, Any]:
    return {
        "delivery_id": one.id,
        "number": number,
        "begun_at": begun_at or one.at,
        "ended_at": one.at,
        "relay": one.relay,
        "phase": one.phase,
        "outcome": one.outcome,
        "reply": one.reply,
    }


def _save_copies(connection: Connection, ended: Sequence[Ended]) -> None:
    rows = [{"delivery_id": one.id, "dictionary": one.copy[0], "content": one.copy[1]} for one in ended if one.copy]
    if rows:
        known = set(
            connection.scalars(
                select(copy.c.delivery_id).where(copy.c.delivery_id.in_([r["delivery_id"] for r in rows]))
            )
        )
        fresh = [row for row in rows if row["delivery_id"] not in known]
        if fresh:
            connection.execute(copy.insert(), fresh)


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


def rescue(connection: Connection, now: datetime, dead: Sequence[str] = ()) -> tuple[int, int]:
    """Take back what processes left behind: those named `dead`, and those whose lease ran out.

    What was not yet at the gate is due again, its attempt counted; what had passed it is `unknown`, as its final dot
    may be out. The old claim is worthless from here on: its fence or its state no longer match.

    Returns:
        How many were taken back, and how many are unknown.
    """
    lost = or_(delivery.c.claimed_until < now, delivery.c.claimed_by.in_(list(dead)))
    begun = (
        update(delivery)
        .where(delivery.c.state == DeliveryState.SENDING.value, lost)
        .values(
            state=DeliveryState.DUE.value, claimed_by="", claimed_until=None, due_at=now, fence=delivery.c.fence + 1
        )
    )
    gone = (
        update(delivery)
        .where(delivery.c.state == DeliveryState.TRANSMITTING.value, lost)
        .values(
            state=DeliveryState.UNKNOWN.value,
            claimed_by="",
            claimed_until=None,
            fence=delivery.c.fence + 1,
            unknowns=delivery.c.unknowns + 1,
            reason="the line was cut after the final dot; nobody knows whether the relay took it",
        )
    )
    return connection.execute(begun).rowcount, connection.execute(gone).rowcount


def release(connection: Connection, tickets: Sequence[Ticket], due_at: datetime) -> None:
    """Give back claims that were not begun (the process stops, the relay is paused); their attempt does not count."""
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
            )
        )
        connection.execute(query)


def settle_unknown(
    connection: Connection, ids: Sequence[int], state: DeliveryState, reason: str, at: datetime
) -> set[int]:
    """Decide deliveries whose fate was unknown, by evidence or by policy; the leads whose journey goes on."""
    values: dict[str, Any] = {"state": state.value, "reason": reason, "finished_at": None if state.in_flight else at}
    if state is DeliveryState.DUE:
        values["due_at"] = at
    query = (
        update(delivery)
        .where(delivery.c.id.in_(list(ids)), delivery.c.state == DeliveryState.UNKNOWN.value)
        .values(values)
        .returning(delivery.c.lead_id)
    )
    return {number for (number,) in connection.execute(query)}


def stop_waiting(connection: Connection, ids: Sequence[int], reason: str, at: datetime) -> set[int]:
    """Let the journey go on although the fate of these mails stays unknown; the leads concerned."""
    query = (
        update(delivery)
        .where(delivery.c.id.in_(list(ids)), delivery.c.state == DeliveryState.UNKNOWN.value)
        .values(reason=reason, finished_at=at)
        .returning(delivery.c.lead_id)
    )
    return {number for (number,) in connection.execute(query)}


def unknown_since(connection: Connection, before: datetime) -> list[Any]:
    """Deliveries of unknown fate for which leads still wait, begun before that instant."""
    open_ones = (delivery.c.state == DeliveryState.UNKNOWN.value, delivery.c.finished_at.is_(None))
    query = select(delivery).where(*open_ones, delivery.c.begun_at < before)
    return list(connection.execute(query.order_by(delivery.c.id)))


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


def threads(connection: Connection, wanted: Sequence[tuple[int, str]]) -> dict[tuple[int, str], tuple[int, str]]:
    """For (enrollment, step): the number and subject of the mail that was sent there last."""
    query = (
        select(delivery.c.enrollment_id, delivery.c.step, delivery.c.id, delivery.c.subject)
        .where(tuple_(delivery.c.enrollment_id, delivery.c.step).in_(list(wanted)))
        .order_by(delivery.c.id)
    )
    return {(row.enrollment_id, row.step): (row.id, row.subject) for row in connection.execute(query)}
