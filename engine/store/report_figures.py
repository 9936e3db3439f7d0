"""What reports read: sums of the counts by day, and hand-offs within a span. Nothing here reads events or leads."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, case, func, select

from engine.domain.sales.handoff import HandoffState
from engine.store.daily_counts import daily
from engine.store.revenue_tables import ForecastRow
from engine.store.sales_tables import HandoffRow

handoff = HandoffRow.__table__  # type: ignore[attr-defined]
forecast = ForecastRow.__table__  # type: ignore[attr-defined]


_COUNTED = handoff.c.state != HandoffState.MERGED.value
"""A lead that turned out to be another one, which sales had already, was not handed over twice."""


def campaign_counts(connection: Connection, first: date, last: date) -> dict[tuple[str, str], int]:
    """How often what happened between these days, by (campaign, what)."""
    query = (
        select(daily.c.campaign, daily.c.what, func.sum(daily.c.n))
        .where(daily.c.day >= first, daily.c.day <= last)
        .group_by(daily.c.campaign, daily.c.what)
    )
    return {(row[0], row[1]): int(row[2]) for row in connection.execute(query)}


def handoffs_between(connection: Connection, begins: datetime, ends: datetime) -> list[Any]:
    """The hand-offs of a span, without the stories that sales was told."""
    names = ("at", "ripened_at", "alerted_at", "touched_at", "answered_at", "escalated_at", "ended_at")
    more = ("owner", "campaign", "theme", "reason")
    columns = [handoff.c[name] for name in (*names, *more)]
    return list(connection.execute(select(*columns).where(handoff.c.at >= begins, handoff.c.at < ends, _COUNTED)))


class Answered(NamedTuple):
    """A hand-off as the report on sales counts it: whose it was (or its theme, or campaign), when what happened, and
    whether it was escalated and is over."""

    of: str
    at: datetime
    ripened_at: datetime
    alerted_at: datetime | None
    touched_at: datetime | None
    answered_at: datetime | None
    reason: str
    escalated: bool
    over: bool


def answers_between(connection: Connection, begins: datetime, ends: datetime, by: str) -> list[Answered]:
    """The hand-offs of a span, by owner, theme or campaign."""
    instants = (handoff.c[name] for name in ("at", "ripened_at", "alerted_at", "touched_at", "answered_at"))
    is_known = (handoff.c[name].is_not(None) for name in ("escalated_at", "ended_at"))
    query = select(handoff.c[by], *instants, handoff.c.reason, *is_known)
    rows = connection.execute(query.where(handoff.c.at >= begins, handoff.c.at < ends, _COUNTED))
    return [Answered._make(row) for row in rows]


def handoffs_by(connection: Connection, begins: datetime, ends: datetime, by: str) -> dict[str, tuple[int, int]]:
    """The hand-offs of a span by campaign or theme, and how many of them sales accepted."""
    accepted = case((and_(handoff.c.answered_at.is_not(None), handoff.c.reason == ""), 1), else_=0)
    query = (
        select(handoff.c[by].label("of"), func.count().label("n"), func.sum(accepted).label("accepted"))
        .where(handoff.c.at >= begins, handoff.c.at < ends, _COUNTED)
        .group_by(handoff.c[by])
    )
    return {row.of: (int(row.n), int(row.accepted)) for row in connection.execute(query)}


def handoff_count(connection: Connection, begins: datetime, ends: datetime) -> int:
    """How many leads became sales' in a span."""
    query = select(func.count()).select_from(handoff).where(handoff.c.at >= begins, handoff.c.at < ends, _COUNTED)
    return int(connection.scalar(query) or 0)


def forecasts(connection: Connection, first: date) -> list[Any]:
    """What was forecast for the weeks from that day on, the earlier weeks and forecasts first."""
    query = select(forecast).where(forecast.c.week >= first).order_by(forecast.c.week, forecast.c.made_on)
    return list(connection.execute(query))


def keep_forecast(connection: Connection, made_on: date, weeks: list[dict[str, Any]]) -> None:
    """Keep a forecast; one made on the same day before is replaced."""
    connection.execute(forecast.delete().where(forecast.c.made_on == made_on))
    connection.execute(forecast.insert(), [{"made_on": made_on, "actual": None, **week} for week in weeks])


def settle_forecast(connection: Connection, week: date, actual: int) -> None:
    """Write down how many leads became sales' in a week that is over."""
    connection.execute(forecast.update().where(forecast.c.week == week).values(actual=actual))


def unsettled_weeks(connection: Connection, before: date) -> list[date]:
    """Weeks that began before that day and whose outcome is not written down yet."""
    query = select(forecast.c.week).distinct().where(forecast.c.week < before, forecast.c.actual.is_(None))
    return list(connection.scalars(query))
