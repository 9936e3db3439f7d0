"""From a scenario to the life that it is about: who the lead is, and under which programme it lives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count, islice
from typing import Any

from engine.authoring.policy import policy_from
from engine.config.model import Config
from engine.domain.campaign import Campaign, CampaignState
from engine.domain.journey.chance import held_out, variant
from engine.domain.journey.facts import EventKind, Lead, LeadFacts
from engine.domain.journey.programme import Policy, Programme, Winners
from engine.domain.journey.route import names_of
from engine.domain.scenario import Scenario
from engine.domain.steps import EmailStep
from engine.domain.timing import parse_span
from engine.rehearsal.desk import Desk
from engine.rehearsal.life import Fate, Life
from engine.rehearsal.watching import Watch

ADDRESS = "lead@recipient.example"
_MOST_NUMBERS = 20_000
_COLUMNS = frozenset({"email", "source", "lifecycle", "country", "language", "zone", "owner", "lists", "score", "fit"})


@dataclass
class Casting:
    """Makes lives of scenarios for one home. Campaigns that take part are live, whatever their file says.

    `winners` are the variants that were chosen for every lead to come; a scenario that names a variant gets its own.
    """

    config: Config
    campaigns: Mapping[str, Campaign]
    winners: Winners = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._policy: Policy = policy_from(self.config)
        found = parse_span(self.config.tracking.quarantine)
        self._quarantine = timedelta(seconds=60) if isinstance(found, str) else found.elapsed
        self._numbers: dict[tuple[object, ...], int] = {}

    def life(self, scenario: Scenario, watch: Watch) -> Life:
        """The lead at the start of the scenario; what lets it in has happened and is not decided on."""
        parts = [self.campaigns[name] for name in (scenario.campaign, *scenario.others)]
        playing = {one.id: replace(watch.over(one), state=CampaignState.LIVE) for one in parts}
        life = Life(
            Programme(1, playing, self._policy, winners=self._winners(scenario)),
            LeadFacts(lead_of(scenario, self.config, self._number(scenario))),
            scenario.start,
            self._quarantine,
            _fates(scenario),
            desk=Desk(self._policy),
        )
        if scenario.trigger is not None:
            life.happens(EventKind.CUSTOM, scenario.trigger.event, properties=scenario.trigger.properties)
        return life

    def _winners(self, scenario: Scenario) -> Winners:
        """Those of the steps for which the scenario names no variant."""
        if not scenario.variants:
            return self.winners
        tested = self.campaigns[scenario.campaign]
        named = {(tested.id, name) for step in scenario.variants for name in names_of(tested, step)}
        return {place: won for place, won in self.winners.items() if place[:2] not in named}

    def _number(self, scenario: Scenario) -> int:
        """The number from which holdout and variants follow as the scenario wants them."""
        wanted = (scenario.campaign, scenario.others, scenario.holdout, tuple(sorted(scenario.variants.items())))
        if wanted not in self._numbers:
            whole = islice(count(1), _MOST_NUMBERS)
            fitting = (number for number in whole if all(self._fits(scenario, number)))
            among = (number for number in count(1) if next(self._fits(scenario, number)))
            self._numbers[wanted] = next(fitting, 0) or next(among)
        return self._numbers[wanted]

    def _fits(self, scenario: Scenario, number: int) -> Iterator[bool]:
        """First whether the holdout is as wanted, then each variant."""
        tested = self.campaigns[scenario.campaign]
        others = [self.campaigns[name] for name in scenario.others]
        yield not tested.holdout or held_out(tested.id, number, tested.holdout) is scenario.holdout
        yield not any(held_out(one.id, number, one.holdout) for one in others)
        for _, step in tested.steps():
            if isinstance(step, EmailStep):
                for choices in step.variants.values():
                    chosen = min(scenario.variants.get(step.id, 1), len(choices)) - 1
                    yield variant(tested.id, step.id, number, len(choices)) == chosen


def lead_of(scenario: Scenario, config: Config, number: int = 0) -> Lead:
    """The lead of a scenario, as it is at the start."""
    values: dict[str, Any] = {"email": ADDRESS, "lifecycle": config.lifecycle.start, **scenario.lead}
    own = {name: value for name, value in values.items() if name in _COLUMNS}
    declared = {name: value for name, value in values.items() if name not in _COLUMNS}
    return Lead(id=number, created_at=scenario.start, fields=declared, **own)


def _fates(scenario: Scenario) -> Any:
    """What the relay makes of mails, as the scenario says where it expects them."""
    told = {(then.mail.campaign, then.mail.step): Fate(then.fate) for then in scenario.then if then.kind == "mail"}
    return lambda send: told.get((send.campaign, send.step), Fate.ACCEPTED)
