"""Where leads are: how many in each stage, who answers for them, how long leads stay there, and who stays too long."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine.authoring.policy import calendars
from engine.domain.lifecycle import DISQUALIFIED, RECYCLED
from engine.domain.timing import Calendar, UntilClock, parse_delay
from engine.domain.timing.spans import before
from engine.service.home import Home
from engine.service.reports.report import Asked, Cell, Column, Kind, Report, Table
from engine.store.database import reading
from engine.store.lifecycle_counts import transitions
from engine.store.unowned import stage_counts, staying_since

DAY = 86_400
STAGES = (
    Column("stage", "stage"),
    Column("leads", "leads", Kind.COUNT),
    Column("owner", "who answers"),
    Column("mean_days", "mean time of those who left", Kind.DAYS),
    Column("within", "should leave within"),
    Column("too_long", "longer than that", Kind.COUNT),
)


def lifecycle(home: Home, asked: Asked) -> Report:  # noqa: ARG001
    """The stages with their leads as it stands now."""
    found, now = home.config.lifecycle, home.clock.now()
    today = now.astimezone(home.zone).date()
    with reading(home.store) as connection:
        counts = stage_counts(connection)
        left = _left(transitions(connection, today.replace(year=1970), today))
        order = [*found.stages, RECYCLED, DISQUALIFIED]
        order += sorted(stage for stage in counts if stage not in order)
        lines = tuple(_line(connection, home, stage, counts, left, now) for stage in order)
    notes = ("Times are those of all leads that left a stage, whenever; colleagues are not counted.",)
    return Report("lifecycle", "Where leads are", (Table(STAGES, lines, "", "leads"),), notes)


def _line(
    connection: Any, home: Home, stage: str, counts: dict[str, int], left: dict[str, float], now: datetime
) -> tuple[Cell, ...]:
    found = home.config.lifecycle
    within = found.within.get(stage, "")
    begun = latest_begin(within, now, home.zone, calendars(home.config)("")) if within else None
    too_long = staying_since(connection, stage, begun) if begun is not None else None
    return stage or "(none)", counts.get(stage, 0), found.owners.get(stage, ""), left.get(stage), within, too_long


def latest_begin(within: str, now: datetime, zone: ZoneInfo, calendar: Calendar) -> datetime | None:
    """Who is in a stage since before this instant is there longer than `within`."""
    delay = parse_delay(within)
    return None if isinstance(delay, (str, UntilClock)) else before(now, delay, zone, calendar)


def _left(rows: list[Any]) -> dict[str, float]:
    """How many days leads were in each stage before they left it, on average."""
    sums: dict[str, tuple[int, int]] = {}
    for row in rows:
        n, seconds = sums.get(row.before, (0, 0))
        sums[row.before] = n + int(row.n), seconds + int(row.seconds)
    return {stage: seconds / n / DAY for stage, (n, seconds) in sums.items() if n}
