"""Letters to other programs: posted with the fact that they tell, claimed, done, tried again or given up.

A claim is a compare-and-set on the number of tries. It puts the letter off until its lease ends; whoever is killed in
between leaves a letter that is due again then, so that it goes at least once, always under the same name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, exists, false, func, or_, select, update

from engine.store.bundles import home_values, set_home_value
from engine.store.inserts import insert_ignoring
from engine.store.sales_tables import OutboxRow
from engine.store.tables import ActionRow, EnrollmentRow, LeadRow

outbox = OutboxRow.__table__  # type: ignore[attr-defined]
action = ActionRow.__table__  # type: ignore[attr-defined]
lead = LeadRow.__table__  # type: ignore[attr-defined]
enrollment = EnrollmentRow.__table__  # type: ignore[attr-defined]

STOPPED = "outbox:stopped:"
"""The store's values that say which targets want nothing any more, and why: `outbox:stopped:webhook:crm`."""


@dataclass(frozen=True, slots=True)
class Letter:
    """Something to be told outside. `message_id` names it for ever: posting it again changes nothing, and receivers
    know by it what comes twice. `kind` is webhook, crm or mail; `target` a webhook's or connector's name, or who is
    mailed; `topic` what it says (`lead.handed_off`)."""

    message_id: str
    kind: str
    target: str
    topic: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    lead_id: int | None = None
    handoff_id: int | None = None
    action_id: int | None = None


def post(connection: Connection, letter: Letter, now: datetime) -> bool:
    """Write a letter down, due now, in the transaction of what it tells; False if it was posted before."""
    row = {
        "message_id": letter.message_id,
        "kind": letter.kind,
        "target": letter.target,
        "topic": letter.topic,
        "lead_id": letter.lead_id,
        "handoff_id": letter.handoff_id,
        "action_id": letter.action_id,
        "payload": dict(letter.payload),
        "created_at": now,
        "due_at": now,
        "attempts": 0,
        "problem": "",
    }
    return insert_ignoring(connection, outbox, [row], ("message_id",)) > 0


_earlier = outbox.alias("earlier")
_OPEN = and_(outbox.c.done_at.is_(None), outbox.c.given_up_at.is_(None))
_WAITS_FOR_EARLIER = exists().where(
    _earlier.c.lead_id == outbox.c.lead_id,
    _earlier.c.kind == outbox.c.kind,
    _earlier.c.target == outbox.c.target,
    _earlier.c.id < outbox.c.id,
    _earlier.c.done_at.is_(None),
    _earlier.c.given_up_at.is_(None),
)

Target = tuple[str, str]
"""Kind and target."""


def claim_letter(
    connection: Connection,
    now: datetime,
    until: datetime,
    resting: Sequence[Target] = (),
    kinds: Sequence[str] = ("webhook", "crm", "mail"),
) -> Any | None:
    """Claim the letter that is due longest, and tell its row with the try counted; None when nothing is due.

    A letter waits for earlier ones of the same lead to the same target. `resting` targets, and those that want nothing
    any more, are left out. Rows that somebody else claims at this moment are skipped.
    """
    query = (
        select(outbox)
        .where(
            outbox.c.due_at <= now,
            outbox.c.kind.in_(kinds),
            ~_WAITS_FOR_EARLIER,
            *_not_to([*resting, *stopped_targets(connection)]),
        )
        .order_by(outbox.c.due_at, outbox.c.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=outbox)
    )
    found = connection.execute(query).one_or_none()
    if found is None:
        return None
    change = (
        update(outbox)
        .where(outbox.c.id == found.id, outbox.c.attempts == found.attempts, outbox.c.due_at == found.due_at)
        .values(due_at=until, attempts=found.attempts + 1)
        .returning(outbox)
    )
    return connection.execute(change).one_or_none()


def anything_due(connection: Connection, now: datetime, but_to: Sequence[Target] = ()) -> bool:
    """Whether any letter is due, but to these targets: asked before a write is begun for nothing."""
    query = select(outbox.c.id).where(outbox.c.due_at <= now, *_not_to(but_to))
    return connection.scalar(query.limit(1)) is not None


def _not_to(targets: Sequence[Target]) -> list[Any]:
    return [or_(outbox.c.kind != kind, outbox.c.target != target) for kind, target in targets]


def _to(targets: Sequence[Target]) -> Any:
    return or_(false(), *(and_(outbox.c.kind == kind, outbox.c.target == target) for kind, target in targets))


def count_waiting_to(connection: Connection, targets: Sequence[Target]) -> int:
    """How many letters wait for these targets."""
    query = select(func.count()).select_from(outbox).where(_OPEN, _to(targets))
    return connection.scalar(query) or 0


def waiting_to(connection: Connection, targets: Sequence[Target], limit: int) -> list[Any]:
    """Letters that wait for these targets, oldest first."""
    query = select(outbox).where(_OPEN, _to(targets)).order_by(outbox.c.id).limit(limit)
    return list(connection.execute(query))


def drop_letter(connection: Connection, number: int, attempts: int, why: str, now: datetime) -> bool:
    """It is not told any more, as somebody wants it; False if it is over, or somebody else holds the letter by now."""
    still = (outbox.c.id == number, outbox.c.attempts == attempts, outbox.c.done_at.is_(None))
    values = {"done_at": now, "due_at": None, "given_up_at": None, "problem": why}
    return connection.execute(update(outbox).where(*still).values(**values)).rowcount > 0


def end_letter(connection: Connection, number: int, attempts: int, now: datetime) -> bool:
    """The receiver has it; False if somebody else holds the letter by now."""
    values = {"done_at": now, "due_at": None, "problem": ""}
    return _change(connection, number, attempts, values)


def put_off_letter(connection: Connection, number: int, attempts: int, problem: str, due_at: datetime) -> bool:
    """It failed and is tried again at `due_at`; False if somebody else holds the letter by now."""
    return _change(connection, number, attempts, {"due_at": due_at, "problem": problem})


def give_up_letter(connection: Connection, number: int, attempts: int, problem: str, now: datetime) -> bool:
    """It is not tried any more; False if somebody else holds the letter by now."""
    return _change(connection, number, attempts, {"due_at": None, "given_up_at": now, "problem": problem})


def _change(connection: Connection, number: int, attempts: int, values: Mapping[str, Any]) -> bool:
    query = update(outbox).where(outbox.c.id == number, outbox.c.attempts == attempts, _OPEN).values(**values)
    return connection.execute(query).rowcount > 0


def open_letters(connection: Connection, limit: int) -> list[Any]:
    """Letters that wait or were given up, those that wait first, oldest first."""
    query = select(outbox).where(outbox.c.done_at.is_(None))
    return list(connection.execute(query.order_by(outbox.c.given_up_at.is_not(None), outbox.c.id).limit(limit)))


def letter_row(connection: Connection, number: int) -> Any | None:
    return connection.execute(select(outbox).where(outbox.c.id == number)).one_or_none()


def waiting_of(connection: Connection, lead: int) -> list[Any]:
    """The letters about a lead that wait, oldest first."""
    return list(connection.execute(select(outbox).where(outbox.c.lead_id == lead, _OPEN).order_by(outbox.c.id)))


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many letters wait, those of them that failed before, how many were given up, and since when one waits."""

    waiting: int = 0
    failed: int = 0
    given_up: int = 0
    since: datetime | None = None


def count_open(connection: Connection) -> Waiting:
    """How many letters are not with their receiver."""
    is_open = outbox.c.given_up_at.is_(None)
    query = select(
        func.count().filter(is_open),
        func.count().filter(is_open, outbox.c.problem != ""),
        func.count().filter(outbox.c.given_up_at.is_not(None)),
        func.min(outbox.c.created_at).filter(is_open),
    ).where(outbox.c.done_at.is_(None))
    return Waiting(*connection.execute(query).one())


def retry_letters(connection: Connection, now: datetime, number: int | None = None) -> int:
    """Try letters again now that failed or were given up, all or one, with all tries before them; how many."""
    query = update(outbox).where(outbox.c.done_at.is_(None), outbox.c.problem != "")
    if number is not None:
        query = query.where(outbox.c.id == number)
    return connection.execute(query.values(due_at=now, attempts=0, given_up_at=None)).rowcount


def forget_letters(connection: Connection, before: datetime, limit: int) -> int:
    """Delete letters that arrived before that instant, at most `limit`; how many."""
    old = select(outbox.c.id).where(outbox.c.done_at < before).order_by(outbox.c.done_at).limit(limit)
    return connection.execute(outbox.delete().where(outbox.c.id.in_(old))).rowcount


def stopped_targets(connection: Connection) -> dict[Target, str]:
    """The targets that want nothing any more, and what they said."""
    return {_target(name): why for name, why in home_values(connection, STOPPED).items()}


def _target(name: str) -> Target:
    kind, _, target = name.removeprefix(STOPPED).partition(":")
    return kind, target


def stop_target(connection: Connection, kind: str, target: str, why: str | None) -> None:
    """Send nothing to this target from now on; with None it gets letters again."""
    set_home_value(connection, f"{STOPPED}{kind}:{target}", why)


def overdue_tasks(connection: Connection, topic: str, now: datetime, limit: int) -> list[Any]:
    """Open tasks whose deadline has passed and of which no letter of this topic tells yet, oldest first."""
    told = exists().where(outbox.c.action_id == action.c.id, outbox.c.topic == topic)
    late = (action.c.kind == "task", action.c.done_at.is_(None), action.c.deadline <= now)
    return list(connection.execute(select(action).where(*late, ~told).order_by(action.c.id).limit(limit)))


def unposted_actions(connection: Connection, kind: str, limit: int) -> list[Any]:
    """Actions of a kind that are open and have no letter yet, oldest first, with the lead's opaque id."""
    has_letter = exists().where(outbox.c.action_id == action.c.id)
    query = (
        select(action, lead.c.public_id, lead.c.email, enrollment.c.campaign, enrollment.c.run, enrollment.c.stage)
        .join(lead, lead.c.id == action.c.lead_id)
        .join(enrollment, enrollment.c.id == action.c.enrollment_id)
        .where(action.c.kind == kind, action.c.done_at.is_(None), ~has_letter)
        .order_by(action.c.id)
        .limit(limit)
    )
    return list(connection.execute(query))
