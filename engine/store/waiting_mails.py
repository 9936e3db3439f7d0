"""Mails that wait: tried sooner than planned, or withdrawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, or_, update

from engine.domain.delivery import DeliveryState
from engine.store.tables import DeliveryRow

delivery = DeliveryRow.__table__  # type: ignore[attr-defined]


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
