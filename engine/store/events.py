"""Events: writing hits down once, judging them after their quarantine, and what the journey needs of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, or_, select, true, update

from engine.domain.actor import Actor
from engine.domain.journey.facts import EventKind
from engine.domain.rules import folded_event
from engine.store.inserts import insert_ignoring
from engine.store.tables import DeliveryRow, EventRow

event = EventRow.__table__  # type: ignore[attr-defined]
delivery = DeliveryRow.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class MailOf:
    """The mail that an event belongs to: its delivery, and where that stands."""

    delivery: int
    enrollment: int | None = None
    campaign: str = ""
    stage: str = ""
    step: str = ""


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to be written: `source_id` names it for ever, so that a replay changes nothing.

    With `settles_at` it waits in quarantine until then, and counts once its actor is judged.
    """

    source_id: str
    lead: int
    kind: EventKind
    at: datetime
    received_at: datetime
    name: str = ""
    actor: Actor = Actor.HUMAN
    judged: str = ""
    settles_at: datetime | None = None
    mail: MailOf | None = None
    link: str = ""
    properties: Mapping[str, Any] = field(default_factory=dict)
    evidence: Mapping[str, Any] = field(default_factory=dict)

    def values(self) -> dict[str, Any]:
        """The row; its texts are folded as rules compare them."""
        mail = self.mail or MailOf(0)
        return {
            "source_id": self.source_id,
            "lead_id": self.lead,
            "kind": self.kind.value,
            "name": self.name,
            "at": self.at,
            "received_at": self.received_at,
            "pending": self.settles_at is not None,
            "settles_at": self.settles_at,
            "actor": self.actor.value,
            "judged": self.judged,
            "delivery_id": mail.delivery or None,
            "enrollment_id": mail.enrollment,
            "campaign": mail.campaign,
            "stage": mail.stage,
            "step": mail.step,
            "link": self.link,
            "properties": dict(self.properties),
            "folded": folded_event(self.name, self.properties),
            "evidence": dict(self.evidence),
        }


def add_events(connection: Connection, events: Sequence[NewEvent]) -> int:
    """Write events whose `source_id` is new; how many were."""
    return insert_ignoring(connection, event, [one.values() for one in events], ("source_id",))


def delivered(connection: Connection, ids: Sequence[int]) -> dict[int, Any]:
    """For these delivery numbers: whose they are, and to which step they belong."""
    columns = (
        delivery.c.id,
        delivery.c.lead_id,
        delivery.c.enrollment_id,
        delivery.c.campaign,
        delivery.c.stage,
        delivery.c.topic,
        delivery.c.step,
        delivery.c.form,
        delivery.c.finished_at,
        delivery.c.test,
    )
    query = select(*columns).where(delivery.c.id.in_(bindparam("ids", expanding=True)))
    return {row.id: row for row in connection.execute(query, {"ids": list(ids)})}


def pending_events(connection: Connection, now: datetime, limit: int) -> list[Any]:
    """Opens and clicks whose quarantine is over, oldest first."""
    query = (
        select(event)
        .where(event.c.pending == true(), event.c.settles_at <= now)
        .order_by(event.c.settles_at, event.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(connection.execute(query))


def traffic_of(connection: Connection, deliveries: Sequence[int]) -> dict[int, list[Any]]:
    """All opens and clicks of these deliveries, by delivery: the company in which one is judged."""
    query = (
        select(event)
        .where(event.c.delivery_id.in_(list(deliveries)), event.c.kind.in_(("open", "click")))
        .order_by(event.c.at, event.c.id)
    )
    groups: dict[int, list[Any]] = {}
    for row in connection.execute(query):
        groups.setdefault(row.delivery_id, []).append(row)
    return groups


def neighbours(connection: Connection, networks: Sequence[str], since: datetime, until: datetime) -> list[Any]:
    """Hits (network, delivery, at) of these networks whose quarantine ends in that stretch of time.

    The end of the quarantine stands for the instant of the hit, because it is what the index knows.
    """
    network = event.c.evidence["network"].as_string()
    query = select(network.label("network"), event.c.delivery_id, event.c.at).where(
        event.c.pending.in_((True, False)),
        event.c.settles_at >= since,
        event.c.settles_at <= until,
        network.in_(list(networks)),
        event.c.delivery_id.is_not(None),
    )
    return list(connection.execute(query))


def settle(connection: Connection, verdicts: Sequence[Mapping[str, Any]]) -> None:
    """Write verdicts – `number`, `judge` (human, machine, unknown), `because` – of events, which count from now."""
    if verdicts:
        query = (
            update(event)
            .where(event.c.id == bindparam("number"))
            .values(pending=False, actor=bindparam("judge"), judged=bindparam("because"))
        )
        connection.execute(query, list(verdicts))


def next_settling_instant(connection: Connection) -> datetime | None:
    """When the next quarantine ends."""
    return connection.scalar(select(func.min(event.c.settles_at)).where(event.c.pending == true()))


def mail_of(row: Any) -> MailOf:
    """The mail of a row of `delivered`."""
    return MailOf(row.id, row.enrollment_id, row.campaign, row.stage, row.step)


def count_named(connection: Connection, delivery_id: int, name: str) -> int:
    """How many events of that name belong to a mail."""
    query = select(func.count()).where(event.c.delivery_id == delivery_id, event.c.name == name)
    return connection.scalar(query) or 0


def events_of(connection: Connection, lead_id: int) -> list[Any]:
    """Everything that happened to a lead, oldest first."""
    return list(connection.execute(select(event).where(event.c.lead_id == lead_id).order_by(event.c.at, event.c.id)))


def evidence_for(connection: Connection, deliveries: Sequence[int]) -> dict[int, Any]:
    """For deliveries of unknown fate: the first event that proves that the mail left the relay.

    A bounce proves it only if it came after the attempt began: an earlier one belongs to an earlier attempt.
    """
    proves = or_(
        event.c.kind.in_(("open", "click", "reply", "unsubscribe", "complaint")),
        and_(event.c.kind == "bounce", event.c.at >= delivery.c.begun_at),
    )
    query = (
        select(event.c.delivery_id, event.c.kind, event.c.at)
        .join(delivery, delivery.c.id == event.c.delivery_id)
        .where(event.c.delivery_id.in_(list(deliveries)), proves)
        .order_by(event.c.at.desc())
    )
    return {row.delivery_id: row for row in connection.execute(query)}


def event_counts(connection: Connection, since: datetime | None = None) -> list[tuple[str, str, int]]:
    """How many events of each kind by each actor, internal people apart."""
    query = select(event.c.kind, event.c.actor, func.count()).group_by(event.c.kind, event.c.actor)
    if since is not None:
        query = query.where(event.c.at >= since)
    return [(row.kind, row.actor, row.count_1) for row in connection.execute(query)]
