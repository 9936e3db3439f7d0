"""What was forecast for the next weeks, and how well earlier forecasts did. Making one is the rehearsal's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from engine.service.home import Home
from engine.service.reports.report import Asked, Column, Kind, Report, Table
from engine.service.reports.window import window_from
from engine.store.database import reading, writing
from engine.store.report_figures import forecasts, handoff_count, keep_forecast, settle_forecast, unsettled_weeks

WEEKS_BACK = 26
COMING = (
    Column("week", "week from", Kind.DAY),
    Column("expected", "expected", Kind.NUMBER),
    Column("low", "at least", Kind.NUMBER),
    Column("high", "at most", Kind.NUMBER),
)
PAST = (*COMING, Column("actual", "came", Kind.COUNT), Column("inside", "as foretold"))


@dataclass(frozen=True, slots=True)
class Week:
    """What is expected of the week that begins on this Monday; between `low` and `high` lie eight of ten futures."""

    week: date
    expected: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Score:
    """How forecasts did: weeks, the share of them inside the range, the mean error, and whether it was too high."""

    weeks: int
    inside: float
    error: float
    bias: float

    @property
    def words(self) -> str:
        """The score as a person would say it."""
        way = "neither too high nor too low"
        if abs(self.bias) >= 0.5:
            way = f"{abs(self.bias):.1f} too {'high' if self.bias > 0 else 'low'} on average"
        weeks = "1 week" if self.weeks == 1 else f"{self.weeks} weeks"
        return (
            f"Of {weeks} that are over, {self.inside:.0%} came out inside the range (80% should). "
            f"The forecast was {self.error:.1f} leads off, and {way}."
        )


def score(past: Sequence[tuple[Week, int]]) -> Score | None:
    """How forecasts did against what came; None while no week is over."""
    if not past:
        return None
    off = [week.expected - actual for week, actual in past]
    inside = sum(week.low <= actual <= week.high for week, actual in past)
    return Score(len(past), inside / len(past), sum(map(abs, off)) / len(past), sum(off) / len(past))


def keep(home: Home, weeks: Sequence[Week]) -> None:
    """Keep a forecast made today, and write down what came of weeks that are over."""
    today = home.clock.now().astimezone(home.zone).date()
    values = [{"week": one.week, "expected": one.expected, "low": one.low, "high": one.high} for one in weeks]
    with writing(home.store) as connection:
        keep_forecast(connection, today, values)
        for week in unsettled_weeks(connection, today - timedelta(days=6)):
            settle_forecast(connection, week, _actual(connection, home, week))


def _actual(connection: Any, home: Home, week: date) -> int:
    window = window_from(home, week, week + timedelta(days=6))
    return handoff_count(connection, window.begins, window.ends)


def forecast(home: Home, asked: Asked) -> Report:  # noqa: ARG001
    """The newest forecast of weeks to come, and every past week by the last forecast made before it."""
    today = home.clock.now().astimezone(home.zone).date()
    coming, past = weeks_known(home, today)
    found = score(past)
    notes = [found.words if found else "No week that was forecast is over yet, so nobody knows how good it is."]
    if not coming:
        notes.insert(0, "No forecast is kept: `ripeline report forecast --keep` makes one by playing the leads on.")
    notes.append("Leads who are not known yet are not in the forecast; a range holds eight of ten futures.")
    notes.append(
        "A lead that sales gives back and that comes to it again counts each time, in what is expected and came."
    )
    rows = tuple((one.week, one.expected, one.low, one.high) for one in coming)
    told = tuple((*_cells(one), actual, "yes" if one.low <= actual <= one.high else "no") for one, actual in past)
    tables = (Table(COMING, rows, "Weeks to come", "expected"), Table(PAST, told, "Weeks that are over", "actual"))
    return Report("forecast", "Sales-ready leads in the next weeks", tables, tuple(notes))


def weeks_known(home: Home, today: date) -> tuple[list[Week], list[tuple[Week, int]]]:
    """The weeks to come by the newest forecast; those that are over, with what came."""
    with reading(home.store) as connection:
        rows = forecasts(connection, today - timedelta(weeks=WEEKS_BACK))
        newest = max((row.made_on for row in rows), default=None)
        last = {row.week: row for row in rows if row.made_on < row.week}
        over = [row for week, row in sorted(last.items()) if week + timedelta(days=7) <= today]
        past = [
            (_week(row), row.actual if row.actual is not None else _actual(connection, home, row.week)) for row in over
        ]
    return [_week(row) for row in rows if row.made_on == newest and row.week > today], past


def _week(row: Any) -> Week:
    return Week(row.week, row.expected, row.low, row.high)


def _cells(one: Week) -> tuple[date, float, float, float]:
    return one.week, one.expected, one.low, one.high
