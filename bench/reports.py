"""Reports in a large home and in one a hundredth of its size: they read roll-ups, so their cost hardly grows.

`python -m bench.reports 1000000 10000` measures what the design asks for: a million leads with ten million events
against ten thousand leads. The row of `make bench` is a tenth of that. Roll-ups are filled by housekeeping itself,
except that of events by day, which these reports do not read.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from engine.clock import SteppedClock
from engine.config.model import Config
from engine.service.home import Home, open_home
from engine.service.housekeeping import keep_house
from engine.service.reports.attribution import attribution
from engine.service.reports.lift import lift
from engine.service.reports.report import Asked, Report
from engine.service.reports.revenue import revenue
from engine.service.revenue.attribute import attribute
from engine.store.daily_counts import EVENTS
from engine.store.database import writing

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
ROUNDS = 7
_YEAR = Asked(date(2025, 11, 25), date(2026, 11, 24))

REPORTS: Mapping[str, Callable[[Home], Report]] = {
    "attribution by theme": lambda home: attribution(home, Asked(options={"by": "theme"})),
    "attribution by mail": lambda home: attribution(home, Asked(options={"by": "mail", "model": "position"})),
    "attribution of a year": lambda home: attribution(home, Asked(_YEAR.first, _YEAR.last, {"by": "campaign"})),
    "revenue": lambda home: revenue(home, _YEAR),
    "lift": lambda home: lift(home, Asked()),
}
"""The reports that are measured; each as somebody asks for it."""


@dataclass(frozen=True, slots=True)
class ReportFigure:
    """Seconds of a report (the median of several) in the small and in the large home."""

    name: str
    small: float
    large: float

    @property
    def ratio(self) -> float:
        return self.large / self.small


def measure(large: int = 100_000, small: int = 1_000) -> list[ReportFigure]:
    """Ask both homes alternately, so that noise of the machine meets both."""
    with tempfile.TemporaryDirectory() as few, tempfile.TemporaryDirectory() as many:
        homes = (_home(Path(few), small), _home(Path(many), large))
        return [_figure(name, make, homes) for name, make in REPORTS.items()]


def _figure(name: str, make: Callable[[Home], Report], homes: tuple[Home, Home]) -> ReportFigure:
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for home, found in zip(homes, times, strict=True):
            begun = time.perf_counter()
            report = make(home)
            found.append(time.perf_counter() - begun)
            assert any(table.rows for table in report.tables), name
    return ReportFigure(name, median(times[0]), median(times[1]))


def _home(folder: Path, leads: int) -> Home:
    home = open_home(folder, Config(), SteppedClock(NOW))
    for statement in _STATEMENTS:
        with writing(home.store) as connection:
            connection.exec_driver_sql(statement, {"count": leads})
    with writing(home.store) as connection:
        last = connection.exec_driver_sql("SELECT max(id) FROM event").scalar()
        connection.exec_driver_sql("INSERT INTO home (name, value) VALUES (:name, :value)", _mark(EVENTS, last))
    home.clock.step_to(NOW + timedelta(minutes=5))  # type: ignore[attr-defined]
    while attribute(home) or keep_house(home, home.clock.now()).counted:
        pass
    return home


def _mark(name: str, value: Any) -> dict[str, str]:
    return {"name": name, "value": str(value)}


_STATEMENTS = (
    """
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)
    INSERT INTO lead (
        id, public_id, email, created_at, updated_at, source, lifecycle, country, language, zone, owner, score, fit,
        tracking, internal, subscribed, fields, folded, address_hash, account_score)
    SELECT i, 'lead' || i, 'lead' || i || '@x.example',
        strftime('%Y-%m-%d %H:%M:%f000', julianday('2025-11-24 09:00:00') + i * 365.0 / :count),
        '2026-11-24 09:00:00.000000', 'source' || (i % 30), '', '', '', '', '', 0, '', 1, 0, 1, '{}', '{}', 'h' || i, 0
    FROM n
    """,
    """
    INSERT INTO enrollment (
        lead_id, campaign, run, "key", status, entered_at, stage, stage_entered_at, since, step, visit, passed, waiting,
        holdout, ended_why, trigger)
    SELECT id, 'campaign' || (id % 20), 1, '', 'active', created_at, 's', created_at, created_at, '', 1, '[]', '',
        id % 10 = 0, '', '{}'
    FROM lead
    """,
    """
    INSERT INTO delivery (
        lead_id, enrollment_id, campaign, stage, topic, step, occurrence, mail, kind, thread, variants, state,
        created_at, finished_at, attempts, unknowns, fence, claimed_by, address_hash, relay, reason, reply, subject,
        form, test)
    SELECT lead_id, id, campaign, 's', 'theme' || (lead_id % 6), 'mail' || (lead_id % 5), 1, 'm', 'marketing', '', '{}',
        'sent', entered_at, entered_at, 1, 0, 1, '', '', '', '', '', '', '', 0
    FROM enrollment
    """,
    """
    INSERT INTO event (
        source_id, lead_id, kind, name, at, received_at, pending, actor, judged, delivery_id, campaign, stage, step,
        link, properties, folded, evidence)
    SELECT 'e' || d.id || '-' || k.value, d.lead_id, CASE WHEN k.value < 8 THEN 'open' ELSE 'click' END, '',
        strftime('%Y-%m-%d %H:%M:%f000', julianday(d.created_at) + k.value), d.created_at, 0, 'human', '', d.id,
        d.campaign, 's', d.step, '', '{}', '{}', '{}'
    FROM delivery d, json_each('[1,2,3,4,5,6,7,8,9,10]') k
    """,
    """
    INSERT INTO handoff (
        lead_id, at, ripened_at, rule, because, campaign, theme, note, owner, route, state, answered_by, reason,
        answer_note, ended_at, story)
    SELECT id, created_at, created_at, '', '', '', '', '', '', '', 'accepted', '', '', '', created_at, '{}'
    FROM lead WHERE id % 20 = 0
    """,
    """
    INSERT INTO opportunity (
        source, external_id, lead_id, name, amount, list_amount, currency, stage, outcome, opened_at, closed_at,
        updated_at, nurtured, recycled, stale, counted)
    SELECT 'crm', id, id, '', 100000 + id % 90000, 200000, 'EUR', '',
        CASE id % 4 WHEN 0 THEN 'won' WHEN 1 THEN 'lost' WHEN 2 THEN 'no_decision' ELSE 'open' END,
        strftime('%Y-%m-%d %H:%M:%f000', julianday(created_at) + 12),
        strftime('%Y-%m-%d %H:%M:%f000', julianday(created_at) + 40),
        '2026-11-24 09:00:00.000000', id % 3 > 0, id % 7 = 0, 1, '{}'
    FROM lead WHERE id % 47 = 0
    """,
    """
    INSERT INTO cost (campaign, source, day, amount, currency, note)
    SELECT 'campaign' || c.value, '', '2026-03-0' || (1 + c.value % 9), 50000, 'EUR', ''
    FROM json_each('[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19]') c
    """,
)
"""A year of leads, each with a mail and ten events, one in 47 with a deal, one in ten held out."""


def main() -> None:
    sizes = [int(one) for one in sys.argv[1:3]] or [100_000, 1_000]
    for figure in measure(*sizes):
        print(
            f"report, {figure.name:<22} {figure.ratio:.1f}× at {sizes[0]:,} leads "
            f"({figure.large * 1000:,.1f} ms, at {sizes[1]:,} leads {figure.small * 1000:,.1f} ms)"
        )


if __name__ == "__main__":
    main()
