"""What reports on deals read: sums of the roll-ups over days, never deals or events one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select, true

from engine.domain.deal_figures import DAY, MONTH
from engine.store.cohorts import handoff
from engine.store.credit import cohort, credit_day, deal_day
from engine.store.opportunities import opportunity

_FIGURES = tuple(column.name for column in deal_day.columns if not column.primary_key)


@dataclass(frozen=True, slots=True)
class Days:
    """The first and the last day that count, both included; None leaves that end open."""

    first: date | None = None
    last: date | None = None

    def within(self, query: Select[Any], day: ColumnElement[Any]) -> Select[Any]:
        if self.first is not None:
            query = query.where(day >= self.first)
        return query if self.last is None else query.where(day <= self.last)

    def whole_months(self) -> tuple[date | None, date | None]:
        """The first day of the first whole month, and the day after the last one; None where that end is open."""
        first, last = self.first, self.last
        begin = None if first is None else first if first.day == 1 else _next_month(first)
        end = None if last is None else (last + timedelta(days=1)).replace(day=1)
        return begin, end

    def pieces(self, span: ColumnElement[Any], day: ColumnElement[Any]) -> ColumnElement[bool]:
        """Rows of whole months, and rows of days for what is left of the first month and of the last."""
        begin, end = self.whole_months()
        if begin is not None and end is not None and begin >= end:
            return and_(span == DAY, day >= self.first, day <= self.last)
        months = [span == MONTH]
        months += [day >= begin] if begin is not None else []
        months += [day < end] if end is not None else []
        pieces = [and_(*months)]
        if begin is not None:
            pieces.append(and_(span == DAY, day >= self.first, day < begin))
        if end is not None:
            pieces.append(and_(span == DAY, day >= end, day <= self.last))
        return or_(*pieces)


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


@dataclass(frozen=True, slots=True)
class Credited:
    """What a campaign, theme, mail or source has its part in; `recycled` deals are those of leads given back before."""

    name: str
    recycled: bool
    opened: int
    pipeline: int
    won: int
    revenue: int


def deal_totals(connection: Connection, days: Days) -> dict[tuple[bool, bool], Mapping[str, float]]:
    """The figures of deals by (nurtured, recycled)."""
    sums = [func.sum(deal_day.c[name]).label(name) for name in _FIGURES]
    query = select(deal_day.c.nurtured, deal_day.c.recycled, *sums)
    query = days.within(query, deal_day.c.day).group_by(deal_day.c.nurtured, deal_day.c.recycled)
    return {
        (bool(row.nurtured), bool(row.recycled)): {name: _number(getattr(row, name)) for name in _FIGURES}
        for row in connection.execute(query)
    }


def credit_totals(connection: Connection, model: str, dimension: str, days: Days) -> list[Credited]:
    """Credit under a model by a dimension."""
    figures = (credit_day.c.opened, credit_day.c.pipeline, credit_day.c.won, credit_day.c.revenue)
    query = select(credit_day.c.name, credit_day.c.recycled, *(func.sum(one) for one in figures))
    query = query.where(credit_day.c.model == model, credit_day.c.dimension == dimension)
    query = query.where(days.pieces(credit_day.c.span, credit_day.c.day))
    query = query.group_by(credit_day.c.name, credit_day.c.recycled)
    return [
        Credited(name, bool(recycled), *(int(one) for one in sums))
        for name, recycled, *sums in connection.execute(query)
    ]


def cohort_totals(connection: Connection, days: Days) -> dict[tuple[str, bool], dict[str, int]]:
    """What became of the leads who entered each campaign in these days, by (campaign, held out)."""
    query = select(cohort.c.campaign, cohort.c.holdout, cohort.c.what, func.sum(cohort.c.n))
    query = days.within(query, cohort.c.day).group_by(cohort.c.campaign, cohort.c.holdout, cohort.c.what)
    found: dict[tuple[str, bool], dict[str, int]] = {}
    for row in connection.execute(query):
        found.setdefault((row[0], bool(row[1])), {})[row[2]] = int(row[3])
    return found


def handoffs_between(connection: Connection, since: datetime | None, until: datetime | None) -> int:
    """How many leads were given to sales from an instant on and before another; the index of their times answers."""
    query = select(func.count()).select_from(handoff)
    if since is not None:
        query = query.where(handoff.c.at >= since)
    if until is not None:
        query = query.where(handoff.c.at < until)
    return connection.scalar(query) or 0


def waiting_deals(connection: Connection) -> int:
    """How many deals wait for housekeeping to work out their credit."""
    query = select(func.count()).select_from(opportunity).where(opportunity.c.stale == true())
    return connection.scalar(query) or 0


def _number(value: Any) -> float:
    """PostgreSQL sums large whole numbers as decimals."""
    return value if isinstance(value, float) else int(value)
