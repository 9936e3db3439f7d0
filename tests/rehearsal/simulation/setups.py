"""Small homes to simulate, from the text of their files."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from engine.authoring.home import read_bundle_texts
from engine.domain.campaign import Campaign
from engine.rehearsal.simulation.persona import Manners, Persona
from engine.rehearsal.simulation.setup import Setup
from engine.rehearsal.simulation.simulation import Crowd, Simulation, simulate

MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)

CONFIG = """\
[company]
name = "Acme"
postal_address = "1 Main St, Springfield"
[sender]
default = "Ann Lee <ann@acme.example>"
verified_domains = ["acme.example"]
[caps]
marketing = ["1 per week"]
[fields.seats]
type = "number"
[fields.plan]
type = "choice"
choices = ["small", "large"]
[fields.renews]
type = "date"
"""

DRIP = """\
title = "Drip"
theme = "data"
state = "live"
enter = "source == 'web'"
[stage.aware]
advance   = "clicked('first')"
exhausted = { after = "2d", go = "exit" }
[[stage.aware.step]]
email = "first"
[[stage.aware.step]]
email = "second"
wait  = "8d"
[stage.ripe]
exhausted = "hold"
[[stage.ripe.step]]
handoff = "sales"
"""

SILENT = Manners((Persona("silent", 1.0, opens=0.0, clicks=0.0),))
KEEN = Manners((Persona("keen", 1.0, opens=1.0, clicks=1.0),), more=0.0)


def campaigns_of(config: str = CONFIG, **texts: str) -> dict[str, Campaign]:
    _, campaigns, problems = read_bundle_texts(_texts(config, texts))
    assert not [problem for problem in problems if problem.is_error], problems
    return campaigns


def setup_of(config: str = CONFIG, days: int = 30, seed: int = 1, **texts: Any) -> Setup:
    """Campaigns by name, and further values of the setup."""
    campaigns = {name: text for name, text in texts.items() if isinstance(text, str)}
    more = {name: value for name, value in texts.items() if not isinstance(value, str)}
    found, _, _ = read_bundle_texts({"config.toml": config})
    links = {("drip", step): [("go", 1.0)] for step in ("first", "second")}
    return Setup(found, campaigns_of(config, **campaigns), MONDAY, days, seed, **{"links": links, **more})


def played(setup: Setup, leads: int = 40, processes: int = 1) -> Simulation:
    return simulate(setup, Crowd(made_up=leads), processes=processes)


def counts(simulation: Simulation) -> Counter[tuple[str, str, str]]:
    """What was counted over all days."""
    found: Counter[tuple[str, str, str]] = Counter()
    for fact, count in simulation.tally.total().items():
        found[fact.what, fact.campaign, fact.place] += count
    return found


def _texts(config: str, texts: dict[str, str]) -> dict[str, str]:
    return {"config.toml": config, **{f"campaigns/{name}.toml": text for name, text in texts.items()}}
