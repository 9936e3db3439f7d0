"""Loading the whole bundle of facts of many leads at once: a handful of queries for a batch, never one per lead."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, false, select

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
from engine.store.among import among_numbers, among_texts, unindexed
from engine.store.many import read_many
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
T = TypeVar("T")

_LEAD_COLUMNS = tuple(lead.c[name] for name in Lead.__struct_fields__ if name != "lists")
_LEADS = select(*_LEAD_COLUMNS).where(among_numbers(lead.c.id, "ids"))
_ENROLLMENTS = (
    select(enrollment.c.lead_id, *(enrollment.c[name] for name in Enrollment.__struct_fields__))
    .where(among_numbers(enrollment.c.lead_id, "ids"))
    .order_by(enrollment.c.id)
)
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
    .where(among_numbers(event.c.lead_id, "ids"), unindexed(event.c.pending) == false())
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
    members = _grouped(connection, _MEMBERS, ids, _only)
    leads = [_lead(row, members) for row in read_many(connection, _LEADS, {"ids": ids})]
    suppressions = _suppressions(connection, [who.address_hash for who in leads if who.address_hash])
    enrollments = _grouped(connection, _ENROLLMENTS, ids, _enrollment)
    events, deliveries = _grouped(connection, _EVENTS, ids, _event), _grouped(connection, _DELIVERIES, ids, _delivery)
    actions, passed = _grouped(connection, _ACTIONS, ids, _action), _grouped(connection, _PASSED_OVER, ids, _only)
    return [
        LeadFacts(
            who,
            tuple(enrollments.get(who.id, ())),
            tuple(events.get(who.id, ())),
            tuple(deliveries.get(who.id, ())),
            tuple(actions.get(who.id, ())),
            tuple(suppressions.get(who.address_hash, ())),
            frozenset(passed.get(who.id, ())),
        )
        for who in leads
    ]


def load_leads(connection: Connection, ids: Sequence[int]) -> dict[int, Lead]:
    """These leads without their history, by number."""
    return {row[0]: Lead(*row) for row in read_many(connection, _LEADS, {"ids": list(ids)})}


def triggers_of(connection: Connection, enrollments: Sequence[int]) -> dict[int, Mapping[str, object]]:
    """The properties of the events that triggered these enrollments."""
    return dict(read_many(connection, _TRIGGERS, {"ids": list(enrollments)}))


def _grouped(
    connection: Connection, query: Select[Any], ids: Sequence[int], made: Callable[..., T]
) -> dict[int, list[T]]:
    """What is made of rows, by lead: its number is the first column, the others are what `made` takes."""
    groups: dict[int, list[T]] = {}
    for number, *row in read_many(connection, query, {"ids": ids}):
        groups.setdefault(number, []).append(made(*row))
    return groups


def _suppressions(connection: Connection, hashes: Sequence[str]) -> dict[str, list[Suppression]]:
    groups: dict[str, list[Suppression]] = {}
    for known, reason, scope, at in read_many(connection, _SUPPRESSIONS, {"hashes": hashes}) if hashes else ():
        groups.setdefault(known, []).append(Suppression(reason, scope, at))
    return groups


def _lead(row: Sequence[Any], lists: Mapping[int, Sequence[str]]) -> Lead:
    values = (*row, frozenset(lists.get(row[0], ())))
    return Lead(*values)


def _only(value: str) -> str:
    return value


# Looking a member up costs a third of calling its enum, which every row would.
_STATUSES = {status.value: status for status in EnrollmentStatus}
_EVENT_KINDS = {kind.value: kind for kind in EventKind}
_ACTORS = {actor.value: actor for actor in Actor}
_MAIL_KINDS = {kind.value: kind for kind in MailKind}
_DELIVERY_STATES = {state.value: state for state in DeliveryState}
_STATUS, _PASSED = (Enrollment.__struct_fields__.index(name) for name in ("status", "passed"))


def _enrollment(*values: Any) -> Enrollment:
    found = list(values)
    found[_STATUS], found[_PASSED] = _STATUSES[found[_STATUS]], tuple(found[_PASSED])
    return Enrollment(*found)


def _event(number: int, kind: str, at: datetime, actor: str, *rest: Any) -> Event:
    return Event(number, _EVENT_KINDS[kind], at, _ACTORS[actor], *rest)


def _action(*values: Any) -> Action:
    return Action(*values)


def _delivery(
    enrollment_id: int | None,
    campaign: str,
    step: str,
    occurrence: int,
    mail: str,
    kind: str,
    state: str,
    *instants: datetime,
) -> Delivery:
    found = (campaign, step, occurrence, mail, _MAIL_KINDS[kind], _DELIVERY_STATES[state])
    return Delivery(enrollment_id or 0, *found, *instants)
