"""Who gets a lead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
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


def handed(team: Team, leads: Iterable[Candidate], loads: dict[str, Load]) -> list[str]:
    """Who got each of these leads, one after the other."""
    got = []
    for number, who in enumerate(leads, 100):
        owner = choose(team, who, loads, TODAY).owner
        loads[owner] = loads.get(owner, Load()).with_one_more(number)
        got.append(owner)
    return got


def turns(team: Team, rounds: int, loads: dict[str, Load]) -> Counter[str]:
    return Counter(handed(team, [lead()] * rounds, loads))


@pytest.mark.parametrize("weights", [(1, 1), (3, 1), (1.5, 1), (5, 2, 1), (10, 1)])
def test_turns_follow_the_weights_and_favour_neither_high_ones_nor_low_ones(weights: tuple[float, ...]) -> None:
    names = ("ann", "bob", "cleo")[: len(weights)]
    people = {name: Person(name, weight=weight) for name, weight in zip(names, weights, strict=True)}
    got = turns(Team(people, (Route("all", names),)), 1000, {})
    fair = {name: 1000 * weight / sum(weights) for name, weight in zip(names, weights, strict=True)}
    assert {name: got[name] for name in names} == pytest.approx(fair, abs=3)


def test_equals_alternate() -> None:
    assert handed(Team({}, (Route("all", ("ann", "bob")),)), [lead()] * 6, {}) == ["ann", "bob"] * 3


def test_good_leads_go_to_those_who_take_care_of_them() -> None:
    team = Team({"ann": Person("ann"), "bob": Person("bob")}, (Route("all", ("ann", "bob")),))
    got = turns(team, 30, {"ann": Load(0, 10, 10), "bob": Load(0, 10, 3)})
    assert got["ann"] > got["bob"] > 0


def test_turns_of_a_rare_route_are_counted_among_its_own_people() -> None:
    team = Team({}, (Route("Germany", ("eve", "dan"), GERMANY), Route("all", ("ann", "bob"))))
    got = handed(team, [lead(german=number % 50 == 0) for number in range(1000)], {})
    assert Counter(got) == {"eve": 10, "dan": 10, "ann": 490, "bob": 490}


def test_who_comes_back_catches_up_on_few_leads_and_not_on_a_month() -> None:
    team = Team({}, (Route("all", ("ann", "bob")),))
    got = handed(team, [lead()] * 20, {"ann": Load(turns=tuple(range(99, 39, -1)))})
    assert got[:9] == ["bob"] * 9
    assert Counter(got[9:19]) == {"ann": 5, "bob": 5}
