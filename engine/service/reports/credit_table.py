"""Credit as a table: deals, pipeline, revenue, cost and return by theme, campaign, mail or source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from engine.domain.attribution import Model
from engine.service.reports.report import Cell, Column, Kind, Table
from engine.service.themes import campaign_themes
from engine.store.costs import costs_by
from engine.store.revenue_figures import Credited, Days, credit_totals

TITLES = {"theme": "theme", "campaign": "campaign", "mail": "mail", "source": "source"}
_NOBODY = {"theme": "no theme", "campaign": "no campaign", "mail": "no mail", "source": "no source"}
TOLD: Mapping[Model, str] = {
    Model.FIRST: "the first touch gets all",
    Model.LAST: "the last touch gets all",
    Model.LINEAR: "all touches get the same",
    Model.TIME_DECAY: "a touch gets half as much for each seven days that it lies before the deal",
    Model.POSITION: "the first and the last touch get their shares of config, those in between the rest",
}


def credit_table(connection: Any, model: Model, by: str, days: Days, caption: str = "") -> Table:
    """The table, with whatever cost money and brought nothing among its rows; the largest revenue first."""
    costs = costs_of(connection, by, days)
    found = _together(credit_totals(connection, model.value, by, days))
    names = found.keys() | costs.keys()
    lines = [found.get(name, Credited(name, False, 0, 0, 0, 0)) for name in names]
    lines.sort(key=lambda one: (-one.revenue, -one.pipeline, one.name))
    columns = (
        Column("name", TITLES[by]),
        Column("deals", "deals opened", Kind.COUNT),
        Column("pipeline", "pipeline", Kind.MONEY),
        Column("won", "deals won", Kind.COUNT),
        Column("revenue", "revenue", Kind.MONEY),
        Column("cost", "cost", Kind.MONEY),
        Column("roi", "return on cost", Kind.NUMBER),
    )
    return Table(columns, tuple(_row(one, by, costs) for one in lines), caption, bar="revenue")


def costs_of(connection: Any, by: str, days: Days) -> dict[str, int]:
    """What was spent in these days by campaign, theme or source; nobody pays for single mails."""
    spent = costs_by(connection, days.first, days.last)
    themes = campaign_themes(connection) if by == "theme" else {}
    sums: dict[str, int] = {}
    for (campaign, source), amount in spent.items():
        name = {"campaign": campaign, "theme": themes.get(campaign, ""), "source": source}.get(by, "")
        if name:
            sums[name] = sums.get(name, 0) + amount
    return sums


def _together(found: Iterable[Credited]) -> dict[str, Credited]:
    """Recycled and new deals as one."""
    sums: dict[str, Credited] = {}
    for one in found:
        before = sums.get(one.name, Credited(one.name, False, 0, 0, 0, 0))
        sums[one.name] = replace(
            before,
            opened=before.opened + one.opened,
            pipeline=before.pipeline + one.pipeline,
            won=before.won + one.won,
            revenue=before.revenue + one.revenue,
        )
    return {name: one for name, one in sums.items() if one.opened or one.won}


def _row(one: Credited, by: str, costs: Mapping[str, int]) -> tuple[Cell, ...]:
    cost = costs.get(one.name)
    roi = round((one.revenue - cost) / cost, 2) if cost else None
    return one.name or _NOBODY[by], one.opened, one.pipeline, one.won, one.revenue, cost, roi
