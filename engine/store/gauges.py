"""The store's figures for monitoring. Each is asked again every few seconds: by an index alone, or of what is few."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, Table, func, select

from engine.domain.delivery import DeliveryState
from engine.store.tables import AlertRow, BundleRow, DeliveryRow

_DELIVERY: Table = DeliveryRow.__table__  # type: ignore[attr-defined]
_ALERT: Table = AlertRow.__table__  # type: ignore[attr-defined]
_BUNDLE: Table = BundleRow.__table__  # type: ignore[attr-defined]
_WAITING = (DeliveryState.DUE.value, DeliveryState.DEFERRED.value)
_CLAIMED = (DeliveryState.SENDING.value, DeliveryState.TRANSMITTING.value)


def oldest_due(
    connection: Connection, now: datetime, paused: Collection[str] = (), stopped: Collection[str] = ()
) -> datetime | None:
    """Since when the mail that waits longest is due, mails of `paused` campaigns and `stopped` campaign/step apart.

    Only while something is paused or stopped are mails looked at one by one, as each claim does, too.
    """
    found = [_oldest_in(connection, state, now, paused, stopped) for state in _WAITING]
    return min((since for since in found if since is not None), default=None)


def _oldest_in(
    connection: Connection, state: str, now: datetime, paused: Collection[str], stopped: Collection[str]
) -> datetime | None:
    query = select(_DELIVERY.c.due_at).where(_DELIVERY.c.state == state, _DELIVERY.c.due_at <= now)
    if paused:
        query = query.where(_DELIVERY.c.campaign.not_in(list(paused)))
    if stopped:
        query = query.where((_DELIVERY.c.campaign + "/" + _DELIVERY.c.step).not_in(list(stopped)))
    return connection.scalar(query.order_by(_DELIVERY.c.due_at).limit(1))


def due_mails(connection: Connection, now: datetime) -> int:
    """How many mails are due now and not begun, those of paused campaigns included."""
    due = (_DELIVERY.c.state.in_(_WAITING), _DELIVERY.c.due_at <= now)
    return int(connection.scalar(select(func.count()).where(*due)) or 0)


def claimed_mails(connection: Connection) -> dict[str, int]:
    """How many mails senders have in hand, by state: `sending` and `transmitting`."""
    return _counts(connection, _DELIVERY.c.state.in_(_CLAIMED))


def mails_put_off(connection: Connection, now: datetime) -> dict[str, int]:
    """How many mails wait until later, by state: `deferred` by the relay, or `due` again once they can be written."""
    return _counts(connection, _DELIVERY.c.state.in_(_WAITING), _DELIVERY.c.due_at > now)


def _counts(connection: Connection, *where: object) -> dict[str, int]:
    query = select(_DELIVERY.c.state, func.count()).where(*where).group_by(_DELIVERY.c.state)  # type: ignore[arg-type]
    return {state: int(number) for state, number in connection.execute(query)}


def open_unknown_mails(connection: Connection) -> int:
    """How many mails of unknown fate leads still wait for; few by nature."""
    unknown = (_DELIVERY.c.state == DeliveryState.UNKNOWN.value, _DELIVERY.c.finished_at.is_(None))
    return int(connection.scalar(select(func.count()).where(*unknown)) or 0)


def open_alert_subjects(connection: Connection) -> list[str]:
    """What needs a person now: `relay:main`, `mail:welcome/hello`, `spool:age` …"""
    return list(connection.scalars(select(_ALERT.c.subject).where(_ALERT.c.over_at.is_(None)).order_by(_ALERT.c.id)))


def current_bundle(connection: Connection) -> tuple[int, str] | None:
    """The number and the digest of the bundle that runs; None before the first `apply`."""
    row = connection.execute(select(_BUNDLE.c.id, _BUNDLE.c.digest).order_by(_BUNDLE.c.id.desc()).limit(1)).first()
    return (row.id, row.digest) if row is not None else None
