"""The waterfall: lifecycle changes counted once each into their cohorts, in the order of their numbers.

A watermark says up to which they are counted; it moves in the same transaction, so that a crash counts none twice.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, exists, func, select, update

from engine.store.bundles import set_home_value
from engine.store.daily_counts import counted_up_to, until_settled
from engine.store.inserts import insert_ignoring
from engine.store.many import run_many
from engine.store.revenue_tables import WaterfallRow
from engine.store.sales_tables import LifecycleChangeRow
from engine.store.tables import LeadRow

waterfall = WaterfallRow.__table__  # type: ignore[attr-defined]
change = LifecycleChangeRow.__table__  # type: ignore[attr-defined]
lead = LeadRow.__table__  # type: ignore[attr-defined]

CHANGES = "counted:lifecycle"
"""The store's value that holds the watermark."""

_KEYS = ("cohort", "theme", "source", "before", "after")


def count_lifecycle(connection: Connection, zone: ZoneInfo, before: datetime, limit: int) -> int:
    """Count changes before that instant that are not counted yet, colleagues' apart; how many there were."""
    rows = until_settled(connection.execute(uncounted(counted_up_to(connection, CHANGES), limit)), before)
    if not rows:
        return 0
    more: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in rows:
        if not row.internal:
            added = more[cohort_of(row.created_at, zone), row.theme, row.source, row.before, row.after]
            added[0] += 1
            added[1] += not row.again
            added[2] += row.seconds or 0
    _add(connection, more)
    set_home_value(connection, CHANGES, str(rows[-1].id))
    return len(rows)


def uncounted(after: int, limit: int) -> Any:
    """The next changes behind that number; `again` of leads that had reached the stage before."""
    earlier = change.alias()
    again = exists().where(
        earlier.c.lead_id == change.c.lead_id, earlier.c.id < change.c.id, earlier.c.after == change.c.after
    )
    return (
        select(change.c.id, change.c.at, change.c.before, change.c.after, change.c.theme, change.c.source)
        .add_columns(change.c.lead_id, change.c.seconds, lead.c.created_at, lead.c.internal, again.label("again"))
        .join(lead, lead.c.id == change.c.lead_id)
        .where(change.c.id > after)
        .order_by(change.c.id)
        .limit(limit)
    )


def cohort_of(created_at: datetime, zone: ZoneInfo) -> date:
    """The month in which a lead became known, by its first day."""
    return created_at.astimezone(zone).date().replace(day=1)


_MORE = (
    update(waterfall)
    .where(*(waterfall.c[key] == bindparam(f"of_{key}") for key in _KEYS))
    .values(
        n=waterfall.c.n + bindparam("more_n"),
        first=waterfall.c.first + bindparam("more_first"),
        seconds=waterfall.c.seconds + bindparam("more_seconds"),
    )
)


def _add(connection: Connection, more: dict[tuple[Any, ...], list[int]]) -> None:
    zeros = {"n": 0, "first": 0, "seconds": 0}
    insert_ignoring(connection, waterfall, [{**dict(zip(_KEYS, key, strict=True)), **zeros} for key in more], _KEYS)
    names = [f"of_{key}" for key in _KEYS]
    values = [
        {**dict(zip(names, key, strict=True)), "more_n": n, "more_first": first, "more_seconds": seconds}
        for key, (n, first, seconds) in more.items()
    ]
    run_many(connection, _MORE, values)


def transitions(connection: Connection, first: date, last: date, by: str = "") -> list[Any]:
    """Changes of the cohorts between these days, summed: (group, before, after, n, first, seconds)."""
    group = waterfall.c[by] if by else waterfall.c.after
    sums = (func.sum(waterfall.c[name]).label(name) for name in ("n", "first", "seconds"))
    query = (
        select(group.label("group"), waterfall.c.before, waterfall.c.after, *sums)
        .where(waterfall.c.cohort >= first, waterfall.c.cohort <= last)
        .group_by(group, waterfall.c.before, waterfall.c.after)
    )
    return list(connection.execute(query))
