"""Loading the whole bundle of facts of many leads at once: a handful of queries for a batch, never one per lead."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, false, select

from engine.domain.actor import Actor
from engine.domain.delivery import DeliveryState, MailKind
from engine.domain.journey.facts import (
    Action,
    Delivery,
    Enrollment,
    EnrollmentStatus,
    Event,
    EventKind,
    Lead,
    LeadFacts,
    Suppression,
)
from engine.store.among import among_numbers, among_texts
from engine.store.tables import (
    ActionRow,
    DeliveryRow,
    EnrollmentRow,
    EventRow,
    LeadRow,
    ListMemberRow,
    PassedOverRow,
    SuppressionRow,
)

lead = LeadRow.__table__  # type: ignore[attr-defined]
enrollment = EnrollmentRow.__table__  # type: ignore[attr-defined]
event = EventRow.__table__  # type: ignore[attr-defined]
delivery = DeliveryRow.__table__  # type: ignore[attr-defined]
action = ActionRow.__table__  # type: ignore[attr-defined]
suppression = SuppressionRow.__table__  # type: ignore[attr-defined]
member = ListMemberRow.__table__  # type: ignore[attr-defined]
passed_over = PassedOverRow.__table__  # type: ignore[attr-defined]

_LEADS = select(lead).where(among_numbers(lead.c.id, "ids"))
_ENROLLMENTS = select(enrollment).where(among_numbers(enrollment.c.lead_id, "ids")).order_by(enrollment.c.id)
_EVENTS = (
    select(
        event.c.lead_id,
        event.c.id,
        event.c.kind,
        event.c.at,
        event.c.actor,
        event.c.name,
        event.c.received_at,
        event.c.enrollment_id,
        event.c.campaign,
        event.c.step,
        event.c.link,
        event.c.properties,
    )
    .where(among_numbers(event.c.lead_id, "ids"), event.c.pending == false())
    .order_by(event.c.at, event.c.id)
)
_DELIVERIES = (
    select(
        delivery.c.lead_id,
        delivery.c.enrollment_id,
        delivery.c.campaign,
        delivery.c.step,
        delivery.c.occurrence,
        delivery.c.mail,
        delivery.c.kind,
        delivery.c.state,
        delivery.c.created_at,
        delivery.c.finished_at,
    )
    .where(among_numbers(delivery.c.lead_id, "ids"), delivery.c.test == false())
    .order_by(delivery.c.id)
)
_ACTIONS = select(
    action.c.lead_id,
    action.c.enrollment_id,
    action.c.step,
    action.c.occurrence,
    action.c.deadline,
    action.c.done_at,
    action.c.outcome,
).where(among_numbers(action.c.lead_id, "ids"))
_MEMBERS = select(member.c.lead_id, member.c.name).where(among_numbers(member.c.lead_id, "ids"))
_PASSED_OVER = select(passed_over.c.lead_id, passed_over.c.campaign).where(among_numbers(passed_over.c.lead_id, "ids"))
_SUPPRESSIONS = select(suppression.c.address_hash, suppression.c.reason, suppression.c.scope, suppression.c.at).where(
    among_texts(suppression.c.address_hash, "hashes")
)


_TRIGGERS = select(enrollment.c.id, enrollment.c.trigger).where(among_numbers(enrollment.c.id, "ids"))


def load_facts(connection: Connection, ids: Sequence[int]) -> list[LeadFacts]:
    """The facts of these leads, in no particular order; unknown numbers are left out."""
    if not ids:
        return []
    rows = connection.execute(_LEADS, {"ids": ids}).all()
    suppressions = _suppressions(connection, [row.address_hash for row in rows if row.address_hash])
    members = _grouped(connection, _MEMBERS, ids)
    enrollments = _grouped(connection, _ENROLLMENTS, ids, "lead_id")
    events, deliveries = _grouped(connection, _EVENTS, ids), _grouped(connection, _DELIVERIES, ids)
    actions, passed = _grouped(connection, _ACTIONS, ids), _grouped(connection, _PASSED_OVER, ids)
    return [
        LeadFacts(
            lead=_lead(row, members[row.id]),
            enrollments=tuple(_enrollment(found) for found in enrollments[row.id]),
            events=tuple(_event(found) for found in events[row.id]),
            deliveries=tuple(_delivery(found) for found in deliveries[row.id]),
            actions=tuple(_action(found) for found in actions[row.id]),
            suppressions=tuple(suppressions.get(row.address_hash, ())),
            passed_over=frozenset(found.campaign for found in passed[row.id]),
        )
        for row in rows
    ]


def load_leads(connection: Connection, ids: Sequence[int]) -> dict[int, Lead]:
    """These leads without their history, by number."""
    rows = connection.execute(_LEADS, {"ids": list(ids)}).all()
    return {row.id: _lead(row, []) for row in rows}


def triggers_of(connection: Connection, enrollments: Sequence[int]) -> dict[int, Mapping[str, object]]:
    """The properties of the events that triggered these enrollments."""
    return {row.id: row.trigger for row in connection.execute(_TRIGGERS, {"ids": list(enrollments)})}


def _grouped(
    connection: Connection, query: Select[Any], ids: Sequence[int], by: str = ""
) -> Mapping[int, list[Row[Any]]]:
    """Rows by lead; the lead's number is the first column, or the column `by`."""
    groups: defaultdict[int, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(query, {"ids": ids}):
        groups[getattr(row, by) if by else row[0]].append(row)
    return groups


def _suppressions(connection: Connection, hashes: Iterable[str]) -> Mapping[str, list[Suppression]]:
    groups: defaultdict[str, list[Suppression]] = defaultdict(list)
    wanted = list(hashes)
    if wanted:
        for row in connection.execute(_SUPPRESSIONS, {"hashes": wanted}):
            groups[row.address_hash].append(Suppression(row.reason, row.scope, row.at))
    return groups


def _lead(row: Row[Any], members: list[Row[Any]]) -> Lead:
    return Lead(
        id=row.id,
        created_at=row.created_at,
        email=row.email,
        address_hash=row.address_hash,
        fields=row.fields,
        source=row.source,
        lifecycle=row.lifecycle,
        country=row.country,
        language=row.language,
        zone=row.zone,
        owner=row.owner,
        score=row.score,
        fit=row.fit,
        tracking=row.tracking,
        internal=row.internal,
        subscribed=row.subscribed,
        handed_off_at=row.handed_off_at,
        lists=frozenset(member.name for member in members),
    )


def _enrollment(row: Row[Any]) -> Enrollment:
    return Enrollment(
        id=row.id,
        campaign=row.campaign,
        run=row.run,
        key=row.key,
        status=EnrollmentStatus(row.status),
        entered_at=row.entered_at,
        stage=row.stage,
        stage_entered_at=row.stage_entered_at,
        since=row.since,
        step=row.step,
        visit=row.visit,
        passed=tuple(row.passed),
        due_at=row.due_at,
        waiting=row.waiting,
        holdout=row.holdout,
        goal_at=row.goal_at,
        ended_at=row.ended_at,
        ended_why=row.ended_why,
        trigger_event=row.trigger_event,
        trigger=row.trigger,
    )


def _event(row: Sequence[Any]) -> Event:
    _, number, kind, at, actor, name, received_at, enrollment_id, campaign, step, link, properties = row
    return Event(
        number, EventKind(kind), at, Actor(actor), name, received_at, enrollment_id, campaign, step, link, properties
    )


def _action(row: Sequence[Any]) -> Action:
    _, enrollment_id, step, occurrence, deadline, done_at, outcome = row
    return Action(enrollment_id, step, occurrence, deadline, done_at, outcome)


def _delivery(row: Sequence[Any]) -> Delivery:
    _, enrollment_id, campaign, step, occurrence, mail, kind, state, created_at, finished_at = row
    return Delivery(
        enrollment_id or 0,
        campaign,
        step,
        occurrence,
        mail,
        MailKind(kind),
        DeliveryState(state),
        created_at,
        finished_at,
    )
