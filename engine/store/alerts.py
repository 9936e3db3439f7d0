"""Alerts: raised once for a subject, told, and over at some time."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from engine.store.tables import AlertRow

alert = AlertRow.__table__  # type: ignore[attr-defined]


def add_alert(connection: Connection, subject: str, text: str, at: datetime) -> bool:
    """Raise an alert unless one is open for the subject; whether it is new."""
    open_one = select(alert.c.id).where(alert.c.subject == subject, alert.c.over_at.is_(None))
    if connection.scalar(open_one) is not None:
        return False
    connection.execute(alert.insert(), {"subject": subject, "text": text, "raised_at": at})
    return True


def end_alert(connection: Connection, subject: str, at: datetime) -> bool:
    """The trouble is over; whether an alert was open."""
    query = update(alert).where(alert.c.subject == subject, alert.c.over_at.is_(None)).values(over_at=at)
    return connection.execute(query).rowcount > 0


def end_alerts(connection: Connection, subjects: Collection[str], at: datetime) -> int:
    """The troubles of these subjects are over; how many alerts were open."""
    if not subjects:
        return 0
    query = update(alert).where(alert.c.subject.in_(list(subjects)), alert.c.over_at.is_(None)).values(over_at=at)
    return connection.execute(query).rowcount


def end_alerts_about(connection: Connection, prefix: str, at: datetime) -> int:
    """The troubles of every subject that begins so are over; how many alerts were open."""
    about = alert.c.subject.startswith(prefix, autoescape=True)
    return connection.execute(update(alert).where(about, alert.c.over_at.is_(None)).values(over_at=at)).rowcount


def untold_alerts(connection: Connection) -> list[Any]:
    """Alerts that nobody was told of yet, oldest first."""
    return list(connection.execute(select(alert).where(alert.c.told_at.is_(None)).order_by(alert.c.id)))


def mark_told(connection: Connection, number: int, at: datetime) -> None:
    connection.execute(update(alert).where(alert.c.id == number).values(told_at=at))


def open_alerts(connection: Connection) -> list[Any]:
    """What needs a person now."""
    return list(connection.execute(select(alert).where(alert.c.over_at.is_(None)).order_by(alert.c.id)))
