"""Accounts: whom a lead belongs to, and the score that a company's people have together."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Engine, select, update

from engine.domain.rules import Borders
from engine.store.accounts import (
    account,
    account_name,
    accounts_of_domains,
    join_account,
    next_accounts,
    rescore_accounts,
    rescore_of_leads,
)
from tests.domain.rules.facts import NOW, Facts
from tests.store.test_rules_sql import lead, store

HERE = Borders((50.0,))


def people(connection: Connection, *scores: float) -> list[int]:
    """Leads with these scores, whom nobody is to look at, all of one account."""
    always: dict[str, object] = {"created": NOW, "subscribed": True}
    numbers = store(connection, [Facts({**always, "score": score}) for score in scores])
    number, _ = accounts_of_domains(connection, {"northwind.example": "Northwind"}, NOW)["northwind.example"]
    connection.execute(update(lead).values(account_id=number, next_due_at=None))
    return numbers


def leads(connection: Connection) -> dict[int, Any]:
    return {row.id: row for row in connection.execute(select(lead))}


def test_account_is_made_once_for_a_domain_and_named_once_its_name_is_known(engine_for: Engine) -> None:
    with engine_for.begin() as connection:
        first = accounts_of_domains(connection, {"a.example": "A", "b.example": ""}, NOW)
        again = accounts_of_domains(connection, {"b.example": "B", "c.example": "C"}, NOW)

        assert again["b.example"] == first["b.example"]
        assert len({number for number, _ in (first | again).values()}) == 3
        assert [row.name for row in connection.execute(select(account).order_by(account.c.id))] == ["A", "B", "C"]


def test_account_has_the_scores_of_its_people_together(engine_for: Engine) -> None:
    with engine_for.begin() as connection:
        numbers = people(connection, 0.1, 0.2, 30.0)

        assert rescore_of_leads(connection, numbers[:1], HERE, NOW) == 1
        assert rescore_of_leads(connection, numbers, HERE, NOW) == 0
        assert connection.scalar(select(account.c.score)) == 30.3
        assert {row.account_score for row in leads(connection).values()} == {30.3}
        assert {row.next_due_at for row in leads(connection).values()} == {None}


def test_people_are_looked_at_when_their_account_crosses_a_number_of_a_rule(engine_for: Engine) -> None:
    with engine_for.begin() as connection:
        numbers = people(connection, 20.0, 30.0)
        connection.execute(update(lead).where(lead.c.id == numbers[0]).values(next_due_at=NOW - timedelta(days=1)))

        rescore_of_leads(connection, numbers, HERE, NOW)

        found = leads(connection)
        assert [found[number].next_due_at for number in numbers] == [NOW - timedelta(days=1), NOW]


def test_account_whose_people_are_gone_has_no_score(engine_for: Engine) -> None:
    with engine_for.begin() as connection:
        numbers = people(connection, 20.0)
        rescore_of_leads(connection, numbers, HERE, NOW)
        connection.execute(update(lead).values(account_id=None))

        rescore_accounts(connection, next_accounts(connection, 0, 10), HERE, NOW)

        assert connection.scalar(select(account.c.score)) == 0


def test_group_of_events_is_one_more_name_of_the_leads_company(engine_for: Engine) -> None:
    with engine_for.begin() as connection:
        first, second = people(connection, 20.0, 5.0)
        [stranger] = store(connection, [Facts({"created": NOW, "subscribed": True, "score": 7.0})])

        known = join_account(connection, first, "group", "g1", "Northwind Inc", NOW)
        assert join_account(connection, stranger, "group", "g1", "", NOW) == known
        assert leads(connection)[stranger].account_id == known
        assert connection.scalar(select(account.c.score)) == 32
        assert connection.scalar(select(account.c.name)) == "Northwind"

        other = join_account(connection, second, "group", "g2", "Other", NOW)
        assert other != known
        assert dict(connection.execute(select(account.c.name, account.c.score)).all()) == {"Northwind": 27, "Other": 5}
        names = connection.execute(select(account_name.c.kind, account_name.c.value).order_by(account_name.c.id)).all()
        assert [tuple(name) for name in names] == [("domain", "northwind.example"), ("group", "g1"), ("group", "g2")]
