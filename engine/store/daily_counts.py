"""Counts by day, step and what happened: kept when the rows that they were counted from are forgotten.

Rows are counted once, in the order of their numbers. A watermark says up to which; it moves in the same transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, false, func, select, update

from engine.store.bundles import home_value, set_home_value
from engine.store.inserts import insert_ignoring
from engine.store.many import run_many
from engine.store.tables import AttemptRow, DailyCountRow, DeliveryRow, EventRow, LeadRow, StoryRow
from engine.store.touches import may_touch, touched_late

daily = DailyCountRow.__table__  # type: ignore[attr-defined]
attempt = AttemptRow.__table__  # type: ignore[attr-defined]
delivery = DeliveryRow.__table__  # type: ignore[attr-defined]
event = EventRow.__table__  # type: ignore[attr-defined]
story = StoryRow.__table__  # type: ignore[attr-defined]
lead = LeadRow.__table__  # type: ignore[attr-defined]

ATTEMPTS, EVENTS, STORIES = "counted:attempt", "counted:event", "counted:story"
"""The store's values that hold the watermarks."""

Key = tuple[date, str, str, str]
"""Day, campaign, step, what."""


def count_attempts(connection: Connection, zone: ZoneInfo, before: datetime, limit: int) -> int:
    """Count attempts that ended before that instant and are not counted yet, tests apart; how many there were."""
    query = (
        select(attempt.c.id, attempt.c.ended_at, delivery.c.campaign, delivery.c.step, attempt.c.outcome)
        .add_columns(delivery.c.test)
        .join(delivery, delivery.c.id == attempt.c.delivery_id)
        .where(attempt.c.id > counted_up_to(connection, ATTEMPTS))
        .order_by(attempt.c.id)
        .limit(limit)
    )
    rows = until_settled(connection.execute(query), before)
    return _counted(connection, ATTEMPTS, [_key(zone, *row[1:5]) for row in rows if not row[5]], rows)


def count_events(connection: Connection, zone: ZoneInfo, before: datetime, limit: int) -> int:
    """Count events received before that instant whose quarantine is over and that are not counted yet.

    Deals that were opened after one of them, which we then did not know of, are credited anew.
    """
    query = (
        select(event.c.id, event.c.received_at, event.c.at, event.c.campaign, event.c.step, event.c.kind, event.c.actor)
        .add_columns(event.c.lead_id, event.c.name)
        .where(event.c.id > counted_up_to(connection, EVENTS))
        .order_by(event.c.id)
        .limit(limit)
    )
    first_open = connection.scalar(select(func.min(event.c.id)).where(event.c.pending))
    rows = [
        row for row in until_settled(connection.execute(query), before) if first_open is None or row[0] < first_open
    ]
    keys = [_key(zone, row[2], row[3], row[4], _what(row[5], row[6])) for row in rows]
    touched_late(connection, _earliest((row[7], row[2]) for row in rows if may_touch(row[5], row[6], row[8])))
    return _counted(connection, EVENTS, keys, rows)


MOVES = ("entered", "advanced", "branched", "exhausted", "goal")
"""Lines of stories that are counted, as `lead:entered` …; the step is the stage that the lead came to."""


def count_moves(connection: Connection, zone: ZoneInfo, before: datetime, limit: int) -> int:
    """Count how leads moved, colleagues apart, up to that instant; how many lines of stories were looked at."""
    query = (
        select(story.c.id, story.c.at, story.c.campaign, story.c.data, story.c.code, lead.c.internal)
        .join(lead, lead.c.id == story.c.lead_id)
        .where(story.c.id > counted_up_to(connection, STORIES))
        .order_by(story.c.id)
        .limit(limit)
    )
    rows = until_settled(connection.execute(query), before)
    keys = [
        _key(zone, row.at, row.campaign, str(row.data.get("to") or row.data.get("stage") or ""), f"lead:{row.code}")
        for row in rows
        if row.code in MOVES and not row.internal
    ]
    return _counted(connection, STORIES, keys, rows)


def recount_events(connection: Connection, zone: ZoneInfo, judged: Iterable[tuple[Any, str]]) -> None:
    """Correct the counts as verdicts came late: for each event's row who is taken for its actor now."""
    counted = counted_up_to(connection, EVENTS)
    more: Counter[Key] = Counter()
    mended: list[tuple[int, datetime]] = []
    for row, actor in judged:
        if row.id <= counted:
            more[_key(zone, row.at, row.campaign, row.step, _what(row.kind, row.actor))] -= 1
            more[_key(zone, row.at, row.campaign, row.step, _what(row.kind, actor))] += 1
            mended.append((row.lead_id, row.at))
    touched_late(connection, _earliest(mended))
    _add(connection, more)


def _earliest(touches: Iterable[tuple[int, datetime]]) -> dict[int, datetime]:
    """When each lead first did something of this."""
    found: dict[int, datetime] = {}
    for who, at in touches:
        found[who] = min(at, found.get(who, at))
    return found


def _what(kind: str, actor: str) -> str:
    return f"{kind}:{actor}"


def counted_up_to(connection: Connection, watermark: str) -> int:
    """The number of the last row that is counted."""
    return int(home_value(connection, watermark) or 0)


def counts(connection: Connection, what: Sequence[str], since: date | None = None) -> Mapping[str, int]:
    """How often each of these happened, from a day on or ever; the newest minutes are not in it yet."""
    query = select(daily.c.what, func.sum(daily.c.n)).where(daily.c.what.in_(list(what))).group_by(daily.c.what)
    found = connection.execute(query if since is None else query.where(daily.c.day >= since))
    return {name: int(number) for name, number in found}


def uncounted_attempts(connection: Connection, outcomes: Sequence[str], since: datetime | None = None) -> int:
    """How many attempts ended so that are not in the counts yet, tests apart."""
    query = (
        select(func.count())
        .select_from(attempt)
        .join(delivery, delivery.c.id == attempt.c.delivery_id)
        .where(
            attempt.c.id > counted_up_to(connection, ATTEMPTS),
            attempt.c.outcome.in_(list(outcomes)),
            delivery.c.test == false(),
        )
    )
    return int(connection.scalar(query if since is None else query.where(attempt.c.ended_at >= since)) or 0)


def until_settled(rows: Iterable[Any], before: datetime) -> list[Any]:
    """The rows before the first that is too young: one with a lower number may still be on its way to be committed."""
    found = []
    for row in rows:
        if row[1] is not None and row[1] >= before:
            break
        found.append(row)
    return found


def _key(zone: ZoneInfo, at: datetime, campaign: str | None, step: str | None, what: str) -> Key:
    return at.astimezone(zone).date(), campaign or "", step or "", what


def _counted(connection: Connection, watermark: str, keys: Iterable[Key], rows: Sequence[Any]) -> int:
    if rows:
        _add(connection, Counter(keys))
        set_home_value(connection, watermark, str(rows[-1][0]))
    return len(rows)


_MORE = (
    update(daily)
    .where(
        daily.c.day == bindparam("on_day"),
        daily.c.campaign == bindparam("of_campaign"),
        daily.c.step == bindparam("of_step"),
        daily.c.what == bindparam("of_what"),
    )
    .values(n=daily.c.n + bindparam("more"))
)


def _add(connection: Connection, more: Counter[Key]) -> None:
    if not more:
        return
    keys = ("day", "campaign", "step", "what")
    insert_ignoring(connection, daily, [{**dict(zip(keys, key, strict=True)), "n": 0} for key in more], keys)
    values = [
        {"on_day": day, "of_campaign": campaign, "of_step": step, "of_what": what, "more": number}
        for (day, campaign, step, what), number in more.items()
    ]
    run_many(connection, _MORE, values)
