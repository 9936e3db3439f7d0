"""Leads of interest: who did something in a campaign as a person, by day, so that distinct leads of a span are known.

Counted from events in the order of their numbers, behind the count by day (`daily_counts`), whose watermark stops at
the first event that waits to be judged. What is taken for a machine's only later stays: of a sample nothing can be
taken back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Table, bindparam, select, update

from engine.domain.samples import distinct, joined, mark_of
from engine.store.bundles import set_home_value
from engine.store.daily_counts import EVENTS, counted_up_to, event, lead
from engine.store.inserts import insert_ignoring
from engine.store.many import read_many, run_many
from engine.store.marks import packed, unpacked
from engine.store.revenue_tables import InterestDayRow
from engine.store.touches import may_touch

interest: Table = InterestDayRow.__table__  # type: ignore[attr-defined]

MARKS = 1_024
"""So many leads of a theme are counted exactly; more are estimated, to about 3 in 100."""
INTEREST = "interest:event"
"""The store's value that holds the watermark."""

_Key = tuple[date, str]


def count_interest(connection: Connection, zone: ZoneInfo, limit: int) -> int:
    """Count leads who clicked, answered or did something else that shows interest; how many events were read."""
    query = (
        select(event.c.id, event.c.at, event.c.campaign, event.c.kind, event.c.actor, event.c.name, event.c.lead_id)
        .add_columns(lead.c.internal)
        .join(lead, lead.c.id == event.c.lead_id)
        .where(event.c.id > counted_up_to(connection, INTEREST), event.c.id <= counted_up_to(connection, EVENTS))
        .order_by(event.c.id)
        .limit(limit)
    )
    rows = list(connection.execute(query))
    found: dict[_Key, set[int]] = defaultdict(set)
    for row in rows:
        if row.campaign and not row.internal and may_touch(row.kind, row.actor, row.name):
            found[row.at.astimezone(zone).date(), row.campaign].add(mark_of(row.lead_id))
    if rows:
        _add(connection, found)
        set_home_value(connection, INTEREST, str(rows[-1].id))
    return len(rows)


def interested(
    connection: Connection, first: date, last: date, names: Mapping[str, str] | None = None
) -> dict[str, int]:
    """Distinct leads of interest from one day to another, by campaign, or by what `names` calls a campaign."""
    query = select(interest.c.campaign, interest.c.marks).where(interest.c.day >= first, interest.c.day <= last)
    samples: dict[str, list[Sequence[int]]] = defaultdict(list)
    for campaign, marks in connection.execute(query):
        samples[campaign if names is None else names.get(campaign, "")].append(unpacked(marks))
    return {name: distinct(joined(found, MARKS), MARKS) for name, found in samples.items()}


_THERE = (interest.c.day == bindparam("on_day"), interest.c.campaign == bindparam("of_campaign"))
_KEPT = select(interest.c.marks).where(*_THERE)
_KEEP = update(interest).where(*_THERE).values(marks=bindparam("kept"))


def _add(connection: Connection, found: Mapping[_Key, set[int]]) -> None:
    blank = [{"day": day, "campaign": campaign, "marks": b""} for day, campaign in found]
    insert_ignoring(connection, interest, blank, ("day", "campaign"))
    changed = [
        {"on_day": key[0], "of_campaign": key[1], "kept": packed(joined([known, sorted(new)], MARKS))}
        for key, new in found.items()
        if not new <= set(known := _marks(connection, key))
    ]
    run_many(connection, _KEEP, changed)


def _marks(connection: Connection, key: _Key) -> Sequence[int]:
    return unpacked(read_many(connection, _KEPT, {"on_day": key[0], "of_campaign": key[1]})[0][0])
