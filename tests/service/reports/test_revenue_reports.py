"""The reports on deals: what they came of, what they brought, and what nurturing adds."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from engine.domain.intervals import difference_of_shares, share_interval
from engine.domain.journey.decision import Line
from engine.domain.journey.facts import EventKind
from engine.errors import RipelineError
from engine.service.housekeeping import keep_house
from engine.service.reports.attribution import attribution
from engine.service.reports.lift import lift
from engine.service.reports.report import Asked
from engine.service.reports.revenue import revenue
from engine.service.revenue.attribute import attribute
from engine.store.database import writing
from engine.store.journey import tell
from tests.service.reports.as_rows import rows_of
from tests.service.revenue.rows import Books, lost, on, won
from tests.store.conftest import engine_for, fresh_store, postgres_url, sqlite_template

__all__ = ["engine_for", "fresh_store", "postgres_url", "sqlite_template"]


@pytest.fixture
def books(engine_for: Engine, tmp_path: Path) -> Books:
    return Books(engine_for, tmp_path)


def asked(first: date | None = None, last: date | None = None, **options: str) -> Asked:
    return Asked(first, last, options)


def cost(books: Books, amount: int, campaign: str = "", source: str = "", day: date = date(2026, 11, 3)) -> None:
    books.add("cost", campaign=campaign, source=source, day=day, amount=amount, currency="EUR", note=f"{amount}")


@pytest.fixture
def sold(books: Books) -> Books:
    """Jane came by the fair and clicked; Omar only came by the fair and was given back before; Mia is unknown."""
    jane, omar = books.lead("jane@x.example", source="fair"), books.lead("omar@x.example", source="fair")
    mail = books.mail(jane, on(3))
    books.event(jane, on(4), EventKind.CLICK, mail=mail)
    books.event(omar, on(5), name="recycled")
    books.handoff(jane, on(6))
    books.handoff(omar, on(7))
    books.deal("1", "jane@x.example", **won(list_amount=125_000))
    books.deal("2", "omar@x.example", opened_at=on(8), amount=50_000, **lost(on(12)))
    books.deal("3", "mia@x.example", opened_at=on(9), amount=7)
    attribute(books.home)
    cost(books, 40_000, source="fair")
    cost(books, 10_000, campaign="drip")
    return books


def test_attribution_tells_deals_money_cost_and_return(sold: Books) -> None:
    found = {row["name"]: row for row in rows_of(attribution(sold.home, asked(by="source")))}
    assert found["fair"] == {
        "name": "fair",
        "deals": 2,
        "pipeline": 100_000,
        "won": 1,
        "revenue": 50_000,
        "cost": 40_000,
        "roi": 0.25,
    }
    assert (found["email"]["revenue"], found["email"]["cost"], found["email"]["roi"]) == (50_000, None, None)
    assert found["unknown source"]["pipeline"] == 7
    campaigns = {row["name"]: row for row in rows_of(attribution(sold.home, asked(by="campaign", model="last")))}
    assert (campaigns["drip"]["revenue"], campaigns["drip"]["roi"]) == (100_000, 9.0)
    assert campaigns["no campaign"]["deals"] == 2
    assert [row["name"] for row in rows_of(attribution(sold.home, asked(by="mail", model="first")))] == ["no mail"]


def test_a_campaign_that_cost_and_brought_nothing_is_there(sold: Books) -> None:
    cost(sold, 500, campaign="waste")
    (row,) = (one for one in rows_of(attribution(sold.home, asked(by="campaign"))) if one["name"] == "waste")
    assert (row["deals"], row["revenue"], row["cost"], row["roi"]) == (0, 0, 500, -1.0)


def test_days_choose_by_opening_and_by_closing(sold: Books) -> None:
    (row,) = rows_of(attribution(sold.home, asked(date(2026, 11, 15), date(2026, 11, 15), by="theme")))[:1]
    assert (row["deals"], row["won"], row["cost"]) == (0, 1, None)
    early = attribution(sold.home, asked(None, date(2026, 11, 9), by="source"))
    assert {row["name"]: row["deals"] for row in rows_of(early)} == {"fair": 1, "unknown source": 1}


def test_an_unknown_model_or_dimension_is_told_with_what_was_meant(sold: Books) -> None:
    with pytest.raises(RipelineError, match="'linaer' is no model of this report; did you mean 'linear'"):
        attribution(sold.home, asked(model="linaer"))
    with pytest.raises(RipelineError, match="'stage' is no by of this report; known are theme, campaign, mail, source"):
        attribution(sold.home, asked(by="stage"))


def test_deals_that_wait_are_told(sold: Books) -> None:
    assert not any("deals changed" in note for note in attribution(sold.home, asked()).notes)
    sold.deal("9", "jane@x.example")
    notes = attribution(sold.home, asked()).notes
    assert any("2 deals changed since housekeeping ran last" in note for note in notes)


def test_revenue_compares_nurtured_with_others(books: Books) -> None:
    for number in range(12):
        who = books.lead(f"p{number}@x.example")
        nurtured = number < 8
        if nurtured:
            books.mail(who, on(3))
        closing = won(on(10 + number % 4), amount=1000 * (number + 1), list_amount=2000 * (number + 1))
        if number in (0, 8, 9):
            closing = lost(on(12))
        books.deal(str(number), f"p{number}@x.example", opened_at=on(9), **closing)
    attribute(books.home)
    report = revenue(books.home, asked())
    ours, others, difference = rows_of(report, "Win rate")
    interval, between = share_interval(7, 8), difference_of_shares(7, 8, 2, 4)
    assert interval is not None
    assert between is not None
    assert ours == {
        "group": "nurtured",
        "closed": 8,
        "won": 7,
        "share": 7 / 8,
        "low": interval.low,
        "high": interval.high,
    }
    assert (others["closed"], others["won"], others["share"]) == (4, 2, 0.5)
    assert (difference["share"], difference["low"], difference["high"]) == (3 / 8, between.low, between.high)
    days = rows_of(report, "Days until a deal is won")
    assert [row["n"] for row in days] == [7, 2, None]
    assert days[0]["mean"] == pytest.approx(sum(1 + n % 4 for n in range(1, 8)) / 7, abs=0.06)
    size = rows_of(report, "Size of a deal won")
    assert [row["mean"] for row in size[:2]] == [5000, 11_500]
    assert rows_of(report, "Discount from the list price")[0]["mean"] == 0.5
    assert rows_of(report, "Deals that ended without a decision")[0]["no_decision"] == 0


def test_revenue_of_a_home_without_deals_is_empty_and_true(books: Books) -> None:
    report = revenue(books.home, asked())
    assert rows_of(report, "Win rate")[0] == {
        "group": "nurtured",
        "closed": 0,
        "won": 0,
        "share": None,
        "low": None,
        "high": None,
    }
    assert [row["each"] for row in rows_of(report, "What it cost")] == [None, None, None]


def test_costs_are_laid_on_leads_and_on_recycled_and_new_pipeline(sold: Books) -> None:
    cost(sold, 300, source="nowhere")
    report = revenue(sold.home, asked())
    ready, opened, deals_won = rows_of(report, "What it cost")
    assert ready == {
        "what": "leads given to sales",
        "n": 2,
        "cost": 50_300,
        "each": 25_150,
        "per_thousand": round(2 / 0.503, 2),
    }
    assert (opened["n"], deals_won["n"]) == (3, 1)
    recycled, new, idle = rows_of(report, "Recycled against new pipeline")
    assert (recycled["deals"], recycled["pipeline"], recycled["cost"]) == (1, 50_000, 20_000)
    assert (new["deals"], new["pipeline"], new["cost"]) == (2, 100_007, 30_000)
    assert (recycled["per_unit"], idle["cost"]) == (0.4, 300)
    assert recycled["cost"] + new["cost"] + idle["cost"] == 50_300


def enter(books: Books, count: int, *, holdout: bool, goals: int = 0, sales: int = 0) -> None:
    """So many leads who entered on the second, with goals and sales among them."""
    for number in range(count):
        email = f"{'out' if holdout else 'in'}{number}@x.example"
        who = books.lead(email)
        books.enrolled(who, "drip", on(2), holdout=holdout)
        if number < goals:
            with writing(books.engine) as connection:
                tell(connection, who, Line(on(4), "goal", "drip", 1))
        if number < sales:
            books.deal(email, email, amount=100_000 + number, **won())


def settled(books: Books) -> None:
    books.clock.step_to(books.clock.now() + timedelta(minutes=5))
    keep_house(books.home, books.clock.now())


def line(rows: list[dict[str, Any]], told: str) -> dict[str, Any]:
    (found,) = (row for row in rows if row["what"] == told)
    return found


def test_lift_tells_a_difference_where_there_is_one_and_how_many_are_missing_where_not(books: Books) -> None:
    enter(books, 70, holdout=False, goals=56, sales=2)
    enter(books, 80, holdout=True, goals=48)
    settled(books)
    report = lift(books.home, asked())
    rows = rows_of(report, "Shares of leads")
    goal = line(rows, "reached the goal")
    assert (goal["nurtured_leads"], goal["held_out_leads"], goal["difference"]) == (70, 80, pytest.approx(0.2))
    assert (round(goal["low"], 4), round(goal["high"], 4), goal["verdict"]) == (0.0524, 0.3339, "more")  # Newcombe
    # 7.849 (0.0286 × 0.9714 / 0.875 + 0) / 0.0286² = 305 held out, 572 in all, and 150 are there
    assert line(rows, "bought")["verdict"] == "too few to say: needs about 430 more leads"
    assert line(rows, "given to sales")["verdict"] == "too few to say: nobody yet"
    (money,) = rows_of(report, "Revenue of a lead")
    assert (money["nurtured"], money["held_out"]) == (round(200_001 / 70), 0)
    assert money["verdict"] == "too few to say: needs 10 more sales on the smaller side"


def test_lift_of_revenue_is_said_from_ten_sales_on_each_side(books: Books) -> None:
    enter(books, 40, holdout=False, sales=36)
    enter(books, 40, holdout=True, sales=10)
    settled(books)
    (money,) = rows_of(lift(books.home, asked(campaign="drip")), "Revenue of a lead")
    assert (money["verdict"], money["difference"]) == ("more", pytest.approx(65_000, abs=20))
    assert 0 < money["low"] < money["difference"] < money["high"]


def test_lift_knows_only_campaigns_that_hold_somebody_out(books: Books) -> None:
    enter(books, 3, holdout=False)
    settled(books)
    report = lift(books.home, asked())
    assert rows_of(report, "Shares of leads") == []
    assert "No campaign has held anybody out yet" in report.notes[0]
    with pytest.raises(RipelineError, match="the campaign 'drip' holds nobody out"):
        lift(books.home, asked(campaign="drip"))
