"""Permission: who may not be mailed, who withdrew what, and the proof of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, exists, select, update

from engine.store.inserts import insert_ignoring
from engine.store.tables import ConsentRow, LeadRow, SuppressionRow

suppression = SuppressionRow.__table__  # type: ignore[attr-defined]
consent = ConsentRow.__table__  # type: ignore[attr-defined]
lead = LeadRow.__table__  # type: ignore[attr-defined]


def suppress_hashes(
    connection: Connection, hashes: Sequence[str], scope: str, reason: str, source: str, at: datetime
) -> int:
    """Never mail these addresses again within the scope; how many were not suppressed so before."""
    rows = [
        {"address_hash": known, "scope": scope, "reason": reason, "source": source, "at": at} for known in set(hashes)
    ]
    new = insert_ignoring(connection, suppression, rows, ("address_hash", "scope"))
    if hashes and not scope.startswith("topic:"):
        connection.execute(update(lead).where(lead.c.address_hash.in_(list(hashes))).values(subscribed=False))
    return new


def lift(connection: Connection, address_hash: str, scope: str) -> bool:
    """Take back a suppression of this scope; whether there was one. The lead is subscribed again if none is left."""
    query = delete(suppression).where(suppression.c.address_hash == address_hash, suppression.c.scope == scope)
    found = connection.execute(query).rowcount > 0
    left = exists().where(suppression.c.address_hash == address_hash, suppression.c.scope.in_(("all", "marketing")))
    connection.execute(update(lead).where(lead.c.address_hash == address_hash, ~left).values(subscribed=True))
    return found


def suppressions_of(connection: Connection, address_hash: str) -> list[Any]:
    query = select(suppression).where(suppression.c.address_hash == address_hash).order_by(suppression.c.id)
    return list(connection.execute(query))


def record_consent(
    connection: Connection,
    lead_id: int,
    *,
    topic: str,
    granted: bool,
    at: datetime,
    source: str,
    proof: Mapping[str, Any],
) -> None:
    """Keep what a lead allowed or withdrew, with its proof; nothing is ever overwritten."""
    connection.execute(
        consent.insert(),
        {"lead_id": lead_id, "topic": topic, "granted": granted, "at": at, "source": source, "proof": dict(proof)},
    )


def consents_of(connection: Connection, lead_id: int) -> list[Any]:
    return list(connection.execute(select(consent).where(consent.c.lead_id == lead_id).order_by(consent.c.id)))


def set_tracking(connection: Connection, lead_id: int, wanted: bool) -> None:
    """Whether this lead's opens and clicks may be tracked from now on."""
    connection.execute(update(lead).where(lead.c.id == lead_id).values(tracking=wanted))


def address_of(connection: Connection, lead_id: int) -> Any | None:
    """The lead's address, its hash and choices."""
    columns = (lead.c.id, lead.c.email, lead.c.address_hash, lead.c.tracking, lead.c.subscribed)
    return connection.execute(select(*columns).where(lead.c.id == lead_id)).one_or_none()
