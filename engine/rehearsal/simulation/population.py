"""Made-up leads: such that the campaigns let them in, each one dealt to one of them in turn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from msgspec.structs import replace

from engine.config.model import Config
from engine.domain.campaign import Campaign
from engine.domain.journey.facts import Lead, LeadFacts
from engine.domain.journey.programme import Programme
from engine.domain.journey.view import LeadView
from engine.domain.leadfields import BUILTINS
from engine.domain.own_events import RECYCLED
from engine.domain.rules import holds
from engine.domain.rules.nodes import (
    All,
    AnyOf,
    Compare,
    HasPart,
    HasTag,
    InList,
    IsTrue,
    Known,
    LeadName,
    Literal,
    Node,
    OneOf,
    Order,
)
from engine.domain.rules.values import Kind
from engine.service.sample_lead import sample_lead

KNOWN = 0.7
"""The chance that a made-up lead has a value in a field which nothing asks for."""
TRIES = 30
ADDRESS = "lead-{}@recipient.example"


@dataclass(frozen=True, slots=True)
class MadeUp:
    """A made-up lead, and the event that happens to it when it comes, if that is what lets it in."""

    facts: LeadFacts
    first: str = ""


class Population:
    """Makes leads for the campaigns of a programme; number n is always the same lead."""

    def __init__(self, config: Config, programme: Programme, seed: int) -> None:
        self._sample = sample_lead(config)
        self._config, self._programme, self._seed = config, programme, seed
        admitting = [one for one in programme.campaigns.values() if programme.admits(one.id) and one.stages]
        self._doors = [one for one in admitting if _is_door(one)]
        self._country = config.holidays.fallback or (
            "" if config.holidays.country == "lead" else config.holidays.country
        )

    def lead(self, number: int, arrives: datetime) -> MadeUp:
        """The lead of that number, who comes at that instant."""
        dice = Random(f"{self._seed}:lead:{number}")  # noqa: S311
        if not self._doors:
            return MadeUp(LeadFacts(self._anybody(number, arrives, dice)))
        door = self._doors[number % len(self._doors)]
        lead = self._fitting(door, number, arrives, dice)
        return MadeUp(LeadFacts(lead), door.on.event if door.on is not None else "")

    def closed(self) -> list[str]:
        """The campaigns whose condition no made-up lead meets, such as one that asks for what happened before."""
        start = self._sample.created_at
        found = []
        for place, door in enumerate(self._doors):
            few = range(place, place + 5 * len(self._doors), len(self._doors))
            if door.enter is not None and not any(self._meets(door, self.lead(n, start).facts.lead) for n in few):
                found.append(door.id)
        return found

    def _fitting(self, door: Campaign, number: int, arrives: datetime, dice: Random) -> Lead:
        lead = self._anybody(number, arrives, dice)
        if door.enter is None:
            return lead
        for _ in range(TRIES):
            values = dict(wishes(door.enter.node, dice))
            fitting = _with(lead, values)
            if self._meets(door, fitting):
                return fitting
        return lead

    def _meets(self, door: Campaign, lead: Lead) -> bool:
        return door.enter is not None and holds(door.enter, LeadView(LeadFacts(lead), None, door, {}), lead.created_at)

    def _anybody(self, number: int, arrives: datetime, dice: Random) -> Lead:
        """A lead as anybody may be: the sample's values in most fields, choices by chance."""
        fields: dict[str, Any] = {}
        for name, declared in self._config.lead_fields.items():
            value = dice.choice(declared.choices) if declared.choices else self._sample.fields[name]
            if dice.random() < KNOWN and declared.type != "tags":
                fields[name] = value
        return replace(
            self._sample,
            id=number,
            created_at=arrives,
            email=ADDRESS.format(number),
            fields={**fields, "first_name": "Lead", "last_name": f"{number}"},
            source="",
            country=self._country,
            owner="",
            score=0.0,
            fit="",
        )


def _is_door(campaign: Campaign) -> bool:
    """Whether new leads come in by it; those whom sales gave back have been here before."""
    if campaign.on is not None:
        return campaign.on.event.casefold() != RECYCLED
    return campaign.enter is not None


def arrival(number: int, start: datetime, every: timedelta, seed: int) -> datetime:
    """When the lead of that number among those who arrive comes: one in each stretch, at any time of it."""
    return start + every * (number + Random(f"{seed}:arrival:{number}").random())  # noqa: S311


def wishes(node: Node, dice: Random) -> Iterator[tuple[str, object]]:
    """Values by field (and `list:` names) with which a condition may hold; what cannot be wished for is left out."""
    match node:
        case All():
            for item in node.items:
                yield from wishes(item, dice)
        case AnyOf():
            yield from wishes(dice.choice(node.items), dice)
        case OneOf(term=LeadName() as term) if not node.negated:
            yield term.name, dice.choice(node.values)
        case Compare(left=LeadName() as term, right=Literal() as constant):
            yield from _compared(node.order, term, constant.value)
        case Compare(left=Literal() as constant, right=LeadName() as term):
            yield from _compared(node.order.swapped, term, constant.value)
        case HasTag(tag=Literal() as constant, tags=LeadName() as term) if not node.negated:
            yield term.name, (str(constant.value),)
        case IsTrue(term=LeadName() as term):
            yield term.name, True
        case Known(term=LeadName() as term):
            yield term.name, _any_value(term)
        case HasPart(term=LeadName() as term):
            yield term.name, node.part
        case InList():
            yield f"list:{node.name}", True
        case _:
            return


def _compared(order: Order, term: LeadName, value: object) -> Iterator[tuple[str, object]]:
    if order is Order.NE:
        return
    if isinstance(value, float):
        yield term.name, value + {Order.LT: -1, Order.GT: 1}.get(order, 0)
    elif isinstance(value, datetime):
        day = timedelta(days={Order.LT: -1, Order.GT: 1}.get(order, 0))
        yield term.name, (value + day).isoformat() if term.kind is Kind.DATETIME else (value + day).date().isoformat()
    elif order in (Order.EQ, Order.LE, Order.GE):
        yield term.name, value


def _any_value(term: LeadName) -> object:
    if term.choices:
        return term.choices[0]
    return {Kind.NUMBER: 7.0, Kind.BOOLEAN: True, Kind.DATE: "2026-01-15", Kind.TAGS: ("one",)}.get(term.kind, "some")


def _with(lead: Lead, values: Mapping[str, object]) -> Lead:
    """The lead with wished values; those that only the engine gives are left as they are."""
    lists = frozenset(name.removeprefix("list:") for name in values if name.startswith("list:"))
    own: dict[str, Any] = {name: value for name, value in values.items() if name in (*BUILTINS, "score", "fit")}
    beside = (*own, "created", "email_domain", "subscribed")
    declared = {name: value for name, value in values.items() if name not in beside and not name.startswith("list:")}
    if "email_domain" in values:
        own["email"] = f"lead-{lead.id}@{values['email_domain']}"
    return replace(lead, fields={**lead.fields, **declared}, lists=lists, **own)
