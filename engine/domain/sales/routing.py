"""Who gets a lead: whom a step names, whoever has its company by name, its own owner, the first route, the fallback.

Within a route people take turns in proportion to their weights: seat by seat as Webster and Sainte-Laguë divide seats,
so that over time nobody is favoured for a high weight or a low one. What counts are the last leads of the route's
people, a lead the less the longer ago it went, so that equals alternate and who was away is not flooded. The weight is
the configured one times how often its owner accepts, so that good leads go to those who take care of them:
(accepted + 2) / (answered + 4), which is half for somebody new (Agresti and Coull 1998 add the same two successes and
two failures).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from engine.domain.rules import Rule

HALF = 10
"""After so many more leads one counts half: who is new, or was away, catches up on few and not on a month."""
TURNS = 6 * HALF
"""So many leads back turns are counted; what lies before would count less than 2 % each."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who gets leads: how many in hand at most (0: any number), the weight, the days (first, last) away."""

    name: str
    capacity: int = 0
    weight: float = 1.0
    absent: tuple[tuple[date, date], ...] = ()

    def is_away(self, day: date) -> bool:
        return any(first <= day <= last for first, last in self.absent)


@dataclass(frozen=True, slots=True)
class Route:
    """Who takes turns for leads of whom `when` holds and who are of one of these companies, where any are named."""

    name: str
    to: tuple[str, ...]
    when: Rule | None = None
    accounts: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Team:
    """Everybody who gets leads, the routes in order, and who gets what nobody else takes."""

    people: Mapping[str, Person] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    fallback: str = ""

    def takers(self) -> set[str]:
        """Whoever takes turns on some route."""
        return {name for route in self.routes for name in route.to}


@dataclass(frozen=True, slots=True)
class Load:
    """How busy somebody is: leads in hand, of those answered lately how many were accepted, and `turns`, the numbers of
    the last `TURNS` hand-offs that went to them, newest first. Numbers grow over all people."""

    in_hand: int = 0
    answered: int = 0
    accepted: int = 0
    turns: tuple[int, ...] = ()

    def with_one_more(self, number: int) -> Load:
        """When this hand-off went to them too."""
        return replace(self, in_hand=self.in_hand + 1, turns=(number, *self.turns[: TURNS - 1]))


@dataclass(frozen=True, slots=True)
class Candidate:
    """The lead, as routing asks it: its owner, its company's domain and owner, whether a rule holds for it, and who is
    `named` by the campaign's step."""

    owner: str
    company: str
    company_owner: str
    holds: Callable[[Rule], bool]
    named: str = ""


@dataclass(frozen=True, slots=True)
class Routed:
    """Who gets it, empty for nobody, and why, in words."""

    owner: str
    why: str


def choose(team: Team, lead: Candidate, loads: Mapping[str, Load], today: date) -> Routed:
    """Who gets this lead today."""
    if lead.named in team.people and _is_there(team, lead.named, today):
        return Routed(lead.named, "named by the campaign's step")
    full: list[str] = []
    named_accounts = [route for route in team.routes if route.accounts]
    others = [route for route in team.routes if not route.accounts]
    return (
        _by_turns(team, named_accounts, lead, loads, today, full)
        or _owned(team, lead, today)
        or _by_turns(team, others, lead, loads, today, full)
        or _left_over(team, full)
    )


def _owned(team: Team, lead: Candidate, today: date) -> Routed | None:
    for owner, why in ((lead.company_owner, "the owner of its company"), (lead.owner, "the lead's owner")):
        if owner and _is_there(team, owner, today):
            return Routed(owner, why)
    return None


def _by_turns(
    team: Team,
    routes: Sequence[Route],
    lead: Candidate,
    loads: Mapping[str, Load],
    today: date,
    full: list[str],
) -> Routed | None:
    """The next of the first route that fits and has room; those that have none are added to `full`."""
    for route in routes:
        found = _next(team, route.to, loads, today) if _fits(route, lead) else ""
        if found:
            return Routed(found, f"route '{route.name}'{_no_room(full)}")
        if _fits(route, lead):
            full.append(route.name)
    return None


def _left_over(team: Team, full: Sequence[str]) -> Routed:
    if team.fallback:
        return Routed(team.fallback, f"the fallback{_no_room(full)}")
    return Routed("", f"nobody takes it{_no_room(full)}")


def _no_room(full: Sequence[str]) -> str:
    names = " and ".join(f"'{name}'" for name in full)
    return f", as nobody of {names} has room" if full else ""


def _fits(route: Route, lead: Candidate) -> bool:
    if route.accounts and lead.company.casefold() not in route.accounts:
        return False
    return route.when is None or lead.holds(route.when)


def _is_there(team: Team, name: str, today: date) -> bool:
    """An owner who gets no leads by turns, as a CRM may have them, keeps their own all the same."""
    person = team.people.get(name)
    return person is None or not person.is_away(today)


def _next(team: Team, names: Sequence[str], loads: Mapping[str, Load], today: date) -> str:
    free = [name for name in names if _has_room(team.people.get(name, Person(name)), loads, today)]
    got = _got(names, loads)
    return min(free, key=lambda name: (_share(team, name, loads, got[name]), names.index(name)), default="")


def _got(names: Sequence[str], loads: Mapping[str, Load]) -> dict[str, float]:
    """What each had of the last leads that went to these people."""
    turns = [(number, name) for name in set(names) for number in loads.get(name, Load()).turns]
    got = dict.fromkeys(names, 0.0)
    for back, (_, name) in enumerate(sorted(turns, reverse=True)[:TURNS]):
        got[name] += 0.5 ** (back / HALF)
    return got


def _has_room(person: Person, loads: Mapping[str, Load], today: date) -> bool:
    full = person.capacity and loads.get(person.name, Load()).in_hand >= person.capacity
    return not full and not person.is_away(today)


def _share(team: Team, name: str, loads: Mapping[str, Load], got: float) -> float:
    """What somebody would have had with half of this lead, in proportion to the weight; the half is Webster's."""
    load = loads.get(name, Load())
    weight = team.people.get(name, Person(name)).weight * (load.accepted + 2) / (load.answered + 4)
    return (got + 0.5) / weight
