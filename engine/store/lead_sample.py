"""Going through the leads, or an even share of them, by their numbers: in pages, so that memory stays flat."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, false, func, select

from engine.store.tables import DeliveryRow, LeadRow

lead = LeadRow.__table__  # type: ignore[attr-defined]
delivery = DeliveryRow.__table__  # type: ignore[attr-defined]
_COUNTED: tuple[Any, ...] = (lead.c.merged_into.is_(None), lead.c.internal == false())


def count_outsiders(connection: Connection) -> int:
    """How many leads there are, internal people apart."""
    return int(connection.scalar(select(func.count()).select_from(lead).where(*_COUNTED)) or 0)


def last_number(connection: Connection) -> int:
    """The highest number of a lead; 0 without leads."""
    return int(connection.scalar(select(func.max(lead.c.id))) or 0)


def last_decided(connection: Connection) -> datetime | None:
    """When the last mail was decided; None without mails."""
    return connection.scalar(select(delivery.c.created_at).order_by(delivery.c.id.desc()).limit(1))


def numbers_page(connection: Connection, after: int, every: int, size: int) -> Sequence[int]:
    """The next numbers behind `after` of every so many-th lead, internal people apart."""
    query = select(lead.c.id).where(lead.c.id > after, *_COUNTED).order_by(lead.c.id).limit(size)
    return list(connection.scalars(query if every == 1 else query.where(lead.c.id % every == 0)))
