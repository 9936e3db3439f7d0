"""Mails that were put aside for later, brought back when what kept them is over."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Table, update

from engine.domain.delivery import DeliveryState
from engine.store.tables import DeliveryRow

_DELIVERY: Table = DeliveryRow.__table__  # type: ignore[attr-defined]


def bring_back(connection: Connection, campaign: str, now: datetime) -> int:
    """Try a campaign's mails now that were put aside before their first attempt; how many that is."""
    query = (
        update(_DELIVERY)
        .where(
            _DELIVERY.c.campaign == campaign,
            _DELIVERY.c.state == DeliveryState.DUE.value,
            _DELIVERY.c.due_at > now,
        )
        .values(due_at=now)
    )
    return connection.execute(query).rowcount
