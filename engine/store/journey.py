"""The journey's queries: which leads are due, and writing down what was decided for them.

A batch of leads is claimed, decided and written in one transaction: on PostgreSQL their rows are locked (and rows
locked by others skipped), on SQLite the writer's lock is held. Nothing outside the database happens in between, so no
lease is needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, literal_column, or_, select, update

from engine.domain.delivery import DeliveryState
from engine.domain.journey.decision import Act, Decision, Line, Send
from engine.domain.journey.facts import Enrollment, Lead, LeadFacts
from engine.domain.leadfields import folded
from engine.store.among import among_numbers
from engine.store.inserts import insert_ignoring
from engine.store.lifecycle import save_moves
from engine.store.many import read_many, run_many
from engine.store.scores import save_scores
from engine.store.tables import ActionRow, DeliveryRow, EnrollmentRow, LeadRow, StoryRow
from engine.store.waiting_mails import Unwanted, withdraw

lead = LeadRow.__table__  # type: ignore[attr-defined]
enrollment = EnrollmentRow.__table__  # type: ignore[attr-defined]
delivery = DeliveryRow.__table__  # type: ignore[attr-defined]
action = ActionRow.__table__  # type: ignore[attr-defined]
story = StoryRow.__table__  # type: ignore[attr-defined]


BUILT_IN = ("source", "lifecycle", "country", "language", "zone", "owner")
"""The lead's own text columns, beside the fields that config declares."""


def due_leads(connection: Connection, now: datetime, limit: int) -> list[int]:
    """The numbers of leads to look at, those waiting longest first; locked until this transaction ends."""
    query = (
        select(lead.c.id)
        .where(lead.c.next_due_at <= now)
        .order_by(lead.c.next_due_at, lead.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(connection.scalars(query))


def next_due_instant(connection: Connection) -> datetime | None:
    """When the next lead is due, by which a stepped clock knows where to go."""
    return connection.scalar(select(func.min(lead.c.next_due_at)))


def wake(connection: Connection, ids: Iterable[int], at: datetime) -> None:
    """Look at these leads at `at`, or earlier where that was planned already."""
    numbers = list(ids)
    if not numbers:
        return
    run_many(connection, _WAKE, [{"ids": numbers, "at": at}])


_AT = bindparam("at", type_=lead.c.next_due_at.type)
_WAKE = (
    update(lead)
    .where(among_numbers(lead.c.id, "ids"), or_(lead.c.next_due_at.is_(None), lead.c.next_due_at > _AT))
    .values(next_due_at=_AT)
)


@dataclass(frozen=True, slots=True)
class Decided:
    """A lead's facts with what was decided on them."""

    facts: LeadFacts
    decision: Decision


def save_decisions(connection: Connection, decided: Sequence[Decided], bundle: int | None, now: datetime) -> None:
    """Write all that was decided for these leads: enrollments, mails, actions, fields, story, the next look."""
    if not decided:
        return
    numbers = _save_enrollments(connection, decided)
    _save_sends(connection, decided, numbers, bundle, now)
    _withdraw(connection, decided, now)
    _save_actions(connection, decided, numbers, now)
    _save_fields(connection, decided, now)
    scored = ((one.facts.lead.id, one.decision.score) for one in decided)
    save_scores(connection, [(who, score) for who, score in scored if score is not None])
    tell_many(connection, [(one.facts.lead.id, line) for one in decided for line in one.decision.lines])
    _save_next_look(connection, decided)


_Numbers = Mapping[tuple[int, str, int], int]


def _save_enrollments(connection: Connection, decided: Sequence[Decided]) -> _Numbers:
    """Insert the new ones, update the changed ones; the number of each by (lead, campaign, run)."""
    numbers = {
        (one.facts.lead.id, found.campaign, found.run): found.id
        for one in decided
        for found in one.facts.enrollments
        if found.id is not None
    }
    new = [(one.facts.lead.id, e) for one in decided for e in one.decision.enrollments if e.id is None]
    changed = [e for one in decided for e in one.decision.enrollments if e.id is not None]
    if new:
        rows = [_beginning(e) | _standing(e) | {"lead_id": who} for who, e in new]
        run_many(connection, _ENTER, rows)
        runs = read_many(connection, _RUNS, {"leads": [who for who, _ in new]})
        numbers |= {(who, campaign, run): number for number, who, campaign, run in runs}
    if changed:
        run_many(connection, _MOVE, [_standing(e) | {"number": e.id} for e in changed])
    return numbers


# The numbers of new rows are asked for afterwards, by their unique key: one by one they cost more than the rows.
_ENTER = enrollment.insert()
_RUNS = select(enrollment.c.id, enrollment.c.lead_id, enrollment.c.campaign, enrollment.c.run).where(
    among_numbers(enrollment.c.lead_id, "leads")
)
_MOVE = update(enrollment).where(enrollment.c.id == bindparam("number"))


def _beginning(e: Enrollment) -> dict[str, Any]:
    """What never changes once the lead has entered."""
    return {
        "campaign": e.campaign,
        "run": e.run,
        "key": e.key,
        "entered_at": e.entered_at,
        "holdout": e.holdout,
        "trigger_event": e.trigger_event,
        "trigger": dict(e.trigger),
    }


def _standing(e: Enrollment) -> dict[str, Any]:
    """Where the enrollment stands, which every move may change."""
    return {
        "status": e.status.value,
        "stage": e.stage,
        "stage_entered_at": e.stage_entered_at,
        "since": e.since,
        "step": e.step,
        "visit": e.visit,
        "passed": list(e.passed),
        "due_at": e.due_at,
        "waiting": e.waiting,
        "goal_at": e.goal_at,
        "ended_at": e.ended_at,
        "ended_why": e.ended_why,
    }


def _save_sends(
    connection: Connection, decided: Sequence[Decided], numbers: _Numbers, bundle: int | None, now: datetime
) -> None:
    rows = [
        _delivery_values(one.facts, send, now)
        | {"enrollment_id": numbers[one.facts.lead.id, send.campaign, send.run], "bundle_id": bundle}
        for one in decided
        for send in one.decision.sends
    ]
    insert_ignoring(connection, delivery, rows, ("enrollment_id", "step", "occurrence"))


def _delivery_values(facts: LeadFacts, send: Send, now: datetime) -> dict[str, Any]:
    return {
        "lead_id": facts.lead.id,
        "campaign": send.campaign,
        "stage": send.stage,
        "topic": send.topic,
        "step": send.step,
        "occurrence": send.occurrence,
        "mail": send.mail,
        "kind": send.kind.value,
        "thread": send.thread,
        "variants": dict(send.variants),
        "state": DeliveryState.DUE.value,
        "created_at": now,
        "due_at": now,
        "expires_at": send.expires_at,
        "address_hash": facts.lead.address_hash,
    }


def _withdraw(connection: Connection, decided: Sequence[Decided], now: datetime) -> None:
    found = (mail for one in decided for mail in one.decision.withdrawn)
    withdraw(connection, [Unwanted(m.enrollment, m.step, m.occurrence, m.reason) for m in found], now)


def _save_actions(connection: Connection, decided: Sequence[Decided], numbers: _Numbers, now: datetime) -> None:
    rows = [
        _action_values(one.facts.lead.id, act, now)
        | {"enrollment_id": numbers[one.facts.lead.id, act.campaign, act.run]}
        for one in decided
        for act in one.decision.actions
    ]
    insert_ignoring(connection, action, rows, ("enrollment_id", "step", "occurrence"))


def _action_values(lead_id: int, act: Act, now: datetime) -> dict[str, Any]:
    return {
        "lead_id": lead_id,
        "step": act.step,
        "occurrence": act.occurrence,
        "kind": act.kind,
        "payload": dict(act.payload),
        "created_at": now,
        "deadline": act.deadline,
    }


def _save_fields(connection: Connection, decided: Sequence[Decided], now: datetime) -> None:
    for one in decided:
        if one.decision.fields:
            columns = _field_columns(one.facts.lead, one.decision.fields)
            connection.execute(update(lead).where(lead.c.id == one.facts.lead.id).values(**columns, updated_at=now))
    handed = [one.facts.lead.id for one in decided if one.decision.handed_off]
    if handed:
        connection.execute(update(lead).where(lead.c.id.in_(handed)).values(handed_off_at=now))
    save_moves(connection, [(one.facts.lead, move) for one in decided for move in one.decision.moved], now)


def set_fields(connection: Connection, who: Any, values: Mapping[str, object], now: datetime) -> None:
    """Set values of a lead (its row), built-in ones or fields, with their folded copies."""
    columns = _field_columns(who, values)
    connection.execute(update(lead).where(lead.c.id == who.id).values(**columns, updated_at=now))


def _field_columns(who: Lead | Any, values: Mapping[str, object]) -> dict[str, Any]:
    """The lead's columns after these values are set: built-in ones, declared ones and the folded copies of both."""
    built_in = {name: str(value) for name, value in values.items() if name in BUILT_IN}
    fields: dict[str, Any] = {**who.fields, **{name: value for name, value in values.items() if name not in BUILT_IN}}
    texts = {name: built_in.get(name, getattr(who, name)) for name in BUILT_IN}
    domain = who.email.rpartition("@")[2]
    return {**built_in, "fields": fields, "folded": folded(fields, {**texts, "email_domain": domain})}


_TELL = story.insert()


def tell_many(connection: Connection, lines: Sequence[tuple[int, Line]]) -> None:
    """Add lines to leads' stories, each with the lead's number."""
    rows = [
        {
            "lead_id": who,
            "at": line.at,
            "code": line.code,
            "campaign": line.campaign,
            "run": line.run,
            "data": dict(line.data),
        }
        for who, line in lines
    ]
    run_many(connection, _TELL, rows)


def tell(connection: Connection, lead_id: int, line: Line) -> None:
    """Add one line to a lead's story."""
    tell_many(connection, [(lead_id, line)])


_LOOK_AGAIN = update(lead).where(lead.c.id == bindparam("number")).values(next_due_at=bindparam("look_at"))


def _save_next_look(connection: Connection, decided: Sequence[Decided]) -> None:
    looks = [{"number": one.facts.lead.id, "look_at": one.decision.recheck_at} for one in decided]
    run_many(connection, _LOOK_AGAIN, looks)


def story_of(connection: Connection, lead_id: int) -> list[Line]:
    """The lead's story so far, oldest first."""
    query = select(story).where(story.c.lead_id == lead_id).order_by(story.c.at, story.c.id)
    return [Line(row.at, row.code, row.campaign, row.run, row.data) for row in connection.execute(query)]


def stage_counts(connection: Connection) -> list[tuple[str, str, str, str, int]]:
    """How many enrollments stand where: (campaign, stage, status, why, count).

    Those that have ended are told by why, without a stage; of the others there is no why. Each half is counted along
    an index, without its rows.
    """
    columns = (enrollment.c.campaign, enrollment.c.stage, enrollment.c.status)
    inside = select(*columns, func.count()).where(enrollment.c.status != "ended").group_by(*columns)
    why = (enrollment.c.campaign, enrollment.c.ended_why)
    # written out, not bound: a partial index is found by the very words of its condition
    has_ended = enrollment.c.status == literal_column("'ended'")
    ended = select(*why, func.count()).where(has_ended).group_by(*why)
    found = [(campaign, stage, status, "", n) for campaign, stage, status, n in connection.execute(inside)]
    found += [(campaign, "", "ended", reason, n) for campaign, reason, n in connection.execute(ended)]
    return sorted(found)
