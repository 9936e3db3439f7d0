"""How many leads become sales' in the next weeks: the home's leads played on, and what comes kept to be judged by.

Sales answers in them, so a lead that it gives back may come to it again, and counts each time.
"""

from __future__ import annotations

from datetime import date, timedelta

from engine.errors import ProblemsError
from engine.rehearsal.simulation.assembly import assemble
from engine.rehearsal.simulation.figures import Figures
from engine.rehearsal.simulation.simulation import simulate
from engine.rehearsal.simulation.wishes import Wishes
from engine.service.check import check
from engine.service.home import Home
from engine.service.reports.forecast import Week, keep

WEEKS = 4
SAMPLE = 2_000
"""So many leads are played at most; the range that is told has the chance in it which that brings."""


def forecast_sales(home: Home, processes: int = 1, seed: int = 1) -> list[Week]:
    """The next whole weeks, Monday to Sunday in the company's zone, forecast by the files as they are.

    Raises:
        RipelineError: the files cannot be used, or there is nobody to play.
    """
    report = check(home.path)
    if not report.usable:
        raise ProblemsError([problem for problem in report.problems if problem.is_error])
    now = home.clock.now()
    today = now.astimezone(home.zone).date()
    ahead = 7 - today.weekday()
    setup, crowd = assemble(report, home, Wishes(now, days=ahead + 7 * WEEKS, seed=seed, sample=SAMPLE))
    figures = Figures(simulate(setup, crowd, home.path, processes))
    return [_week(figures, today, ahead + 7 * number) for number in range(WEEKS)]


def keep_sales_forecast(home: Home, processes: int = 1) -> list[Week]:
    """Forecast, and keep it so that it can be compared with what happens.

    Raises:
        RipelineError: as `forecast_sales`.
    """
    weeks = forecast_sales(home, processes)
    keep(home, weeks)
    return weeks


def _week(figures: Figures, today: date, ahead: int) -> Week:
    found = figures.in_days("handoff", ahead, 7)
    return Week(today + timedelta(days=ahead), found.value, found.low, found.high)
