"""Who gets a lead."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from engine.domain.sales.routing import Candidate, Load, Person, Route, Routed, Team, choose
from tests.domain.journey.world import rule

TODAY = date(2026, 11, 3)
GERMANY = rule("country == 'de'")
TEAM = Team(
    {
        "ann": Person("ann"),
        "bob": Person("bob"),
        "cleo": Person("cleo", absent=((date(2026, 11, 1), date(2026, 11, 3)),)),
        "dan": Person("dan", capacity=1),
    },
    (
        Route("Northwind", ("dan",), accounts=frozenset({"northwind.example"})),
        Route("Germany", ("cleo",), when=GERMANY),
        Route("all", ("ann", "bob")),
    ),
    fallback="bob",
)


def lead(owner: str = "", company: str = "", company_owner: str = "", german: bool = False) -> Candidate:
    return Candidate(owner, company, company_owner, lambda asked: german and asked == GERMANY)


@pytest.mark.parametrize(
    ("who", "loads", "routed"),
    [
        (lead(owner="cleo"), {}, Routed("ann", "route 'all'")),
        (lead(owner="bob"), {}, Routed("bob", "the lead's owner")),
        (lead(owner="zoe"), {}, Routed("zoe", "the lead's owner")),
        (lead(company_owner="bob"), {}, Routed("bob", "the owner of its company")),
        (lead(company="Northwind.example"), {}, Routed("dan", "route 'Northwind'")),
        (
            lead(company="northwind.example"),
            {"dan": Load(in_hand=1)},
            Routed("ann", "route 'all', as nobody of 'Northwind' has room"),
        ),
        (lead(german=True), {}, Routed("ann", "route 'all', as nobody of 'Germany' has room")),
        (lead(owner="bob", company="northwind.example"), {}, Routed("dan", "route 'Northwind'")),
        (
            lead(company="northwind.example", german=True),
            {"dan": Load(in_hand=1)},
            Routed("ann", "route 'all', as nobody of 'Northwind' and 'Germany' has room"),
        ),
        (replace(lead(owner="bob"), named="dan"), {}, Routed("dan", "named by the campaign's step")),
        (replace(lead(owner="bob"), named="cleo"), {}, Routed("bob", "the lead's owner")),
        (replace(lead(owner="bob"), named="sales"), {}, Routed("bob", "the lead's owner")),
    ],
)
def test_who_gets_it_and_why(who: Candidate, loads: dict[str, Load], routed: Routed) -> None:
    assert choose(TEAM, who, loads, TODAY) == routed


def test_who_was_away_gets_leads_from_the_next_day_on() -> None:
    assert choose(TEAM, lead(german=True), {}, date(2026, 11, 4)) == Routed("cleo", "route 'Germany'")


def test_nobody_free_leaves_the_fallback_and_without_one_nobody() -> None:
    full = Team({"ann": Person("ann", capacity=1)}, (Route("all", ("ann",)),), fallback="bob")
    assert choose(full, lead(), {"ann": Load(1)}, TODAY) == Routed("bob", "the fallback, as nobody of 'all' has room")
    assert choose(Team(), lead(), {}, TODAY) == Routed("", "nobody takes it")


def turns(team: Team, rounds: int, loads: dict[str, Load]) -> Counter[str]:
    got: Counter[str] = Counter()
    for _ in range(rounds):
        owner = choose(team, lead(), loads, TODAY).owner
        load = loads.get(owner, Load())
        loads[owner] = Load(load.in_hand + 1, load.got + 1, load.answered, load.accepted)
        got[owner] += 1
    return got


def test_turns_follow_the_weights() -> None:
    team = Team({"ann": Person("ann", weight=3), "bob": Person("bob")}, (Route("all", ("ann", "bob")),))
    assert turns(team, 40, {}) == {"ann": 30, "bob": 10}


def test_good_leads_go_to_those_who_take_care_of_them() -> None:
    team = Team({"ann": Person("ann"), "bob": Person("bob")}, (Route("all", ("ann", "bob")),))
    got = turns(team, 30, {"ann": Load(0, 10, 10, 10), "bob": Load(0, 10, 10, 3)})
    assert got["ann"] > got["bob"] > 0
