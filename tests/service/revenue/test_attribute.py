"""Stale deals get their credit, and the roll-ups stay in step with them."""

from __future__ import annotations

import contextlib
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select

from engine.config.model import Config
from engine.config.outside import Reports
from engine.domain.actor import Actor
from engine.domain.attribution import UNKNOWN_SOURCE, Model
from engine.domain.deals import Outcome
from engine.domain.journey.decision import Line
from engine.domain.journey.facts import EventKind
from engine.service.housekeeping import keep_house
from engine.service.revenue.attribute import attribute
from engine.service.revenue.record_opportunity import DealError
from engine.store.credit import cohort, credit, credit_day, deal_day
from engine.store.daily_counts import recount_events
from engine.store.database import reading, writing
from engine.store.erasure import erase_lead
from engine.store.events import settle
from engine.store.journey import tell
from engine.store.lead_merge import merge_leads
from engine.store.leads import lead as lead_table
from engine.store.opportunities import opportunity
from engine.store.tables import EventRow
from tests.service.revenue.rows import NOW, Books, lost, on, won
from tests.store.conftest import engine_for, fresh_store, postgres_url, sqlite_template

__all__ = ["engine_for", "fresh_store", "postgres_url", "sqlite_template"]
JANE, OMAR = "jane@northwind.example", "omar@northwind.example"
event = EventRow.__table__  # type: ignore[attr-defined]


@pytest.fixture
def books(engine_for: Engine, tmp_path: Path) -> Books:
    return Books(engine_for, tmp_path)


def credited(books: Books, model: Model = Model.LINEAR, deal: str = "1") -> list[tuple[str, str, int]]:
    """(mail or source, theme, amount) of each touch."""
    query = select(credit).join(opportunity, opportunity.c.id == credit.c.opportunity_id)
    query = query.where(opportunity.c.external_id == deal, credit.c.model == model.value).order_by(credit.c.place)
    with reading(books.engine) as connection:
        return [(row.mail or row.source, row.theme, row.amount) for row in connection.execute(query)]


def rows(books: Books, table: Any) -> list[Any]:
    with reading(books.engine) as connection:
        return list(connection.execute(select(table)))


def kept(books: Books) -> None:
    """Housekeeping, once everything has settled."""
    books.clock.step_to(books.clock.now() + timedelta(minutes=5))
    keep_house(books.home, books.clock.now())


def a_clicker(books: Books) -> int:
    """Jane came by a fair, clicked in two mails and asked for a demo."""
    jane = books.lead(JANE, source="fair")
    first, second = books.mail(jane, on(3)), books.mail(jane, on(5), step="second")
    books.event(jane, on(4), EventKind.CLICK, mail=first)
    books.event(jane, on(6), EventKind.CLICK, mail=second, step="second")
    books.event(jane, on(8), EventKind.FORM, "demo")
    return jane


def test_a_deal_is_shared_among_clicks_forms_and_the_first_source(books: Books) -> None:
    a_clicker(books)
    books.deal()
    assert attribute(books.home) == 1
    expected = [("fair", "", 25_000), ("drip/first", "data", 25_000), ("drip/second", "data", 25_000)]
    assert credited(books) == [*expected, ("demo", "", 25_000)]
    assert [amount for *_, amount in credited(books, Model.FIRST)] == [100_000, 0, 0, 0]
    assert [amount for *_, amount in credited(books, Model.POSITION)] == [40_000, 10_000, 10_000, 40_000]
    assert attribute(books.home) == 0


def test_what_machines_did_and_what_sales_wrote_down_is_no_touch(books: Books) -> None:
    jane = books.lead(JANE)
    mail = books.mail(jane, on(3))
    books.event(jane, on(4), EventKind.CLICK, mail=mail, actor=Actor.MACHINE)
    books.event(jane, on(4), EventKind.OPEN, mail=mail)
    books.event(jane, on(4), EventKind.CLICK, mail=mail, settles_at=on(20))
    books.event(jane, on(5), name="recycled")
    books.deal()
    attribute(books.home)
    assert credited(books) == [(UNKNOWN_SOURCE, "", 100_000)]


def test_the_other_people_of_the_account_have_their_part(books: Books) -> None:
    account = books.account("Northwind")
    books.lead(JANE, account_id=account)
    omar = books.lead(OMAR, account_id=account, source="web")
    books.event(omar, on(5), name="webinar_attended", properties={"source": "webinar", "campaign": "spring"})
    books.deal()
    attribute(books.home)
    assert credited(books) == [("web", "", 50_000), ("webinar", "", 50_000)]
    assert {row.name for row in rows(books, credit_day) if row.dimension == "campaign"} == {"", "spring"}


def test_leads_imported_after_their_deals_and_accounts_found_later_count(books: Books) -> None:
    books.deal()
    account = books.account("Northwind")
    jane = books.lead(JANE, on(19), source="fair")
    omar = books.lead(OMAR, on(2), source="web", account_id=account)
    books.deal()
    with writing(books.engine) as connection:
        connection.execute(lead_table.update().where(lead_table.c.id == jane).values(account_id=account))
    attribute(books.home)
    assert omar
    assert credited(books) == [("fair", "", 50_000), ("web", "", 50_000)]


def test_deals_of_a_lead_that_took_another_in_have_the_touches_of_both(books: Books) -> None:
    jane, twin = books.lead(JANE, source="fair"), books.lead("jane@home.example", on(2), source="")
    books.event(twin, on(5), EventKind.FORM, "demo")
    books.deal()
    attribute(books.home)
    assert credited(books) == [("fair", "", 100_000)]
    with writing(books.engine) as connection:
        assert merge_leads(connection, jane, twin, "the same person", (), NOW)
    attribute(books.home)
    assert credited(books) == [("fair", "", 50_000), ("demo", "", 50_000)]


def test_an_account_of_a_thousand_people_is_no_company(books: Books) -> None:
    account = books.account("A provider of mail")
    books.lead(JANE, account_id=account, source="own")
    for number in range(201):
        books.lead(f"p{number}@x.example", account_id=account, source="others")
    books.deal()
    attribute(books.home)
    assert credited(books) == [("own", "", 100_000)]


def test_offline_events_imported_later_change_the_credit(books: Books) -> None:
    jane = books.lead(JANE)
    books.deal()
    kept(books)
    assert credited(books) == [(UNKNOWN_SOURCE, "", 100_000)]
    books.event(jane, on(9), name="fair_visited")
    kept(books)
    assert credited(books) == [("fair_visited", "", 100_000)]


def test_other_shares_in_config_change_all_credit(books: Books) -> None:
    a_clicker(books)
    books.deal()
    attribute(books.home)
    books.config = Config(reports=Reports(first_share=1, last_share=0, touches_within="5d"))
    assert attribute(books.home) == 1
    assert credited(books, Model.POSITION) == [("drip/second", "data", 100_000), ("demo", "", 0)]


def test_credit_of_an_erased_lead_stays_without_the_person(books: Books) -> None:
    jane = a_clicker(books)
    books.enrolled(jane, "drip", on(2))
    books.deal(**won())
    kept(books)
    before, cohorts = credited(books), rows(books, cohort)
    with writing(books.engine) as connection:
        erase_lead(connection, jane, b"k" * 32, "asked", NOW)
    books.deal(**won(), amount=200_000)
    books.config = Config(reports=Reports(first_share=0.3))
    attribute(books.home)
    assert credited(books) == [(name, theme, 2 * amount) for name, theme, amount in before]
    assert rows(books, cohort) == cohorts
    said = " ".join(
        str(tuple(row)) for table in (credit, credit_day, deal_day, opportunity) for row in rows(books, table)
    )
    assert "northwind" not in said
    assert "Jane" not in said


def test_roll_ups_by_day_tell_deals_as_they_are(books: Books) -> None:
    a_clicker(books)
    books.deal("1", **won(list_amount=125_000))
    books.deal("2", amount=30_001, opened_at=on(12), **lost(on(19)))
    attribute(books.home)
    days = {(row.day, row.nurtured): row for row in rows(books, deal_day)}
    opened, closed = days[date(2026, 11, 10), True], days[date(2026, 11, 15), True]
    assert (opened.opened, opened.pipeline, opened.won) == (1, 100_000, 0)
    assert (closed.won, closed.revenue, closed.revenue_squares, closed.cycle) == (1, 100_000, 1_000_000.0, 5)
    assert (closed.listed, closed.discount) == (1, 2_000)
    assert days[date(2026, 11, 19), True].lost == 1
    themes = {
        (row.day, row.name): row for row in rows(books, credit_day) if (row.model, row.dimension, row.span) == THEME
    }
    assert themes[date(2026, 11, 10), "data"].pipeline == 50_000
    assert themes[date(2026, 11, 15), "data"].revenue == 50_000
    assert themes[date(2026, 11, 10), "data"].opened == 1


THEME = ("linear", "theme", "day")


def everything(books: Books) -> dict[str, Counter[Any]]:
    """The roll-ups without rows that came to nothing."""
    found = {}
    for table in (deal_day, credit_day, cohort):
        keys = [column.name for column in table.primary_key.columns]
        found[table.name] = Counter(
            {
                (tuple(getattr(row, key) for key in keys), name): value
                for row in rows(books, table)
                for name, value in row._mapping.items()
                if name not in keys and value
            }
        )
    return found


def test_a_changed_deal_leaves_nothing_of_what_it_was(books: Books, tmp_path: Path) -> None:
    jane = a_clicker(books)
    books.enrolled(jane, "drip", on(2))
    changes = [won(), {"amount": 5}, won(on(18), amount=7, opened_at=on(11)), lost(on(19), opened_at=on(5)), won()]
    for change in changes:
        books.deal("1", **change)
        books.deal("2", **{**change, "amount": 333})
        attribute(books.home)
    in_steps = everything(books)
    with writing(books.engine) as connection:
        for table in (deal_day, credit_day, cohort, credit):
            connection.execute(table.delete())
        connection.execute(opportunity.update().values(counted={}, stale=True))
    attribute(books.home)
    assert everything(books) == in_steps


def test_cohorts_tell_what_became_of_the_leads_who_entered_each_once(books: Books) -> None:
    jane, omar = books.lead(JANE), books.lead(OMAR)
    tom = books.lead("tom@acme.example", internal=True)
    for who, held in ((jane, False), (omar, True), (tom, False)):
        books.enrolled(who, "drip", on(2), holdout=held, goal_at=on(4))
        books.enrolled(who, "drip", on(6), run=2)
        with writing(books.engine) as connection:
            tell(connection, who, Line(on(4), "goal", "drip", 1))
            tell(connection, who, Line(on(7), "goal", "drip", 2))
        books.handoff(who, on(5), ended_at=on(6))
        books.handoff(who, on(7))
    books.deal("1", **won())
    books.deal("2", opened_at=on(12), **won(amount=50_000))
    books.deal("3", OMAR)
    for _ in range(2):
        kept(books)
    found = {(row.day.day, row.holdout, row.what): row.n for row in rows(books, cohort)}
    common = {"entered": 1, "goal": 1, "handed_off": 1, "opportunity": 1}
    mine = {**common, "won": 1, "revenue": 150_000, "revenue_squares": 1_500**2}
    expected = {(2, False, what): n for what, n in mine.items()} | {(2, True, what): n for what, n in common.items()}
    assert found == expected


def test_a_deal_from_before_the_campaign_is_none_of_its_doing(books: Books) -> None:
    jane = books.lead(JANE)
    books.enrolled(jane, "drip", on(12))
    books.deal(**won())
    kept(books)
    assert {row.what for row in rows(books, cohort)} == {"entered"}


def test_a_late_verdict_takes_the_credit_away(books: Books) -> None:
    jane = books.lead(JANE)
    mail = books.mail(jane, on(3))
    books.event(jane, on(4), EventKind.CLICK, mail=mail)
    books.deal()
    kept(books)
    assert credited(books) == [("drip/first", "data", 100_000)]
    (row,) = (one for one in rows(books, event) if one.kind == "click")
    with writing(books.engine) as connection:
        recount_events(connection, books.home.zone, [(row, "machine")])
        settle(connection, [{"number": row.id, "judge": "machine", "because": "a scanner"}])
    kept(books)
    assert credited(books) == [(UNKNOWN_SOURCE, "", 100_000)]


_DEALS = st.lists(
    st.tuples(st.integers(0, 10**9), st.integers(3, 18), st.sampled_from(Outcome), st.integers(0, 6)), max_size=6
)


@pytest.mark.parametrize("engine_for", ["sqlite"], indirect=True)
@given(_DEALS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_credit_always_adds_up_to_the_deals(books: Books, deals: list[tuple[int, int, Outcome, int]]) -> None:
    if not rows(books, event):  # one store for all examples: deals change from one to the next
        a_clicker(books)
    for number, (amount, day, outcome, _) in enumerate(deals):
        closing = {} if outcome is Outcome.OPEN else {"outcome": outcome, "closed_at": on(19)}
        with contextlib.suppress(DealError):  # won once, undecided now
            books.deal(str(number), amount=amount, opened_at=on(day), **closing)
    attribute(books.home)
    with reading(books.engine) as connection:
        whole = connection.scalar(select(func.sum(opportunity.c.amount))) or 0
        for model in Model:
            query = select(func.sum(credit.c.amount)).where(credit.c.model == model.value)
            assert (connection.scalar(query) or 0) == whole
            for dimension in ("campaign", "theme", "mail", "source"):
                of = (credit_day.c.model == model.value, credit_day.c.dimension == dimension)
                for span in ("day", "month"):
                    query = select(func.sum(credit_day.c.pipeline)).where(*of, credit_day.c.span == span)
                    assert (connection.scalar(query) or 0) == whole
