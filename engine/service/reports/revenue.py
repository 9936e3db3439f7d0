"""The report `revenue`: deals of nurtured leads against others, what it brought, and what it cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from engine.domain.attribution import Model
from engine.domain.intervals import (
    Interval,
    Sample,
    difference_of_means,
    difference_of_shares,
    mean_interval,
    share_interval,
)
from engine.domain.money import EXPONENTS
from engine.service.home import Home
from engine.service.reports.attribution import chosen, waiting
from engine.service.reports.credit_table import TITLES, costs_of, credit_table
from engine.service.reports.report import Asked, Cell, Column, Kind, Report, Table
from engine.store.costs import costs_by
from engine.store.database import reading
from engine.store.revenue_figures import Days, credit_totals, deal_totals, handoffs_between

Figures = Mapping[str, float]
_NURTURED, _OTHERS, _DIFFERENCE = "nurtured", "not nurtured", "difference"


def revenue(home: Home, asked: Asked) -> Report:
    """Option: `by` (theme), how pipeline and revenue are told.

    Raises:
        RipelineError: there is nothing of that name to tell it by.
    """
    by = chosen(asked, "by", ("theme", "campaign", "source"), "theme")
    days = Days(asked.first, asked.last)
    with reading(home.store) as connection:
        totals = deal_totals(connection, days)
        tables = (
            *_comparison(totals, home.config.reports.currency),
            credit_table(connection, Model.LINEAR, by, days, f"Pipeline and revenue by {TITLES[by]}"),
            _costs(connection, home, days, totals),
            _recycled(connection, days, totals),
        )
        notes = (*_notes(home), *waiting(connection))
    return Report("revenue", "What it brought, and what it cost", tables, notes)


def _comparison(totals: Mapping[tuple[bool, bool], Figures], currency: str) -> Iterator[Table]:
    """Nurtured against not nurtured: how deals end, and how long, large and cheap those won are."""
    ours, others = _group(totals, nurtured=True), _group(totals, nurtured=False)
    yield _shares("won", "Win rate", ours, others)
    yield _shares("no_decision", "Deals that ended without a decision", ours, others)
    yield _means("Days until a deal is won", Kind.DAYS, _cycle(ours), _cycle(others), 1)
    size = 10 ** EXPONENTS[currency]
    yield _means("Size of a deal won", Kind.MONEY, _size(ours, size), _size(others, size), size)
    yield _means("Discount from the list price", Kind.SHARE, _discount(ours), _discount(others), 1)


def _group(totals: Mapping[tuple[bool, bool], Figures], *, nurtured: bool) -> dict[str, float]:
    found: dict[str, float] = {}
    for (is_nurtured, _), figures in totals.items():
        if is_nurtured is nurtured:
            for name, number in figures.items():
                found[name] = found.get(name, 0) + number
    return found


def _shares(what: str, caption: str, ours: Figures, others: Figures) -> Table:
    """A share of the deals closed, with Wilson's intervals, and Newcombe's of the difference."""
    hits = [int(group.get(what, 0)) for group in (ours, others)]
    closed = [_closed(group) for group in (ours, others)]
    rows: list[tuple[Cell, ...]] = [
        (name, n, hit, _ratio(hit, n), *_ends(share_interval(hit, n)))
        for name, hit, n in zip((_NURTURED, _OTHERS), hits, closed, strict=True)
    ]
    middle = hits[0] / closed[0] - hits[1] / closed[1] if all(closed) else None
    difference = difference_of_shares(hits[0], closed[0], hits[1], closed[1])
    rows.append((_DIFFERENCE, None, None, middle, *_ends(difference)))
    columns = (
        Column("group", "leads"),
        Column("closed", "closed", Kind.COUNT),
        Column(what, what.replace("_", " "), Kind.COUNT),
        *_measured(Kind.SHARE, "share"),
    )
    return Table(columns, tuple(rows), caption)


def _means(caption: str, kind: Kind, ours: Sample, others: Sample, scale: int) -> Table:
    """A mean with Student's intervals, and Welch's of the difference."""
    rows: list[tuple[Cell, ...]] = []
    for name, sample in ((_NURTURED, ours), (_OTHERS, others)):
        ends = _ends(mean_interval(sample))
        rows.append((name, sample.n, *(_in(kind, one, scale) for one in (sample.mean, *ends))))
    middle = ours.mean - others.mean if ours.mean is not None and others.mean is not None else None
    ends = _ends(difference_of_means(ours, others))
    rows.append((_DIFFERENCE, None, *(_in(kind, one, scale) for one in (middle, *ends))))
    return Table(
        (Column("group", "leads"), Column("n", "deals", Kind.COUNT), *_measured(kind, "mean")), tuple(rows), caption
    )


def _measured(kind: Kind, title: str) -> tuple[Column, ...]:
    return Column(title, title, kind), Column("low", "from", kind), Column("high", "to", kind)


def _in(kind: Kind, value: float | None, scale: int) -> Cell:
    """The value as its kind is told: money in the smallest unit, shares with four decimals, days with one."""
    if value is None:
        return None
    return round(value * scale) if kind is Kind.MONEY else round(value, 4 if kind is Kind.SHARE else 1)


def _cycle(group: Figures) -> Sample:
    return Sample(int(group.get("won", 0)), group.get("cycle", 0), group.get("cycle_squares", 0))


def _size(group: Figures, size: int) -> Sample:
    return Sample(int(group.get("won", 0)), group.get("revenue", 0) / size, group.get("revenue_squares", 0))


def _discount(group: Figures) -> Sample:
    """Kept in hundredths of a per cent, told as a share."""
    total, squares = group.get("discount", 0) / 10_000, group.get("discount_squares", 0) / 10_000**2
    return Sample(int(group.get("listed", 0)), total, squares)


def _closed(group: Figures) -> int:
    return int(sum(group.get(name, 0) for name in ("won", "lost", "no_decision")))


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _ends(interval: Interval | None) -> tuple[float | None, float | None]:
    return (interval.low, interval.high) if interval is not None else (None, None)


def _costs(connection: Any, home: Home, days: Days, totals: Mapping[tuple[bool, bool], Figures]) -> Table:
    """What a sales-ready lead and a deal cost, if all that was spent in these days is laid on those of these days."""
    spent = sum(costs_by(connection, days.first, days.last).values())
    ready = handoffs_between(connection, _midnight(home, days, "first"), _midnight(home, days, "last"))
    opened, won = (int(sum(one.get(name, 0) for one in totals.values())) for name in ("opened", "won"))
    thousand = spent / 10 ** EXPONENTS[home.config.reports.currency] / 1000
    rows = tuple(
        (name, n, spent, round(spent / n) if n and spent else None, round(n / thousand, 2) if thousand > 0 else None)
        for name, n in (("leads given to sales", ready), ("deals opened", opened), ("deals won", won))
    )
    columns = (
        Column("what", "what"),
        Column("n", "number", Kind.COUNT),
        Column("cost", "spent", Kind.MONEY),
        Column("each", "cost of one", Kind.MONEY),
        Column("per_thousand", f"for 1,000 {home.config.reports.currency}", Kind.NUMBER),
    )
    return Table(columns, rows, "What it cost")


def _midnight(home: Home, days: Days, end: str) -> datetime | None:
    """When the first day begins, or the last one ends, in the company's zone."""
    day = days.first if end == "first" else days.last
    if day is None:
        return None
    day += timedelta(days=end == "last")
    return datetime.combine(day, time.min, home.zone).astimezone(UTC)


def _recycled(connection: Any, days: Days, totals: Mapping[tuple[bool, bool], Figures]) -> Table:
    """Each cost is laid on the pipeline that its campaign, or else its source, has a part in: recycled or new."""
    cost = {True: 0.0, False: 0.0}
    idle = 0.0
    for by in ("campaign", "source"):
        parts = _pipelines(connection, by, days)
        for name, amount in _own_costs(connection, by, days).items():
            whole = sum(parts.get((name, one), 0) for one in cost)
            idle += 0 if whole else amount
            for one in cost:
                cost[one] += amount * parts.get((name, one), 0) / whole if whole else 0
    rows: list[tuple[Cell, ...]] = []
    for title, recycled in (("recycled", True), ("new", False)):
        groups = [figures for (_, is_recycled), figures in totals.items() if is_recycled is recycled]
        opened, pipeline = (int(sum(one.get(name, 0) for one in groups)) for name in ("opened", "pipeline"))
        each = round(cost[recycled] / pipeline, 4) if pipeline else None
        rows.append((title, opened, pipeline, round(cost[recycled]), each))
    rows.append(("spent where no deal came of it", None, None, round(idle), None))
    columns = (
        Column("pipeline_of", "pipeline"),
        Column("deals", "deals opened", Kind.COUNT),
        Column("pipeline", "worth", Kind.MONEY),
        Column("cost", "cost", Kind.MONEY),
        Column("per_unit", "cost of 1 of pipeline", Kind.NUMBER),
    )
    return Table(columns, tuple(rows), "Recycled against new pipeline")


def _pipelines(connection: Any, by: str, days: Days) -> dict[tuple[str, bool], int]:
    return {(one.name, one.recycled): one.pipeline for one in credit_totals(connection, Model.LINEAR.value, by, days)}


def _own_costs(connection: Any, by: str, days: Days) -> dict[str, int]:
    """Costs of campaigns, and costs of sources that are of no campaign, so that each is laid on deals once."""
    if by == "campaign":
        return costs_of(connection, by, days)
    sums: dict[str, int] = {}
    for (campaign, source), amount in costs_by(connection, days.first, days.last).items():
        if not campaign:
            sums[source] = sums.get(source, 0) + amount
    return sums


def _notes(home: Home) -> Iterator[str]:
    currency = home.config.reports.currency
    yield f"Amounts in {currency}. Deals opened count by the day of opening, all else by that of closing."
    yield (
        "Nurtured: a campaign had mailed the lead before the deal was opened. Leads who are nurtured and leads who are "
        "not may differ in other ways too; what nurturing itself does, a holdout tells (report `lift`)."
    )
    yield (
        "From and to hold the true figure with 95%: Wilson's interval for shares, Newcombe's (method 10) for their "
        "difference, Student's for means, Welch's for their difference."
    )
    yield "Pipeline and revenue are credited alike to all touches (the linear model); `attribution` has others."
    yield "A cost is laid on recycled and new pipeline as these share what its campaign, or else its source, brought."
