"""The waterfall: how many leads go from each stage of the lifecycle to the next, how long it takes, where it leaks.

Read from the roll-up of lifecycle changes by cohort, which is the month in which a lead became known. The median is
that of a sample by chance of each cohort's leads.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import median
from typing import Any

from engine.domain.lifecycle import DISQUALIFIED, RECYCLED
from engine.domain.samples import joined
from engine.service.home import Home
from engine.service.reports.report import Asked, Cell, Column, Kind, Report, Table
from engine.service.reports.window import Window, window_of
from engine.store.database import reading
from engine.store.lifecycle_counts import transitions
from engine.store.stage_times import LEADS, Key, Sample, samples_of

A_YEAR = 365
DAY = 86_400


def funnel(home: Home, asked: Asked) -> Report:
    """The waterfall of the cohorts in the days asked for, a year by default."""
    window, by = window_of(home, asked, A_YEAR), asked.options.get("by", "")
    stages = home.config.lifecycle.stages
    with reading(home.store) as connection:
        rows = transitions(connection, window.first.replace(day=1), window.last, by)
        times = {} if by in ("theme", "source") else _times(connection, window, stages)
    if by:
        tables = (*_by(rows, stages, by), *_medians_by_cohort(times, stages))
    else:
        tables = (_waterfall(rows, stages, _joined(times)), _lost(rows, stages))
    return Report("funnel", f"From {stages[0]} to {stages[-1]}", tables, tuple(_notes(rows, times, window)))


def reached(rows: Sequence[Any], stages: Sequence[str]) -> dict[str, int]:
    """How many leads came to each stage, or past it; those who begin in the first one count there when they leave it.

    A lead that skips a stage has passed it, so that no share is above the whole.
    """
    found = dict.fromkeys(stages, 0)
    for row in rows:
        if row.after in found:
            begin = stages.index(row.before) if row.before in found else stages.index(row.after) - 1
            for place in range(max(begin + 1, 0), stages.index(row.after) + 1):
                found[stages[place]] += int(row.first)
            if row.before == stages[0]:
                found[stages[0]] += int(row.first)
    return found


def _times(connection: Any, window: Window, stages: Sequence[str]) -> dict[Key, Sample]:
    """How long leads took from each stage to the next, a sample of each cohort."""
    return samples_of(connection, window.first.replace(day=1), window.last, list(pairwise(stages)))


def _joined(times: Mapping[Key, Sample]) -> dict[str, Sample]:
    """The samples of all cohorts, by the stage that was reached."""
    found: dict[str, list[Sample]] = defaultdict(list)
    for (_, _, after), sample in times.items():
        found[after].append(sample)
    return {after: joined(samples, LEADS) for after, samples in found.items()}


def _median(sample: Sample) -> float | None:
    """In days; None where nobody took the step."""
    return median(seconds for _, seconds in sample) / DAY if sample else None


def _medians_by_cohort(times: Mapping[Key, Sample], stages: Sequence[str]) -> tuple[Table, ...]:
    """How long each cohort took for each step; nothing where nobody took one."""
    order = {after: place for place, after in enumerate(stages)}
    found = sorted(times, key=lambda key: (key[0], order[key[2]]))
    rows = tuple((key[0], key[2], _median(times[key]), len(times[key])) for key in found if times[key])
    columns = (
        Column("cohort", "cohort", Kind.DAY),
        Column("stage", "stage"),
        Column("median_days", "median time", Kind.DAYS),
        Column("median_of", "of leads", Kind.COUNT),
    )
    return (Table(columns, rows, "Median time from the stage before"),) if rows else ()


def _waterfall(rows: Sequence[Any], stages: Sequence[str], times: Mapping[str, Sample]) -> Table:
    counts = reached(rows, stages)
    taken: dict[tuple[str, str], tuple[int, int]] = {
        (row.before, row.after): (int(row.n), int(row.seconds)) for row in _merged(rows)
    }
    top = max(counts.values(), default=0)
    found = []
    for place, stage in enumerate(stages):
        before = stages[place - 1] if place else ""
        n, seconds = taken.get((before, stage), (0, 0))
        share = counts[stage] / counts[before] if before and counts[before] else None
        mean = seconds / n / DAY if n and before else None
        whole = counts[stage] / top if top else None
        timed = times.get(stage, ())
        found.append((stage, counts[stage], share, whole, mean, _median(timed), len(timed) or None))
    columns = (
        Column("stage", "stage"),
        Column("leads", "leads", Kind.COUNT),
        Column("of_before", "of the stage before", Kind.SHARE),
        Column("of_all", "of all", Kind.SHARE),
        Column("mean_days", "mean time", Kind.DAYS),
        Column("median_days", "median time", Kind.DAYS),
        Column("median_of", "of leads", Kind.COUNT),
    )
    return Table(columns, tuple(found), "Leads that reached a stage", "leads")


class _Sum:
    """Changes from one stage to another, over all groups."""

    def __init__(self, before: str, after: str) -> None:
        self.before, self.after = before, after
        self.n = self.first = self.seconds = 0


def _merged(rows: Sequence[Any]) -> list[_Sum]:
    found: dict[tuple[str, str], _Sum] = {}
    for row in rows:
        one = found.setdefault((row.before, row.after), _Sum(row.before, row.after))
        one.n, one.first, one.seconds = one.n + int(row.n), one.first + int(row.first), one.seconds + int(row.seconds)
    return list(found.values())


def _lost(rows: Sequence[Any], stages: Sequence[str]) -> Table:
    """Where leads leave the way, and how many came back to it."""
    out: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in _merged(rows):
        if row.after == RECYCLED:
            out[row.before][0] += row.n
        elif row.after == DISQUALIFIED:
            out[row.before][1] += row.n
        elif row.before == RECYCLED:
            out[row.after][2] += row.n
    columns = (
        Column("stage", "stage"),
        Column("recycled", "given back to marketing", Kind.COUNT),
        Column("disqualified", "disqualified", Kind.COUNT),
        Column("came_back", "came back here", Kind.COUNT),
    )
    order = [*stages, RECYCLED, *sorted(set(out) - {*stages, RECYCLED})]
    return Table(columns, tuple((stage, *out[stage]) for stage in order if stage in out), "Lost, and come back")


def _by(rows: Sequence[Any], stages: Sequence[str], by: str) -> tuple[Table, ...]:
    """For each group how many came to each stage, which share of those of the stage before, and in which time."""
    groups: dict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        groups[row.group].append(row)
    of = sorted(groups)
    group = Column(by, by, Kind.DAY if by == "cohort" else Kind.TEXT)
    names = [one or "(none)" for one in of]
    return (
        _reached_by(group, names, [groups[one] for one in of], stages),
        _steps_by(group, names, [_shares(groups[one], stages) for one in of], stages, Kind.SHARE, SHARES),
        _steps_by(group, names, [_means(groups[one], stages) for one in of], stages, Kind.DAYS, TIMES),
    )


SHARES, TIMES = "Of the stage before", "Mean time from the stage before"


def _reached_by(group: Column, names: Sequence[Any], parts: Sequence[Sequence[Any]], stages: Sequence[str]) -> Table:
    found = []
    for name, rows in zip(names, parts, strict=True):
        counts = reached(rows, stages)
        top = max(counts.values())
        back = sum(int(row.n) for row in rows if row.before == RECYCLED)
        found.append((name, *counts.values(), counts[stages[-1]] / top if top else None, back))
    columns = (
        group,
        *(Column(stage, stage, Kind.COUNT) for stage in stages),
        Column("won", f"to {stages[-1]}", Kind.SHARE),
        Column("came_back", "came back", Kind.COUNT),
    )
    return Table(columns, tuple(found), "Leads that reached a stage", stages[-1])


def _steps_by(
    group: Column, names: Sequence[Any], lines: Sequence[Sequence[Cell]], stages: Sequence[str], kind: Kind, title: str
) -> Table:
    columns = (group, *(Column(stage, stage, kind) for stage in stages[1:]))
    return Table(columns, tuple((name, *line) for name, line in zip(names, lines, strict=True)), title)


def _shares(rows: Sequence[Any], stages: Sequence[str]) -> list[Cell]:
    counts = reached(rows, stages)
    return [counts[after] / counts[before] if counts[before] else None for before, after in pairwise(stages)]


def _means(rows: Sequence[Any], stages: Sequence[str]) -> list[Cell]:
    """In days; of those who came from the very stage before."""
    taken = {(one.before, one.after): one.seconds / one.n / DAY for one in _merged(rows) if one.n}
    return [taken.get(step) for step in pairwise(stages)]


def _notes(rows: Sequence[Any], times: Mapping[Key, Sample], window: Window) -> list[str]:
    notes = [f"Leads who became known from {window.first:%B %Y} to {window.last:%B %Y}; younger ones are under way."]
    if times:
        notes.append(
            "A median rests on the first time of so many leads: all of a cohort, or where these are more than "
            f"{LEADS}, that many taken by chance."
        )
    if not rows:
        notes.append(
            "No change of a stage is counted yet. Housekeeping counts new ones within minutes; [lifecycle] when in "
            "config.toml says how leads change theirs."
        )
    return notes
