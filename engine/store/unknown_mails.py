"""Mails that a process left behind, and those of which nobody knows whether the relay took them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select, true, update

from engine.domain.delivery import DeliveryState
from engine.store.deliveries import Ticket
from engine.store.tables import DeliveryRow

delivery = DeliveryRow.__table__  # type: ignore[attr-defined]


def rescue(
    connection: Connection, now: datetime, dead: Sequence[str] = (), *, everything: bool = False
) -> tuple[int, int]:
    """Take back what processes left behind: those named `dead`, and those whose lease ran out; or `everything`.

    What was not yet at the gate is due again, its attempt counted; what had passed it is `unknown`, as its final dot
    may be out. The old claim is worthless from here on: its fence or its state no longer match.

    Returns:
        How many were taken back, and how many are unknown.
    """
    lost = true() if everything else or_(delivery.c.claimed_until < now, delivery.c.claimed_by.in_(list(dead)))
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


def claims_of(connection: Connection, node: str) -> list[Ticket]:
    """What this process has claimed and not yet brought to the gate."""
    mine = (delivery.c.state == DeliveryState.SENDING.value, delivery.c.claimed_by == node)
    return [
        (number, fence) for number, fence in connection.execute(select(delivery.c.id, delivery.c.fence).where(*mine))
    ]


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


def unknown_ids(connection: Connection) -> list[int]:
    """Every delivery of unknown fate, waited for or given up: evidence may come late."""
    return list(connection.scalars(select(delivery.c.id).where(delivery.c.state == DeliveryState.UNKNOWN.value)))
