"""How long leads of a cohort took from one stage to another: a sample by chance of each, for medians.

Changes are read once, in the order of their numbers, as in `lifecycle_counts`. A lead counts by its first change into a
stage.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Table, and_, bindparam, or_, select, update

from engine.domain.samples import joined, mark_of
from engine.store.bundles import set_home_value
from engine.store.daily_counts import counted_up_to, until_settled
from engine.store.inserts import insert_ignoring
from engine.store.lifecycle_counts import cohort_of, uncounted
from engine.store.many import run_many
from engine.store.marks import packed, unpacked
from engine.store.revenue_tables import StageTimeRow

stage_time: Table = StageTimeRow.__table__  # type: ignore[attr-defined]

LEADS = 500
"""In one sample: the share of leads that took less than its median is between 46 and 54%, 19 of 20 times."""
SAMPLED = "sampled:lifecycle"
"""The store's value that holds the watermark."""

Key = tuple[date, str, str]
"""Cohort, the stage before, the stage after."""
Sample = Sequence[tuple[int, int]]
"""Marks of leads, each with the seconds that it took."""


def sample_times(connection: Connection, zone: ZoneInfo, before: datetime, limit: int) -> int:
    """Take changes before that instant into the samples, colleagues' apart; how many were read."""
    rows = until_settled(connection.execute(uncounted(counted_up_to(connection, SAMPLED), limit)), before)
    found: dict[Key, list[tuple[int, int]]] = defaultdict(list)
    for row in rows:
        if row.seconds is not None and not row.internal and not row.again:
            key = (cohort_of(row.created_at, zone), row.before, row.after)
            found[key].append((mark_of(row.lead_id), max(0, row.seconds)))
    if rows:
        _add(connection, found)
        set_home_value(connection, SAMPLED, str(rows[-1].id))
    return len(rows)


def samples_of(connection: Connection, first: date, last: date, steps: Iterable[tuple[str, str]]) -> dict[Key, Sample]:
    """The samples of the cohorts between these days, of these steps from one stage to another."""
    wanted = [and_(stage_time.c.before == before, stage_time.c.after == after) for before, after in steps]
    query = select(stage_time).where(stage_time.c.cohort >= first, stage_time.c.cohort <= last, or_(*wanted))
    return {(row.cohort, row.before, row.after): _sample(row.sample) for row in connection.execute(query)}


_NAMES = ("cohort", "before", "after")
_KEEP = (
    update(stage_time)
    .where(*(stage_time.c[name] == bindparam(f"of_{name}") for name in _NAMES))
    .values(sample=bindparam("kept"))
)


def _add(connection: Connection, found: Mapping[Key, Sample]) -> None:
    blank = [{**dict(zip(_NAMES, key, strict=True)), "sample": b""} for key in found]
    insert_ignoring(connection, stage_time, blank, _NAMES)
    names = [f"of_{name}" for name in _NAMES]
    values = [
        {**dict(zip(names, key, strict=True)), "kept": packed(chain(*joined([_known(connection, key), new], LEADS)))}
        for key, new in ((key, sorted(new)) for key, new in found.items())
    ]
    run_many(connection, _KEEP, values)


def _known(connection: Connection, key: Key) -> Sample:
    same = (stage_time.c[name] == value for name, value in zip(_NAMES, key, strict=True))
    query: Any = select(stage_time.c.sample).where(*same)
    return _sample(connection.scalar(query))


def _sample(content: bytes) -> Sample:
    numbers = unpacked(content)
    return list(zip(numbers[::2], numbers[1::2], strict=True))
