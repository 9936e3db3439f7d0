"""For whom mails are previewed: a lead of whom all is known, one of whom nothing is, and the leads of the scenarios."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from engine.config.model import Config
from engine.domain.journey.facts import Lead
from engine.domain.scenario import Scenario
from engine.rehearsal.casting import lead_of
from engine.service.check import CheckReport
from engine.service.preview import AnyTrigger, Reader
from engine.service.sample_lead import sample_lead
from engine.service.who import full_name

SAMPLE, BARE, OWN = "sample", "bare", "lead"
_LONGEST = 60


@dataclass(frozen=True)
class Persona:
    """Somebody to write to. `key` names it in addresses; `group` says where it is from, `about` what it stands for.

    `trigger` are the properties of the event that let it into `campaign`.
    """

    key: str
    name: str
    lead: Lead
    group: str = ""
    about: str = ""
    campaign: str = ""
    trigger: Mapping[str, object] = field(default_factory=dict)

    def reader(self, campaign: str) -> Reader:
        """As the reader of this campaign's mails; of an event that it knows nothing of, any property is filled in."""
        known = self.trigger if self.campaign == campaign else {}
        return Reader(self.lead, known or AnyTrigger())


def personas(report: CheckReport, own: Lead | None = None) -> tuple[Persona, ...]:
    """Everybody to choose from; a real lead (`own`) comes first."""
    return (*_real(own), *_made_up(report.config), *_of_scenarios(report))


def _real(own: Lead | None) -> Iterator[Persona]:
    if own is not None:
        name = full_name(own.fields)
        yield Persona(OWN, f"{name} <{own.email}>" if name else own.email, own, "A lead of this home")


def _made_up(config: Config) -> Iterator[Persona]:
    sample = sample_lead(config)
    yield Persona(SAMPLE, f"{full_name(sample.fields)}: every field is filled in", sample, "Made up")
    bare = Lead(id=0, email=sample.email, created_at=sample.created_at, lifecycle=config.lifecycle.start)
    yield Persona(BARE, "Only the address is known", bare, "Made up")


def _of_scenarios(report: CheckReport) -> Iterator[Persona]:
    """The leads of the scenarios, each once for a campaign, under what is special about them."""
    for campaign, scenarios in sorted(report.scenarios.items()):
        found: dict[str, list[Scenario]] = {}
        for scenario in scenarios:
            found.setdefault(_name(scenario), []).append(scenario)
        for number, (name, alike) in enumerate(found.items(), 1):
            first = alike[0]
            trigger = first.trigger.properties if first.trigger is not None else {}
            about = "; ".join(scenario.name for scenario in alike)
            lead = lead_of(first, report.config)
            yield Persona(f"{campaign}-{number}", name, lead, f"Scenarios of {campaign}", about, campaign, trigger)


def _name(scenario: Scenario) -> str:
    properties = scenario.trigger.properties if scenario.trigger is not None else {}
    values = {**scenario.lead, **{f"trigger.{name}": value for name, value in properties.items()}}
    told = ", ".join(f"{name} {_told(value)}" for name, value in values.items()) or "nothing said of the lead"
    return told if len(told) <= _LONGEST else f"{told[: _LONGEST - 1]}…"


def _told(value: object) -> str:
    return ", ".join(sorted(map(str, value))) if isinstance(value, (list, tuple, frozenset)) else str(value)
