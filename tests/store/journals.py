"""Words for the store's tests of the journey: leads, enrollments and mails, put there directly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine

from engine.domain.delivery import DeliveryState
from engine.store.database import reading, writing
from engine.store.deliveries import Claimed, Ended, claim_due, delivery, delivery_row
from engine.store.journey import enrollment, lead

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
LEASE = timedelta(minutes=5)
NODE = "sender-1:host:1"


def add_lead(connection: Connection, name: str = "jane", **more: Any) -> int:
    values = {
        "public_id": f"L{name}",
        "email": f"{name}@northwind.example",
        "address_hash": f"hash-{name}",
        "created_at": NOW,
        "updated_at": NOW,
        "source": "web",
        "fields": {},
        "folded": {},
        **more,
    }
    return int(connection.execute(lead.insert().returning(lead.c.id), values).scalar_one())


def add_enrollment(connection: Connection, who: int, **more: Any) -> int:
    values = {
        "lead_id": who,
        "campaign": "drip",
        "run": 1,
        "status": "active",
        "entered_at": NOW,
        "stage": "aware",
        "stage_entered_at": NOW,
        "since": NOW,
        "step": "first",
        "passed": [],
        "trigger": {},
        **more,
    }
    return int(connection.execute(enrollment.insert().returning(enrollment.c.id), values).scalar_one())


def add_mail(connection: Connection, who: int, run: int | None = None, **more: Any) -> int:
    values = {
        "lead_id": who,
        "enrollment_id": run,
        "campaign": "drip",
        "stage": "aware",
        "topic": "data",
        "step": "first",
        "mail": "first",
        "kind": "marketing",
        "state": "due",
        "created_at": NOW,
        "due_at": NOW,
        "variants": {},
        **more,
    }
    return int(connection.execute(delivery.insert().returning(delivery.c.id), values).scalar_one())


def one_mail(engine: Engine, **more: Any) -> int:
    """A lead, its enrollment and a mail that is due; the mail's number."""
    with writing(engine) as connection:
        who = add_lead(connection)
        return add_mail(connection, who, add_enrollment(connection, who), **more)


def claim(engine: Engine, now: datetime = NOW, limit: int = 10, node: str = NODE) -> list[Claimed]:
    with writing(engine) as connection:
        return claim_due(connection, node, now, now + LEASE, limit)


def row_of(engine: Engine, number: int) -> Any:
    with reading(engine) as connection:
        return delivery_row(connection, number)


def ended(claimed: Claimed, state: DeliveryState, **more: Any) -> Ended:
    frm = (DeliveryState.SENDING, DeliveryState.TRANSMITTING)
    return Ended(claimed.id, claimed.fence, state, NOW, **{"frm": frm, **more})
