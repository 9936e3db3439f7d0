"""Cost is O(due): what the daemon asks on an ordinary day never reads a whole table of leads, mails or events.

SQLite's own plan of each statement is read. A plan does not depend on how much a table holds, as the store keeps no
statistics, so a small home shows what a large one would suffer.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from engine.domain.cursor import Cursor
from engine.domain.deals import DealRecord
from engine.domain.identity import EMAIL, Identity
from engine.domain.traffic import HitKind
from engine.service import census
from engine.service.gauges import gauges_of
from engine.service.housekeeping import keep_house
from engine.service.reports.attribution import attribution
from engine.service.reports.lift import lift
from engine.service.reports.registry import make_report
from engine.service.reports.report import Asked
from engine.service.reports.revenue import revenue
from engine.service.revenue.record_opportunity import record_opportunity
from engine.store.account_people import people_of
from engine.store.database import reading, writing
from engine.store.handoff_counts import at_sales
from engine.store.handoffs import loads_since
from engine.store.journey import stage_counts
from engine.store.lead_search import found_leads
from tests.service.world import MONDAY, World

JANE = "jane@northwind.example"

SMALL = {"home", "bundle", "blob", "campaign", "alert", "winner", "json_each", "sqlite_sequence", "CONSTANT"}
"""What stays small however many leads there are."""

ROLLED_UP = {"cost", "deal_day", "credit_day", "cohort", "interest_day"}
"""What grows with days, not with leads."""

MANY = {"due", "deferred", "sent", "failed", "dropped"}
"""States that many mails may be in; only a few are ever claimed, on the line or unknown."""

_SCANNED = re.compile(r"\bSCAN (?:TABLE )?(\w+)")
_OF_A_KIND = re.compile(r"\bSEARCH (\w+) USING (?:COVERING )?INDEX \w+ \((?:pending|kind|scope)=\?\)")
"""By a property alone that half of a table shares; with a second column behind it (`state=? AND due_at<?`) it is a
range."""
_IN_A_STATE = re.compile(r"\bSEARCH (\w+) USING (?:COVERING )?INDEX \w+ \(state=\?\)")


def faults_of(plan: str, sql: str = "", values: Sequence[object] = ()) -> list[str]:
    """The large tables that a plan reads as a whole, or by a property that half of it shares."""
    found = _SCANNED.findall(plan)
    if "min(" not in sql and "LIMIT" not in sql:  # these stop at the first row of the index
        found += _OF_A_KIND.findall(plan)
        found += _IN_A_STATE.findall(plan) if MANY & {str(value) for value in values} else []
    return [name for name in found if name not in SMALL and not name.startswith(("anon_", "subquery"))]


@contextmanager
def statements(world: World) -> Iterator[dict[str, Any]]:
    """All that is asked of the store while the block lasts, each with values that it was asked with."""
    seen: dict[str, Any] = {}

    def note(_c: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        seen.setdefault(statement, values)

    event.listen(world.home.store, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(world.home.store, "before_cursor_execute", note)


def faults(world: World, asked: Mapping[str, Any]) -> Iterator[str]:
    """Each statement whose plan reads too much, with that plan."""
    with closing(sqlite3.connect(world.home.store.url.database or "")) as database:
        for sql, values in asked.items():
            if sql.startswith(("SELECT", "UPDATE", "DELETE")):
                plan = _plan(database, sql)
                if faults_of(plan, sql, values[0] if isinstance(values, list) else values):
                    yield f"{sql}\n{plan}"


def _plan(database: sqlite3.Connection, sql: str) -> str:
    values = [None] * sql.count("?")
    return "\n".join(row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {sql}", values))


def test_no_statement_of_a_day_reads_a_whole_table(world: World) -> None:
    world.take_in(f"{JANE},Jane,web", "joe@northwind.example,Joe,choice")
    world.go()
    with statements(world) as asked:
        world.take_in("ann@northwind.example,Ann,web", f"{JANE},Janet,web")
        world.go()
        world.hit(1, HitKind.OPEN)
        world.hit(1, link=0, at=world.clock.now() + timedelta(seconds=5))
        world.later(days=4)
        world.unsubscribe(1)
        world.later(days=4)
        world.dispatch.heartbeat()
        for _ in range(2):
            keep_house(world.home, world.clock.now())
            world.clock.step_to(world.clock.now() + timedelta(days=400))
    assert len(asked) > 40, "the day was not seen"
    wrong = list(faults(world, asked))
    assert not wrong, "\n\n".join(wrong)


def test_no_deal_and_no_report_on_deals_reads_a_table_that_grows_with_leads(world: World) -> None:
    world.take_in(f"{JANE},Jane,web")
    world.go()
    world.hit(1, link=0)
    world.later(days=1)
    deal = DealRecord("crm", "1", MONDAY + timedelta(hours=12), (Identity(EMAIL, JANE),), amount=5)
    with statements(world) as asked:
        record_opportunity(world.home, deal)
        keep_house(world.home, world.clock.now())
        record_opportunity(world.home, replace(deal, amount=7))
        keep_house(world.home, world.clock.now())
        for by in ("theme", "campaign", "mail", "source"):
            attribution(world.home, Asked(options={"by": by}))
        revenue(world.home, Asked(MONDAY.date(), MONDAY.date()))
        lift(world.home, Asked())
    assert len(asked) > 40, "the deal was not seen"
    wrong = [fault for fault in faults(world, asked) if not ROLLED_UP & set(_SCANNED.findall(fault))]
    assert not wrong, "\n\n".join(wrong)


def test_a_census_and_the_reports_of_a_large_home_read_leads_by_their_numbers(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(census, "LIVE", 0)
    world.take_in(f"{JANE},Jane,web")
    world.go()
    with statements(world) as asked:
        keep_house(world.home, world.clock.now())
        for name in ("lifecycle", "unowned", "campaigns", "themes", "sales", "funnel"):
            make_report(world.home, name, Asked())
    assert sum("FROM lead" in sql for sql in asked) >= 4, "the census was not seen"
    wrong = list(faults(world, asked))
    assert not wrong, "\n\n".join(wrong)


@pytest.mark.parametrize("way", ["", "-"])
@pytest.mark.parametrize(
    ("sort", "value", "index"),
    [("updated", MONDAY, "updated_at"), ("score", 0.0, "score"), ("email", JANE, "email")],
)
def test_a_page_of_leads_is_entered_at_its_first_lead(
    world: World, way: str, sort: str, value: object, index: str
) -> None:
    with statements(world) as asked, reading(world.home.store) as connection:
        found_leads(connection, {}, None, way + sort, Cursor(way + sort, value, 7), 50)
    with closing(sqlite3.connect(world.home.store.url.database or "")) as database:
        plans = [_plan(database, sql) for sql in asked if "FROM lead" in sql]
    sign = "<" if way else ">"
    entered = f"SEARCH lead USING INDEX ix_lead_{sort}"
    assert plans == [f"{entered} ({index}=? AND id{sign}?)", f"{entered} ({index}{sign}?)"]


def test_status_counts_enrollments_along_their_indexes(world: World) -> None:
    with statements(world) as asked, reading(world.home.store) as connection:
        stage_counts(connection)
    with closing(sqlite3.connect(world.home.store.url.database or "")) as database:
        plans = [_plan(database, sql) for sql in asked if "FROM enrollment" in sql]
    assert plans == [
        "SCAN enrollment USING COVERING INDEX ix_enrollment_campaign",
        "SCAN enrollment USING INDEX ix_enrollment_ended",
    ]


def test_people_of_companies_are_never_looked_for_among_all_leads_by_score(world: World) -> None:
    world.take_in(*(f"l{number}@gmail.com,L,web" for number in range(50)))
    with statements(world) as asked, writing(world.home.store) as connection:
        connection.exec_driver_sql("ANALYZE")
        assert people_of(connection, []) == {}
        assert people_of(connection, [7]) == {7: []}
    with closing(sqlite3.connect(world.home.store.url.database or "")) as database:
        [plan] = [_plan(database, sql) for sql in asked if "FROM lead" in sql]
    assert "ix_lead_score" not in plan, "all leads in the order of their scores"


def test_turns_of_a_person_are_the_end_of_an_index(world: World) -> None:
    with statements(world) as asked, reading(world.home.store) as connection:
        loads_since(connection, ["ann"], MONDAY)
    with closing(sqlite3.connect(world.home.store.url.database or "")) as database:
        plans = [_plan(database, sql) for sql in asked if "LIMIT" in sql]
    assert plans == ["SEARCH handoff USING COVERING INDEX ix_handoff_turns (owner=?)"]


def test_what_sales_has_is_counted_along_indexes(world: World) -> None:
    with statements(world) as asked, reading(world.home.store) as connection:
        at_sales(connection, MONDAY)
    with closing(sqlite3.connect(world.home.store.url.database or "")) as database:
        plans = [_plan(database, sql).splitlines()[0] for sql in asked if "FROM handoff" in sql]
    assert plans == ["SCAN handoff USING INDEX uq_handoff_open", "SEARCH handoff USING INDEX ix_handoff_at (at>?)"]


@pytest.mark.parametrize("standing_still", [(), ("drip",)])
def test_what_monitoring_asks_every_few_seconds_reads_no_table(world: World, standing_still: tuple[str, ...]) -> None:
    world.take_in(f"{JANE},Jane,web")
    world.go()
    with statements(world) as asked:
        gauges_of(world.home, world.clock.now(), standing_still)
    assert len(asked) >= 9, "the scrape was not seen"
    wrong = list(faults(world, asked))
    assert not wrong, "\n\n".join(wrong)
    counted = [sql for sql in asked if "count(" in sql and "unknown" not in str(asked[sql])]
    with closing(sqlite3.connect(world.home.store.url.database or "")) as database:
        plans = [_plan(database, sql) for sql in counted]
    assert len(plans) == 3
    assert all("USING COVERING INDEX ix_delivery_due" in plan for plan in plans), "counted by the index alone"


@pytest.mark.parametrize(
    ("plan", "found"),
    [
        ("SCAN lead", ["lead"]),
        ("SCAN json_each VIRTUAL TABLE INDEX 1:", []),
        ("SEARCH event USING INDEX ix_event_pending (pending=?)", ["event"]),
        ("SEARCH delivery USING COVERING INDEX ix_delivery_due (state=?)", ["delivery"]),
        ("SEARCH delivery USING INDEX ix_delivery_due (state=? AND due_at<?)", []),
        ("SEARCH lead USING INTEGER PRIMARY KEY (rowid=?)", []),
    ],
)
def test_a_plan_that_reads_too_much_is_recognised(plan: str, found: list[str]) -> None:
    assert faults_of(plan, values=("sent",)) == found
