"""Where leads are: how many in each stage, who answers for them, how long leads stay there, and who stays too long."""

from __future__ import annotations

from datetime import date
from typing import Any

from engine.domain.lifecycle import DISQUALIFIED, RECYCLED
from engine.service.census import EVERY, LIVE, Census, census_of
from engine.service.home import Home
from engine.service.reports.report import Asked, Cell, Column, Kind, Report, Table
from engine.store.database import reading
from engine.store.lifecycle_counts import transitions

DAY = 86_400
EVER = date(1970, 1, 1)
_HOURS = EVERY.seconds // 3_600
STAGES = (
    Column("stage", "stage"),
    Column("leads", "leads", Kind.COUNT),
    Column("owner", "who answers"),
    Column("mean_days", "mean time of those who left", Kind.DAYS),
    Column("within", "should leave within"),
    Column("too_long", "longer than that", Kind.COUNT),
)


def lifecycle(home: Home, asked: Asked) -> Report:  # noqa: ARG001
    """The stages with their leads, as of now or, in a large home, of the latest census."""
    today = home.clock.now().astimezone(home.zone).date()
    with reading(home.store) as connection:
        counted = census_of(home, connection)
        left = _left(transitions(connection, EVER, today))
    order = [*home.config.lifecycle.stages, RECYCLED, DISQUALIFIED]
    order += sorted(stage for stage in counted.stages if stage not in order)
    lines = tuple(_line(home, stage, counted, left) for stage in order)
    notes = ("Times are those of all leads that left a stage, whenever; colleagues are not counted.",)
    tables = (Table(STAGES, lines, "", "leads"),)
    return Report("lifecycle", "Where leads are", tables, (*notes, *as_of(home, counted)))


def as_of(home: Home, counted: Census) -> list[str]:
    """When leads were counted, where that is not now."""
    if counted.live:
        return []
    return [f"Leads were counted {home.told(counted.at)}: in a home of more than {LIVE:,} every {_HOURS} hours."]


def _line(home: Home, stage: str, counted: Census, left: dict[str, float]) -> tuple[Cell, ...]:
    found = home.config.lifecycle
    within = found.within.get(stage, "")
    too_long = counted.too_long.get(stage, 0) if within else None
    return (
        stage or "(none)",
        counted.stages.get(stage, 0),
        found.owners.get(stage, ""),
        left.get(stage),
        within,
        too_long,
    )


def _left(rows: list[Any]) -> dict[str, float]:
    """How many days leads were in each stage before they left it, on average."""
    sums: dict[str, tuple[int, int]] = {}
    for row in rows:
        n, seconds = sums.get(row.before, (0, 0))
        sums[row.before] = n + int(row.n), seconds + int(row.seconds)
    return {stage: seconds / n / DAY for stage, (n, seconds) in sums.items() if n}
