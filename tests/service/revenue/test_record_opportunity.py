"""A deal of the CRM becomes a row, events on its lead and work for reports; the same record again changes nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from engine.config.model import Config
from engine.config.outside import Reports
from engine.domain.deals import TRANSITIONS, Outcome
from engine.domain.identity import PUBLIC_ID, Identity
from engine.service.revenue.record_opportunity import DealError, record_opportunity
from engine.store.database import reading, writing
from engine.store.erasure import erase_lead
from engine.store.events import events_of
from engine.store.leads import lead as lead_table
from engine.store.opportunities import opportunity
from tests.service.revenue.rows import NOW, Books, a_deal, lost, on, won
from tests.store.conftest import engine_for, fresh_store, postgres_url, sqlite_template

__all__ = ["engine_for", "fresh_store", "postgres_url", "sqlite_template"]
JANE = "jane@northwind.example"


@pytest.fixture
def books(engine_for: Engine, tmp_path: Path) -> Books:
    return Books(engine_for, tmp_path)


def row_of(books: Books, external_id: str = "1") -> Any:
    with reading(books.engine) as connection:
        return connection.execute(select(opportunity).where(opportunity.c.external_id == external_id)).one()


def events_about(books: Books, lead: int) -> list[tuple[str, Any]]:
    with reading(books.engine) as connection:
        return [(row.name, row.properties.get("amount")) for row in events_of(connection, lead)]


def due(books: Books, lead: int) -> Any:
    with reading(books.engine) as connection:
        return connection.scalar(select(lead_table.c.next_due_at).where(lead_table.c.id == lead))


def test_a_new_deal_is_tied_to_its_lead_account_and_accepted_handoff_and_wakes_the_lead(books: Books) -> None:
    account = books.account("Northwind", "northwind.example")
    jane = books.lead(JANE, account_id=account)
    accepted = books.handoff(jane, on(5), answered_at=on(6))
    books.handoff(jane, on(7), answered_at=on(8), reason="too_early", ended_at=on(8), state="rejected")
    found = books.deal()
    assert (found.new, found.lead, found.account, found.handoff) == (True, jane, account, accepted)
    assert found.events == ("opportunity_opened",)
    assert events_about(books, jane) == [("opportunity_opened", 1000.0)]
    assert due(books, jane) == NOW
    assert row_of(books).stale


def test_the_same_record_again_changes_nothing(books: Books) -> None:
    jane = books.lead(JANE)
    first = books.deal(**won())
    before = row_of(books)
    books.clock.step_to(NOW + timedelta(days=1))
    again = books.deal(**won())
    assert (again.number, again.new, again.changed, again.events) == (first.number, False, False, ())
    assert row_of(books) == before
    assert events_about(books, jane) == [("opportunity_opened", 1000.0), ("opportunity_won", 1000.0)]


def test_two_systems_may_use_one_id(books: Books) -> None:
    books.lead(JANE)
    books.deal()
    assert record_opportunity(books.home, replace(a_deal(), source="erp")).new


@pytest.mark.parametrize(
    ("outcome", "event"),
    [("won", "opportunity_won"), ("lost", "opportunity_lost"), ("no_decision", "opportunity_lost")],
)
def test_closing_tells_the_lead_how_it_ended(books: Books, outcome: str, event: str) -> None:
    jane = books.lead(JANE)
    books.deal()
    found = books.deal(outcome=Outcome(outcome), closed_at=on(15))
    assert (found.new, found.changed, found.events) == (False, True, (event,))
    with reading(books.engine) as connection:
        last = events_of(connection, jane)[-1]
    assert (last.name, last.properties["outcome"], last.at) == (event, outcome, on(15))


def test_a_deal_reopened_and_won_again_is_told_again(books: Books) -> None:
    jane = books.lead(JANE)
    books.deal(**won())
    books.deal()
    books.deal(**won(on(18)))
    assert [name for name, _ in events_about(books, jane)] == ["opportunity_opened", *["opportunity_won"] * 2]


def test_a_won_deal_cannot_be_undecided(books: Books) -> None:
    books.lead(JANE)
    books.deal(**won())
    with pytest.raises(DealError, match="deal 1 of crm: outcome cannot be closed without a decision once it was won"):
        books.deal(outcome=Outcome.NO_DECISION, closed_at=on(16))
    assert row_of(books).outcome == "won"


def test_every_outcome_has_its_transitions() -> None:
    assert set(TRANSITIONS) == set(Outcome)
    assert all(outcome not in after for outcome, after in TRANSITIONS.items())


def test_a_campaign_mail_before_the_deal_makes_it_nurtured(books: Books) -> None:
    jane, omar, mia = (books.lead(f"{name}@x.example") for name in ("jane", "omar", "mia"))
    books.mail(jane, on(9))
    books.mail(omar, on(11))
    books.mail(mia, on(9), kind="operational")
    books.mail(mia, on(9), state="dropped")
    books.mail(mia, on(9), test=True)
    found = [books.deal(name, f"{name}@x.example").nurtured for name in ("jane", "omar", "mia")]
    assert found == [True, False, False]


def test_a_lead_given_back_before_makes_the_deal_recycled(books: Books) -> None:
    jane, omar = (books.lead(f"{name}@x.example") for name in ("jane", "omar"))
    books.event(jane, on(9), name="recycled")
    books.event(omar, on(11), name="recycled")
    assert [books.deal(name, f"{name}@x.example").recycled for name in ("jane", "omar")] == [True, False]


def test_a_deal_known_by_its_day_came_after_what_happened_on_that_day(books: Books) -> None:
    jane = books.lead(JANE)
    books.mail(jane, on(10, hour=9))
    assert books.deal(opened_at=on(10, hour=0)).nurtured
    assert not books.deal("2", opened_at=on(10, hour=8)).nurtured


def test_a_deal_of_somebody_unknown_is_kept_without_a_name_until_they_are_known(books: Books) -> None:
    found = books.deal()
    assert (found.new, found.lead, found.events) == (True, None, ())
    assert row_of(books).name == ""
    jane = books.lead(JANE)
    again = books.deal()
    assert (again.changed, again.lead, again.events) == (True, jane, ("opportunity_opened",))
    assert row_of(books).name == "Jane's big deal"


def test_a_record_that_names_nobody_leaves_the_lead_as_it_is(books: Books) -> None:
    jane = books.lead(JANE)
    books.deal()
    assert books.deal(email="", stage="Closing").lead == jane


def test_the_lead_is_found_by_its_opaque_id_and_the_account_by_its_name(books: Books) -> None:
    jane, account = books.lead(JANE), books.account("Northwind Traders")
    found = books.deal(
        email="", lead=(Identity("crm", "none"), Identity(PUBLIC_ID, "lead1")), account="northwind traders"
    )
    assert (found.lead, found.account) == (jane, account)


def test_a_change_makes_all_deals_of_the_lead_stale(books: Books) -> None:
    books.lead(JANE)
    books.deal("1")
    books.deal("2")
    with writing(books.engine) as connection:
        connection.execute(opportunity.update().values(stale=False))
    books.deal("2")
    assert not row_of(books).stale
    books.deal("2", amount=5)
    assert row_of(books, "1").stale
    assert row_of(books, "2").stale


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"outcome": Outcome.WON}, "closed_at is missing, though the deal is won"),
        ({"closed_at": on(15)}, "closed_at stands with a deal that is open"),
        (lost(on(9)), "closed_at lies before the deal was opened"),
        (won(on(21)), "closed_at lies in the future, though the deal is won"),
        ({"opened_at": on(21)}, "opened_at lies in the future"),
        ({"amount": -1}, "amount is below nothing"),
        ({"list_amount": 99_999}, "list_amount is less than the amount"),
        ({"currency": "USD"}, "currency is USD, but this home counts in EUR and has no rate for it"),
        ({"currency": "EURO"}, "currency 'EURO' is none of ISO 4217"),
    ],
)
def test_a_record_that_contradicts_itself_is_refused_and_nothing_is_written(
    books: Books, values: dict[str, Any], why: str
) -> None:
    with pytest.raises(DealError, match=f"deal 1 of crm: {why}"):
        books.deal(**values)
    with reading(books.engine) as connection:
        assert connection.execute(select(opportunity)).all() == []


def test_another_currency_is_counted_at_the_fixed_rate(books: Books) -> None:
    books.config = Config(reports=Reports(currency="EUR", rates={"USD": 0.92, "JPY": 0.0061}))
    books.deal("1", currency="USD", amount=100_001, list_amount=200_000)
    books.deal("2", currency="JPY", amount=150_000)
    assert [(row_of(books, one).amount, row_of(books, one).currency) for one in "12"] == [
        (92_001, "EUR"),
        (91_500, "EUR"),
    ]
    assert row_of(books, "1").list_amount == 184_000


def test_a_record_told_by_several_at_once_is_one_deal(books: Books) -> None:
    jane = books.lead(JANE)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: books.deal(**won()), range(8)))
    assert sorted(one.new for one in found) == [False] * 7 + [True]
    assert len({one.number for one in found}) == 1
    assert [name for name, _ in events_about(books, jane)] == ["opportunity_opened", "opportunity_won"]


def test_an_erased_lead_leaves_a_deal_without_personal_data_also_when_told_again(books: Books) -> None:
    jane = books.lead(JANE)
    books.deal(**won())
    with writing(books.engine) as connection:
        erase_lead(connection, jane, b"k" * 32, "asked", NOW)
    books.deal(**won(), name="Jane's bigger deal")
    row = row_of(books)
    assert (row.lead_id, row.name, row.amount, row.outcome) == (None, "", 100_000, "won")
