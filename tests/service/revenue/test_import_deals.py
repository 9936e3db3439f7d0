"""Importing deals and costs: all or nothing, again without change, and other people's text stays text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from engine.config.model import Config
from engine.config.outside import Reports
from engine.errors import ProblemsError
from engine.service.revenue.attribute import attribute
from engine.service.revenue.import_costs import CostImportSummary, import_costs
from engine.service.revenue.import_deals import DealImportSummary, import_deals
from engine.store.costs import cost
from engine.store.database import reading
from engine.store.opportunities import opportunity
from tests.service.revenue.rows import Books, on, won
from tests.store.conftest import engine_for, fresh_store, postgres_url, sqlite_template

__all__ = ["engine_for", "fresh_store", "postgres_url", "sqlite_template"]
HEADER = "id,email,name,amount,opened_at,outcome,closed_at,currency"


@pytest.fixture
def books(engine_for: Engine, tmp_path: Path) -> Books:
    return Books(engine_for, tmp_path)


def deals(books: Books, *lines: str, **options: Any) -> DealImportSummary:
    path = books.folder / "deals.csv"
    path.write_text("\n".join((HEADER, *lines)), "utf-8")
    return import_deals(books.home, path, **options)


def costs(books: Books, *lines: str, **options: Any) -> CostImportSummary:
    path = books.folder / "costs.csv"
    path.write_text("\n".join(("day,campaign,source,amount,currency", *lines)), "utf-8")
    return import_costs(books.home, path, **options)


def stored(books: Books, table: Any) -> list[Any]:
    with reading(books.engine) as connection:
        return list(connection.execute(select(table).order_by(table.c.id)))


GOOD = ("1,jane@x.example,One,10.00,2026-11-01,open,,", "2,nobody@x.example,Two,5,2026-11-02,won,2026-11-09,")


def test_deals_are_taken_once_and_those_of_strangers_are_told(books: Books) -> None:
    books.lead("jane@x.example")
    first = deals(books, *GOOD)
    assert (first.new, first.events, first.unknown, first.first_unknown) == (2, 1, 1, [3])
    again = deals(books, *GOOD)
    assert (again.new, again.changed, again.unchanged, again.events) == (0, 0, 2, 0)
    changed = deals(books, "1,jane@x.example,One,10.00,2026-11-01,lost,2026-11-03,")
    assert (changed.changed, changed.events) == (1, 1)
    assert [row.outcome for row in stored(books, opportunity)] == ["lost", "won"]


def test_one_bad_row_keeps_the_whole_file_out(books: Books) -> None:
    with pytest.raises(ProblemsError) as told:
        deals(books, *GOOD, "3,,,x,2026-11-01,open,,", "4,,,5,2026-11-01,open,,USD")
    assert [(one.place.line, one.code) for one in told.value.problems] == [(4, "E503"), (5, "E505")]
    assert stored(books, opportunity) == []


def test_what_does_not_go_with_a_known_deal_is_told_before_anything_is_written(books: Books) -> None:
    books.lead("jane@x.example")
    deals(books, "1,jane@x.example,One,10.00,2026-11-01,won,2026-11-03,")
    with pytest.raises(ProblemsError, match="deal 1 cannot be closed without a decision once it was won"):
        deals(books, "9,,,5,2026-11-01,open,,", "1,jane@x.example,One,10.00,2026-11-01,no_decision,2026-11-03,")
    assert len(stored(books, opportunity)) == 1


def test_a_dry_run_says_the_same_and_writes_nothing(books: Books) -> None:
    books.lead("jane@x.example")
    dry = deals(books, *GOOD, dry_run=True)
    assert (dry.new, dry.events, dry.unknown, dry.dry_run) == (2, 1, 1, True)
    assert stored(books, opportunity) == []


@pytest.mark.acceptance(row=22)
def test_sql_in_a_deal_is_text(books: Books) -> None:
    books.lead("jane@x.example")
    evil = "'); DROP TABLE opportunity; --"
    found = deals(books, f'"{evil}",jane@x.example,"{evil}",5,2026-11-01,open,,', source=evil)
    assert found.new == 1
    (row,) = stored(books, opportunity)
    assert (row.external_id, row.name, row.source) == (evil, evil, evil)
    assert deals(books, f'"{evil}",jane@x.example,"{evil}",5,2026-11-01,open,,', source=evil).unchanged == 1
    with pytest.raises(ProblemsError, match="there is no campaign"):
        costs(books, f'2026-11-01,"{evil}",,5,')
    assert costs(books, f'2026-11-01,,"{evil}",5,').new == 1
    assert stored(books, cost)[0].source == evil


def test_costs_replace_what_is_known_by_the_same(books: Books) -> None:
    books.config = Config(reports=Reports(rates={"USD": 0.9}))
    assert costs(books, "2026-11-01,,fair,100.00,", "2026-11-02,,ads,10.00,USD").total == 10_900
    found = costs(books, "2026-11-01,,fair,120.00,")
    assert (found.new, found.known) == (0, 1)
    assert [(row.source, row.amount, row.currency) for row in stored(books, cost)] == [
        ("fair", 12_000, "EUR"),
        ("ads", 900, "EUR"),
    ]


def test_a_cost_of_a_campaign_that_never_was_is_told_with_what_was_meant(books: Books) -> None:
    jane = books.lead("jane@x.example")
    books.event(jane, on(4), name="met", properties={"campaign": "spring-fair"})
    books.deal(email="jane@x.example", **won())
    attribute(books.home)
    with pytest.raises(ProblemsError) as told:
        costs(books, "2026-11-01,spring-fare,,5,")
    (problem,) = told.value.problems
    assert (problem.code, problem.hint) == ("E506", "did you mean 'spring-fair'?")
    assert costs(books, "2026-11-01,spring-fair,,5,").new == 1
    (books.folder / "campaigns").mkdir()
    (books.folder / "campaigns" / "planned.toml").touch()
    assert costs(books, "2026-11-01,planned,,5,", dry_run=True).new == 1
    assert costs(books, "2026-11-02,spring-fair,,5,", dry_run=True).new == 1
    assert len(stored(books, cost)) == 1
