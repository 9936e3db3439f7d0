"""Making two leads one: every row about the other becomes one about the lead that stays, in one transaction.

The other's row remains, empty of time (it is never due again) and with `merged_into`, so that its old names lead on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, func, insert, literal, select, update

from engine.domain.journey.decision import Line
from engine.domain.leadfields import folded
from engine.domain.leadmerge import SAID_BY_THE_PERSON
from engine.domain.merging import MERGED, Course, Courses, Side, Together, settle_courses, side_of, survivor, together
from engine.store.accounts import ANY_CHANGE, rescore_accounts
from engine.store.actions import action
from engine.store.columns import Base
from engine.store.handoff_merge import WithSales, as_sales_has_it, settle_handoffs
from engine.store.journey import tell, wake
from engine.store.lead_import import suppressions_by_hash
from engine.store.leads import identities_of, lead, member
from engine.store.opportunities import make_stale
from engine.store.permission import consent, suppress_hashes
from engine.store.tables import DeliveryRow, EnrollmentRow, PassedOverRow, StoryRow

delivery: Table = DeliveryRow.__table__  # type: ignore[attr-defined]
enrollment: Table = EnrollmentRow.__table__  # type: ignore[attr-defined]
passed_over: Table = PassedOverRow.__table__  # type: ignore[attr-defined]
story: Table = StoryRow.__table__  # type: ignore[attr-defined]

_WAITING = ("due", "deferred")
_OWN_WAY = ("lead", "list_member", "passed_over", "enrollment")
"""Tables whose rows need more than another lead's number."""


_GONE: dict[str, Any] = {"next_due_at": None, "account_id": None, "score": 0.0}
"""What a lead is that went into another: never due, and in no sum."""


@dataclass(frozen=True, slots=True)
class MergedLeads:
    """`kept` is the lead that stays, `other` the one that went into it; `ended` the campaigns of which a run ended;
    `sales` how sales has the one lead."""

    kept: int
    other: int
    ended: tuple[str, ...] = ()
    sales: WithSales = field(default_factory=WithSales)


def merge_leads(
    connection: Connection, one: int, two: int, because: str, stages: Sequence[str], now: datetime
) -> MergedLeads | None:
    """Make two leads one; None where they are one already, or one of them is gone.

    Args:
        because: who or what said that they are the same person, for the story.
        stages: the stages of the lifecycle in their order.
    """
    query = select(lead).where(lead.c.id.in_((one, two)), lead.c.merged_into.is_(None)).order_by(lead.c.id)
    rows = list(connection.execute(query.with_for_update()))
    if len(rows) != 2:
        return None
    against = suppressions_by_hash(connection, [row.address_hash for row in rows if row.address_hash])
    kept, other = survivor(*(side_of(row, refused=_refused(connection, row, against)) for row in rows))
    by_number = {row.id: row for row in rows}
    courses = {side.number: _courses(connection, side.number) for side in (kept, other)}
    plan = settle_courses(courses[kept.number], courses[other.number])
    ended = [course for side in courses.values() for course in side if course.number in plan.ends]
    called = _called(connection, by_number[other.number])
    sales = settle_handoffs(connection, kept.number, other.number, called, now)
    found, since = together(kept, other, stages), by_number[kept.number].lifecycle_since
    if sales.live is not None:
        found, since = as_sales_has_it(connection, found, sales.live, by_number, stages)
    _write_lead(connection, by_number[kept.number], found, since, now)
    _be_strict(connection, by_number[kept.number], by_number[other.number], against, now)
    _end_courses(connection, ended, now)
    _move(connection, kept, other, plan, now)
    make_stale(connection, [kept.number])
    _tell(connection, kept, called, because, ended, now)
    return MergedLeads(kept.number, other.number, tuple(sorted({course.campaign for course in ended})), sales)


def _refused(connection: Connection, row: Any, against: dict[str, list[Any]]) -> bool:
    """Whether the person said no: an own suppression, the newest word on consent, or one from before the address."""
    said = [s for s in against.get(row.address_hash, ()) if s.scope in ("all", "marketing")]
    if any(s.reason in SAID_BY_THE_PERSON for s in said) or (not row.address_hash and not row.subscribed):
        return True
    return _newest_consent(connection, row.id).get("") is False


def _newest_consent(connection: Connection, number: int) -> dict[str, bool]:
    query = select(consent.c.topic, consent.c.granted).where(consent.c.lead_id == number).order_by(consent.c.id)
    return {row.topic: row.granted for row in connection.execute(query)}


def _courses(connection: Connection, number: int) -> list[Course]:
    mails = (
        select(func.count())
        .where(delivery.c.enrollment_id == enrollment.c.id, delivery.c.state.not_in(("dropped", "failed", *_WAITING)))
        .scalar_subquery()
    )
    query = select(enrollment, mails.label("mails")).where(enrollment.c.lead_id == number).order_by(enrollment.c.id)
    return [
        Course(
            row.id,
            row.campaign,
            row.key,
            row.run,
            row.status != "ended",
            row.mails,
            (row.visit, len(row.passed)),
            row.entered_at,
        )
        for row in connection.execute(query)
    ]


def _write_lead(connection: Connection, row: Any, found: Together, since: datetime | None, now: datetime) -> None:
    texts = {**found.values.builtins, "email_domain": row.email.rpartition("@")[2]}
    values: dict[str, Any] = {
        **found.values.builtins,
        "fields": dict(found.values.fields),
        "folded": folded(found.values.fields, texts),
        "subscribed": found.subscribed,
        "tracking": found.tracking,
        "internal": found.internal,
        "account_id": found.account,
        "handed_off_at": found.handed_off_at,
        "lifecycle_since": since,
        "updated_at": now,
    }
    connection.execute(update(lead).where(lead.c.id == row.id).values(**values))


def _be_strict(connection: Connection, kept: Any, other: Any, against: dict[str, list[Any]], now: datetime) -> None:
    """What the person declined at the other address holds for the kept one; a bounce is the other address's matter."""
    if not kept.address_hash:
        return
    for row in against.get(other.address_hash, ()) if other.address_hash != kept.address_hash else ():
        if row.reason in SAID_BY_THE_PERSON:
            source = f"said as the lead merged into this one: {row.source}"
            suppress_hashes(connection, [kept.address_hash], row.scope, row.reason, source, row.at)
    before, said = _newest_consent(connection, kept.id), _newest_consent(connection, other.id)
    for topic in {name for known in (before, said) for name, granted in known.items() if not granted}:
        values = {"topic": topic, "granted": False, "at": now, "source": MERGED, "proof": {"with": other.public_id}}
        connection.execute(consent.insert(), {"lead_id": kept.id, **values})
        scope = f"topic:{topic}" if topic else "marketing"
        suppress_hashes(
            connection, [kept.address_hash], scope, "unsubscribed" if not topic else "topic declined", MERGED, now
        )
    if not other.address_hash and not other.subscribed:
        suppress_hashes(connection, [kept.address_hash], "marketing", "unsubscribed", MERGED, now)


def _end_courses(connection: Connection, ended: Iterable[Course], now: datetime) -> None:
    """These runs end; their mails that wait do not go, and nobody is asked to do anything more for them."""
    numbers = [course.number for course in ended]
    if not numbers:
        return
    over = {"status": "ended", "ended_at": now, "ended_why": MERGED, "due_at": None, "step": "", "waiting": ""}
    connection.execute(update(enrollment).where(enrollment.c.id.in_(numbers)).values(**over))
    waiting = (delivery.c.enrollment_id.in_(numbers), delivery.c.state.in_(_WAITING))
    why = "the same person goes on in another run of the campaign"
    dropped = {"state": "dropped", "reason": why, "finished_at": now, "due_at": None}
    connection.execute(update(delivery).where(*waiting).values(**dropped))
    undone = (action.c.enrollment_id.in_(numbers), action.c.done_at.is_(None))
    connection.execute(update(action).where(*undone).values(done_at=now, outcome=MERGED))


def _move(connection: Connection, kept: Side, other: Side, plan: Courses, now: datetime) -> None:
    """Every row about the other is one about the kept lead from now on."""
    _move_runs(connection, kept.number, other.number, plan)
    _unite(connection, member, ("name", "joined_at"), "name", kept.number, other.number)
    _unite(connection, passed_over, ("campaign",), "campaign", kept.number, other.number)
    for table in Base.metadata.tables.values():
        if "lead_id" in table.c and table.name not in _OWN_WAY:
            connection.execute(update(table).where(table.c.lead_id == other.number).values(lead_id=kept.number))
    hashed = select(lead.c.address_hash).where(lead.c.id == kept.number).scalar_subquery()
    unsent = (delivery.c.lead_id == kept.number, delivery.c.state.in_(_WAITING))
    connection.execute(update(delivery).where(*unsent).values(address_hash=hashed))
    gone = lead.c.id == other.number
    connection.execute(update(lead).where(lead.c.merged_into == other.number).values(merged_into=kept.number))
    connection.execute(update(lead).where(gone).values(**_GONE, merged_into=kept.number, updated_at=now))
    accounts = {side.account for side in (kept, other) if side.account is not None}
    rescore_accounts(connection, accounts, ANY_CHANGE, now)
    wake(connection, [kept.number], now)


def _move_runs(connection: Connection, kept: int, other: int, plan: Courses) -> None:
    """The highest numbers first, as each must be free; the story's lines follow their runs."""
    rows = {
        row.id: row
        for row in connection.execute(
            select(enrollment.c.id, enrollment.c.campaign, enrollment.c.run).where(enrollment.c.lead_id == other)
        )
    }
    told = update(story).where(
        story.c.lead_id == other, story.c.campaign == bindparam("of"), story.c.run == bindparam("was")
    )
    for number, run in sorted(plan.numbers.items(), key=lambda pair: -pair[1]):
        row = rows[number]
        connection.execute(told.values(run=run), {"of": row.campaign, "was": row.run})
        connection.execute(update(enrollment).where(enrollment.c.id == number).values(lead_id=kept, run=run))


def _unite(connection: Connection, table: Table, columns: Sequence[str], key: str, kept: int, other: int) -> None:
    """Rows that a lead has once by `key`: those that the kept lead lacks become its own."""
    has = select(table.c[key]).where(table.c.lead_id == kept)
    lacked = select(literal(kept), *(table.c[name] for name in columns)).where(
        table.c.lead_id == other, table.c[key].not_in(has)
    )
    connection.execute(insert(table).from_select(["lead_id", *columns], lacked))
    connection.execute(delete(table).where(table.c.lead_id == other))


def _called(connection: Connection, other: Any) -> str:
    """What people know the other lead by: its address, another name, at last its opaque id."""
    names = identities_of(connection, [other.id])[other.id]
    return other.email or next((str(name) for name in names), "") or str(other.public_id)


def _tell(
    connection: Connection, kept: Side, called: str, because: str, ended: Sequence[Course], now: datetime
) -> None:
    data = {"who": called, "because": because}
    tell(connection, kept.number, Line(now, MERGED, data=data))
    runs = dict(
        connection.execute(
            select(enrollment.c.id, enrollment.c.run).where(enrollment.c.id.in_([one.number for one in ended]))
        ).all()
    )
    for course in ended:
        line = Line(now, "ended", course.campaign, runs[course.number], {"why": MERGED})
        tell(connection, kept.number, line)
