"""What leads did with the mails that they got, newest mails first: for whoever learns from it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, and_, false, or_, select, true

from engine.store.among import among_numbers, unindexed
from engine.store.many import read_many
from engine.store.tables import DeliveryRow, EventRow, LeadRow

lead = LeadRow.__table__  # type: ignore[attr-defined]
event = EventRow.__table__  # type: ignore[attr-defined]
delivery = DeliveryRow.__table__  # type: ignore[attr-defined]

CHUNK = 2_000


class SentMail(NamedTuple):
    """A marketing mail to somebody whose opens and clicks are tracked; `failed`: the relay refused it for good."""

    delivery: int
    lead: int
    campaign: str
    step: str
    at: datetime
    failed: bool


class Answer(NamedTuple):
    """What a person did with a mail (open, click, unsubscribe), or that it came back (bounce)."""

    delivery: int
    kind: str
    at: datetime
    link: str


_ANSWERS = (
    select(event.c.delivery_id, event.c.kind, event.c.at, event.c.link)
    .where(
        among_numbers(event.c.delivery_id, "ids"),
        unindexed(event.c.pending) == false(),
        or_(
            and_(or_(event.c.kind == "open", event.c.kind == "click"), event.c.actor == "human"),
            event.c.kind == "unsubscribe",
            and_(event.c.kind == "bounce", event.c.name == "hard"),
        ),
    )
    .order_by(event.c.at, event.c.id)
)


def sent_mails(connection: Connection, until: datetime, most: int) -> list[SentMail]:
    """The newest marketing mails that ended before an instant, without tests, internal people and the untracked."""
    query = (
        select(
            delivery.c.id,
            delivery.c.lead_id,
            delivery.c.campaign,
            delivery.c.step,
            delivery.c.finished_at,
            delivery.c.state == "failed",
        )
        .join(lead, lead.c.id == delivery.c.lead_id)
        .where(
            unindexed(delivery.c.state).in_(("sent", "failed")),
            delivery.c.kind == "marketing",
            delivery.c.test == false(),
            delivery.c.finished_at <= until,
            lead.c.internal == false(),
            lead.c.tracking == true(),
        )
        .order_by(delivery.c.id.desc())
        .limit(most)
    )
    return [SentMail(*row) for row in connection.execute(query)]


def answers_to(connection: Connection, deliveries: Sequence[int]) -> list[Answer]:
    """What happened to these mails, in the order of time within each chunk of them."""
    found: list[Answer] = []
    for first in range(0, len(deliveries), CHUNK):
        found += [Answer(*row) for row in read_many(connection, _ANSWERS, {"ids": deliveries[first : first + CHUNK]})]
    return found
