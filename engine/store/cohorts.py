"""Cohorts: what became of the leads who entered a campaign on a day, counted once as it happens.

Entries, goals and hand-offs are counted along watermarks of the rows that tell them, as `daily_counts` does. What deals
add is counted with the deals (`engine.service.revenue.attribute`). Colleagues are left out, and a lead counts in its
first run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Table, select

from engine.domain.deal_figures import day_of
from engine.store.among import among_numbers
from engine.store.bundles import set_home_value
from engine.store.credit import cohort, enrollment, entries_of, lead
from engine.store.daily_counts import counted_up_to, until_settled
from engine.store.rollups import add_up
from engine.store.sales_tables import HandoffRow
from engine.store.tables import StoryRow

handoff: Table = HandoffRow.__table__  # type: ignore[attr-defined]
story: Table = StoryRow.__table__  # type: ignore[attr-defined]

ENTRIES, GOALS, HANDOFFS = "cohort:enrollment", "cohort:story", "cohort:handoff"
"""The store's values that hold the watermarks."""
GOAL = "goal"
"""The line of a story that tells that a goal was reached."""

_Key = tuple[date, str, bool, str]


def count_entries(connection: Connection, zone: ZoneInfo, before: datetime, limit: int) -> int:
    """Count leads that entered campaigns before that instant; how many rows were looked at."""
    query = (
        select(enrollment.c.id, enrollment.c.entered_at, enrollment.c.campaign, enrollment.c.holdout, enrollment.c.run)
        .add_columns(lead.c.internal)
        .join(lead, lead.c.id == enrollment.c.lead_id)
        .where(enrollment.c.id > counted_up_to(connection, ENTRIES))
        .order_by(enrollment.c.id)
        .limit(limit)
    )
    rows = until_settled(connection.execute(query), before)
    new = ((day_of(row[1], zone), row[2], bool(row[3]), "entered") for row in rows if row[4] == 1 and not row[5])
    return _counted(connection, ENTRIES, new, rows)


def count_goals(connection: Connection, zone: ZoneInfo, before: datetime, limit: int) -> int:
    """Count leads that reached the goal of a campaign, as their stories tell; how many lines were looked at."""
    query = (
        select(story.c.id, story.c.at, story.c.code, story.c.lead_id, story.c.campaign, story.c.run)
        .where(story.c.id > counted_up_to(connection, GOALS))
        .order_by(story.c.id)
        .limit(limit)
    )
    rows = until_settled(connection.execute(query), before)
    reached = [(row[3], row[4]) for row in rows if row[2] == GOAL and row[5] == 1]
    entries = entries_of(connection, sorted({who for who, _ in reached}))
    found = (
        (day_of(entry.at, zone), entry.campaign, entry.holdout, "goal")
        for who, campaign in reached
        for entry in entries[who]
        if entry.campaign == campaign
    )
    return _counted(connection, GOALS, found, rows)


def count_handoffs(connection: Connection, zone: ZoneInfo, before: datetime, limit: int) -> int:
    """Count leads that were given to sales after they entered a campaign, each once; how many hand-offs there were."""
    query = (
        select(handoff.c.id, handoff.c.at, handoff.c.lead_id)
        .where(handoff.c.id > counted_up_to(connection, HANDOFFS))
        .order_by(handoff.c.id)
        .limit(limit)
    )
    rows = until_settled(connection.execute(query), before)
    return _counted(connection, HANDOFFS, list(_first_handoffs(connection, rows, zone)), rows)


def _first_handoffs(connection: Connection, rows: list[Any], zone: ZoneInfo) -> Iterator[_Key]:
    leads = sorted({row[2] for row in rows})
    if not leads:
        return
    entries = entries_of(connection, leads)
    known = select(handoff.c.id, handoff.c.at, handoff.c.lead_id).where(among_numbers(handoff.c.lead_id, "leads"))
    earlier: dict[int, list[tuple[int, datetime]]] = {number: [] for number in leads}
    for number, at, who in connection.execute(known, {"leads": leads}):
        earlier[who].append((number, at))
    for number, at, who in rows:
        for entry in entries[who]:
            before = any(entry.at <= when and other < number for other, when in earlier[who])
            if entry.at <= at and not before:
                yield day_of(entry.at, zone), entry.campaign, entry.holdout, "handed_off"


def _counted(connection: Connection, watermark: str, keys: Iterable[_Key], rows: list[Any]) -> int:
    if rows:
        add_up(connection, cohort, ((key, {"n": 1}) for key in keys))
        set_home_value(connection, watermark, str(rows[-1][0]))
    return len(rows)
