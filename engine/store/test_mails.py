"""Deliveries that are only a test: to recipients of their own, outside of journeys and statistics."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table

from engine.domain.delivery import DeliveryState
from engine.domain.identity import EMAIL, Address, Identity
from engine.store.leads import leads_by_identity
from engine.store.tables import DeliveryRow, IdentityRow, LeadRow

_DELIVERY: Table = DeliveryRow.__table__  # type: ignore[attr-defined]
_LEAD: Table = LeadRow.__table__  # type: ignore[attr-defined]
_IDENTITY: Table = IdentityRow.__table__  # type: ignore[attr-defined]


def test_recipient(connection: Connection, address: Address, address_hash: str, public_id: str, now: datetime) -> int:
    """The lead of a test recipient: who has this address already, or a new internal one whom no journey looks at."""
    name = Identity(EMAIL, address.identity)
    known = leads_by_identity(connection, [name])
    if known:
        return known[name]
    values = {
        "public_id": public_id,
        "email": address.written,
        "created_at": now,
        "updated_at": now,
        "source": "send-test",
        "internal": True,
        "address_hash": address_hash,
        "fields": {},
        "folded": {"~email_domain": address.domain.casefold(), "~source": "send-test"},
    }
    number = int(connection.execute(_LEAD.insert().values(_defaults() | values).returning(_LEAD.c.id)).scalar_one())
    connection.execute(_IDENTITY.insert(), {"lead_id": number, "kind": name.kind, "value": name.value})
    return number


test_recipient.__test__ = False  # type: ignore[attr-defined]


def _defaults() -> dict[str, Any]:
    texts = ("lifecycle", "country", "language", "zone", "owner", "fit")
    return {**dict.fromkeys(texts, ""), "score": 0.0, "tracking": True, "subscribed": True}


def add_test_mail(connection: Connection, values: Mapping[str, Any], node: str, now: datetime, until: datetime) -> int:
    """A delivery that this process sends at once, its attempt on record before the network is touched; its number."""
    row = {
        "topic": "",
        "occurrence": 1,
        "thread": "",
        "state": DeliveryState.SENDING.value,
        "created_at": now,
        "due_at": now,
        "first_attempt_at": now,
        "begun_at": now,
        "attempts": 1,
        "unknowns": 0,
        "fence": 1,
        "claimed_by": node,
        "claimed_until": until,
        "relay": "",
        "reason": "",
        "reply": "",
        "subject": "",
        "form": "",
        "test": True,
        **values,
    }
    return int(connection.execute(_DELIVERY.insert().values(row).returning(_DELIVERY.c.id)).scalar_one())
