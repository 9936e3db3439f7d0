"""The state of a home at a glance: what waits, what is late, what went out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Table, case, func, select

from engine.domain.delivery import DeliveryState
from engine.store.daily_counts import counts, uncounted_attempts
from engine.store.tables import DeliveryRow, LeadRow

_DELIVERY: Table = DeliveryRow.__table__  # type: ignore[attr-defined]
_LEAD: Table = LeadRow.__table__  # type: ignore[attr-defined]
_WAITING = (DeliveryState.DUE.value, DeliveryState.DEFERRED.value)


def waiting_mails(connection: Connection, now: datetime) -> list[Any]:
    """Mails put aside until later, by what keeps them: (campaign, step, state, reason, count, next_at).

    A deferred one has the relay's words as its reason; a due one was held, as it could not be written.
    """
    columns = (_DELIVERY.c.campaign, _DELIVERY.c.step, _DELIVERY.c.state)
    reason = case((_DELIVERY.c.state == DeliveryState.DEFERRED.value, _DELIVERY.c.reason), else_="")
    query = (
        select(
            *columns,
            reason.label("reason"),
            func.count().label("number"),
            func.min(_DELIVERY.c.due_at).label("next_at"),
        )
        .where(_DELIVERY.c.state.in_(_WAITING), _DELIVERY.c.due_at > now)
        .group_by(*columns, reason)
        .order_by(func.count().desc())
    )
    return list(connection.execute(query))


def overdue_mails(connection: Connection, now: datetime) -> tuple[int, datetime | None]:
    """Mails that are due now and not begun: how many, and since when the first one is."""
    query = select(func.count(), func.min(_DELIVERY.c.due_at)).where(
        _DELIVERY.c.state.in_(_WAITING), _DELIVERY.c.due_at <= now
    )
    count, since = connection.execute(query).one()
    return int(count), since


def sent_on(connection: Connection, day: date, begins: datetime) -> int:
    """How many mails relays took on that day, which begins then, until now; tests apart."""
    taken = ("accepted",)
    return counts(connection, taken, day).get("accepted", 0) + uncounted_attempts(connection, taken, begins)


def unknown_mails(connection: Connection) -> list[Any]:
    """Mails of unknown fate with the address of their lead, those for which leads still wait first."""
    query = (
        select(_DELIVERY, _LEAD.c.email)
        .join(_LEAD, _LEAD.c.id == _DELIVERY.c.lead_id)
        .where(_DELIVERY.c.state == DeliveryState.UNKNOWN.value)
        .order_by(_DELIVERY.c.finished_at.is_not(None), _DELIVERY.c.id)
    )
    return list(connection.execute(query))


def leads_in_statistics(connection: Connection) -> int:
    """How many leads there are, colleagues and those merged into others left out."""
    query = select(func.count()).where(_LEAD.c.merged_into.is_(None), _LEAD.c.internal.is_(False))
    return int(connection.scalar(query) or 0)
