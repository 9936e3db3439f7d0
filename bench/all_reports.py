"""Each report, the doctor, the status, pages of the API: a million leads and ten million events against 10,000 leads.

The homes are filled by bulk SQL, and housekeeping has taken its census. `make bench` takes a tenth of the large one,
`make bench-reports` all of it, on SQLite and on PostgreSQL. The counts by day are those of the events, of 20 campaigns
with 10 steps each over a year.
"""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain, pairwise
from pathlib import Path
from statistics import median

from sqlalchemy import text

from bench.postgresql import running_postgresql
from engine.clock import SteppedClock
from engine.config.model import Config
from engine.domain.cursor import Cursor
from engine.service.census import take_census
from engine.service.doctor.examination import examine
from engine.service.home import Home, open_home
from engine.service.reports.registry import make_report, offered
from engine.service.reports.report import Asked
from engine.service.status import status_of
from engine.store.census import last_lead
from engine.store.database import reading, writing
from engine.store.interest import MARKS, interest
from engine.store.lead_search import found_leads
from engine.store.marks import packed
from engine.store.stage_times import LEADS, stage_time

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
ROUNDS = 5
SMALL, LARGE = 10_000, 100_000
LIMIT = 10

_NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
_WORDS = {
    "sqlite": {
        "at": "datetime('2026-11-24', '-' || (i % 365) || ' days')||'.000000'",
        "day": "date(at)",
        "cohort": "date('2026-11-01', '-' || (i % 12) || ' months')",
    },
    "postgresql": {
        "at": "timestamptz '2026-11-24 UTC' - (i % 365) * interval '1 day'",
        "day": "CAST(at AT TIME ZONE 'UTC' AS date)",
        "cohort": "CAST(date '2026-11-01' - (i % 12) * interval '1 month' AS date)",
    },
}
"""What the two databases say differently."""
_FILLS = (
    (
        0.1,
        "INSERT INTO account (id, name, owner, score, fields, created_at, updated_at) {numbers} "
        "SELECT i, 'Company '||i, '', i % 100, '{{}}', {at}, {at} FROM n",
    ),
    (
        0.1,
        "INSERT INTO account_name (id, account_id, kind, value) {numbers} "
        "SELECT i, i, 'domain', 'd'||i||'.example' FROM n",
    ),
    (
        1,
        "INSERT INTO lead (id, public_id, email, created_at, updated_at, source, lifecycle, country, language, zone, "
        "owner, score, fit, tracking, internal, subscribed, fields, folded, address_hash, account_score, "
        "account_id) {numbers} SELECT i, 'p'||i, 'l'||i||'@x.example', {at}, {at}, "
        "'web', 'mql', '', '', '', '', 0, '', 1=1, 1=0, 1=1, "
        "'{{}}', '{{}}', 'h'||i, 0, CASE WHEN i % 2 = 0 THEN (i + 9) / 10 END FROM n",
    ),
    (
        10,
        "INSERT INTO event (id, source_id, lead_id, kind, name, at, received_at, pending, actor, judged, campaign, "
        "stage, step, link, properties, folded, evidence) {numbers} SELECT i, 's'||i, 1 + i % {leads}, 'click', '', "
        "{at}, {at}, 1=0, 'human', '', 'c'||(i % 20), 'a', 's'||(i / 20 % 10), '', '{{}}', '{{}}', '{{}}' FROM n",
    ),
    (
        2,
        'INSERT INTO lifecycle_change (id, lead_id, at, "before", "after", why, owner, theme, source, seconds) '
        "{numbers} SELECT i, 1 + i % {leads}, {at}, 'inquiry', 'engaged', '', '', 't'||(i % 10), 'web', i % 99999 "
        "FROM n",
    ),
    (
        1,
        'INSERT INTO enrollment (id, lead_id, campaign, run, "key", status, entered_at, stage, stage_entered_at, '
        "since, step, visit, passed, waiting, holdout, ended_why, \"trigger\") {numbers} SELECT i, i, 'c'||(i % 20), "
        "1, '', CASE WHEN i % 10 < 7 THEN 'ended' ELSE 'active' END, {at}, 's'||(i % 4), {at}, {at}, 'm'||(i % 3), 1, "
        "'[]', '', 1=0, CASE WHEN i % 10 < 7 THEN 'goal' ELSE '' END, '{{}}' FROM n",
    ),
    (
        0.01,
        "INSERT INTO handoff (id, lead_id, at, ripened_at, rule, because, campaign, theme, note, owner, route, state, "
        "answered_by, reason, answer_note, answered_at, alerted_at, ended_at, story) {numbers} SELECT i, i, {at}, "
        "{at}, '', '', 'c'||(i % 9), 't'||(i % 9), '', 'o'||(i % 9), '', 'ended', '', '', '', {at}, {at}, {at}, "
        "'{{}}' FROM n",
    ),
    (
        0,
        "INSERT INTO daily_count (day, campaign, step, what, n) SELECT {day}, campaign, step, 'click:human', "
        "count(*) FROM event GROUP BY 1, 2, 3",
    ),
    (
        0.02,
        'INSERT INTO waterfall (cohort, theme, source, "before", "after", n, first, seconds) {numbers} SELECT '
        "{cohort}, 't'||(i / 12 % 10), 's'||(i / 120), 'inquiry', 'engaged', "
        "5, 5, 99999 FROM n",
    ),
)


def _home(folder: Path, leads: int, store: str = "") -> Home:
    (folder / "config.toml").write_text("", "utf-8")
    home = open_home(folder, Config(store=store) if store else Config(), SteppedClock(NOW))
    words = _WORDS[home.store.dialect.name]
    for each, sql in _FILLS:
        numbers = _NUMBERS.format(count=int(leads * each))
        with writing(home.store) as connection:
            connection.execute(text(sql.format(numbers=numbers, leads=leads, **words)))
    _interest(home, leads)
    _times(home, leads)
    with writing(home.store) as connection:
        connection.exec_driver_sql("ANALYZE")  # as autovacuum and `PRAGMA optimize` do in service
    return home


def _interest(home: Home, leads: int) -> None:
    """Leads of interest by day and campaign, as if each event had been counted: marks spread evenly."""
    each, chance = max(1, leads * 10 // (365 * 20)), random.Random(1)
    kept = min(MARKS, each)
    rows = []
    for number in range(365 * 20):
        marks = sorted(chance.randrange(2**64 * kept // each) for _ in range(kept))
        day = NOW.date() - timedelta(days=number // 20)
        rows.append({"day": day, "campaign": f"c{number % 20}", "marks": packed(marks)})
    with writing(home.store) as connection:
        connection.execute(interest.insert(), rows)


def _times(home: Home, leads: int) -> None:
    """Samples of how long each cohort took from stage to stage, as if each change had been read."""
    chance, stages = random.Random(2), home.config.lifecycle.stages
    rows = []
    for number in range(12):
        cohort = (NOW - timedelta(days=number * 30)).date().replace(day=1)
        for before, after in pairwise(stages):
            sample = sorted((chance.randrange(2**64), chance.randrange(99_999)) for _ in range(min(LEADS, leads // 12)))
            rows.append({"cohort": cohort, "before": before, "after": after, "sample": packed(chain(*sample))})
    with writing(home.store) as connection:
        connection.execute(stage_time.insert(), rows)


def _counted(home: Home) -> float:
    """Take the census as housekeeping does, a round at a time; the seconds of the longest round."""
    longest, bites = 0.0, 1
    while bites:
        began = time.perf_counter()
        bites = take_census(home, NOW)
        longest = max(longest, time.perf_counter() - began)
    return longest


def _page(home: Home, sort: str) -> None:
    """A page of leads in that order, from the middle of those that share its value."""
    value = {"updated": NOW - timedelta(days=180), "score": 0.0, "email": "l5@x.example"}[sort]
    with reading(home.store) as connection:
        found_leads(connection, {}, None, sort, Cursor(sort, value, last_lead(connection) // 2), 50)


def _rows() -> dict[str, Callable[[Home], object]]:
    reports = {f"report {name}": partial(_report, name=name) for name in offered()}
    pages = {f"leads by {sort}": partial(_page, sort=sort) for sort in ("updated", "score", "email")}
    return {**reports, "doctor": examine, "status": lambda home: status_of(home, NOW), **pages}


def _report(home: Home, name: str) -> None:
    make_report(home, name, Asked())


def _seconds(home: Home, row: Callable[[Home], object]) -> float:
    began = time.perf_counter()
    row(home)
    return time.perf_counter() - began


def main() -> None:
    """Print a line for each: both times, and their ratio. The status counts along indexes: no limit."""
    large = int(os.environ.get("LEADS", LARGE))
    with tempfile.TemporaryDirectory() as few, tempfile.TemporaryDirectory() as many:
        _compare(_home(Path(few), SMALL), _home(Path(many), large), large)


def on_postgresql() -> None:
    """The same where the store is PostgreSQL."""
    large = int(os.environ.get("LEADS", LARGE))
    with tempfile.TemporaryDirectory() as few, tempfile.TemporaryDirectory() as many, running_postgresql() as fresh:
        _compare(_home(Path(few), SMALL, fresh()), _home(Path(many), large, fresh()), large)


def _compare(few: Home, many: Home, large: int) -> None:
    longest = max(_counted(home) for home in (few, many))
    where = many.store.dialect.name
    print(f"census on {where}: its longest round at {large:,} leads took {longest * 1000:.0f} ms", flush=True)
    for name, row in _rows().items():
        small, big = (median(_seconds(home, row) for _ in range(ROUNDS)) for home in (few, many))
        limit = f" (limit {LIMIT})" if name != "status" else ""
        print(
            f"{name:<20} {big * 1000:8.1f} ms at {large:,} leads, {small * 1000:6.1f} ms at {SMALL:,}: "
            f"{big / small:.1f} times{limit}",
            flush=True,
        )
