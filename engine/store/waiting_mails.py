"""Mails that wait: tried sooner than planned, or withdrawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, or_, select, update

from engine.domain.delivery import DeliveryState
from engine.store.among import among_numbers
from engine.store.many import read_many
from engine.store.tables import DeliveryRow, LeadRow

delivery = DeliveryRow.__table__  # type: ignore[attr-defined]
lead = LeadRow.__table__  # type: ignore[attr-defined]

_WAITING = (DeliveryState.DUE.value, DeliveryState.DEFERRED.value)


def hurry(connection: Connection, now: datetime) -> int:
    """Mails that were put aside because they could not be written are tried now; how many that is."""
    held = (delivery.c.state == DeliveryState.DUE.value, delivery.c.due_at > now, delivery.c.reason != "")
    return connection.execute(update(delivery).where(*held).values(due_at=now)).rowcount


@dataclass(frozen=True, slots=True)
class Unwanted:
    """A mail that is not to go any more: of which enrollment, step and occurrence, and why."""

    enrollment: int
    step: str
    occurrence: int
    reason: str


def withdraw(connection: Connection, unwanted: Sequence[Unwanted], at: datetime) -> None:
    """Drop mails that still wait; those that were begun meanwhile go their way."""
    if not unwanted:
        return
    query = (
        update(delivery)
        .where(
            delivery.c.enrollment_id == bindparam("enrollment"),
            delivery.c.step == bindparam("of_step"),
            delivery.c.occurrence == bindparam("pass"),
            or_(*(delivery.c.state == waiting for waiting in _WAITING)),
        )
        .values(state=DeliveryState.DROPPED.value, reason=bindparam("why"), finished_at=bindparam("at"), due_at=None)
    )
    values = [{"enrollment": u.enrollment, "of_step": u.step, "pass": u.occurrence, "why": u.reason} for u in unwanted]
    connection.execute(query, [one | {"at": at} for one in values])


def waiting(connection: Connection, now: datetime) -> list[Any]:
    """Mails that would go now, with the address of their lead, the longest due first; tests apart."""
    query = (
        select(*(delivery.c.id, delivery.c.campaign, delivery.c.step, delivery.c.due_at, lead.c.email))
        .join(lead, lead.c.id == delivery.c.lead_id)
        .where(delivery.c.state.in_(_WAITING), delivery.c.due_at <= now, delivery.c.test.is_(False))
        .order_by(delivery.c.due_at, delivery.c.id)
    )
    return list(connection.execute(query))


def drop_waiting(connection: Connection, ids: Sequence[int], reason: str, at: datetime) -> list[int]:
    """Drop these mails where they still wait; the lead of each that was."""
    return [number for (number,) in read_many(connection, _DROP, {"ids": list(ids), "why": reason, "at": at})]


_DROP = (
    update(delivery)
    .where(among_numbers(delivery.c.id, "ids"), or_(*(delivery.c.state == state for state in _WAITING)))
    .values(
        state=DeliveryState.DROPPED.value,
        reason=bindparam("why"),
        finished_at=bindparam("at", type_=delivery.c.finished_at.type),
        due_at=None,
    )
    .returning(delivery.c.lead_id)
)
