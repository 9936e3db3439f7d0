"""What a simulation is made of, as plain values that travel to other processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from engine.authoring.policy import policy_from
from engine.config.model import Config
from engine.domain.campaign import Campaign
from engine.domain.journey.programme import Programme, Standing, Winner
from engine.domain.steps import HandoffStep
from engine.rehearsal.simulation.deeds import Links
from engine.rehearsal.simulation.learning import Origin
from engine.rehearsal.simulation.persona import Manners
from engine.rehearsal.simulation.sales import Sales


@dataclass(frozen=True, slots=True)
class Chance:
    """An event that happens once, at any time of the span, to this share of the leads."""

    event: str
    share: float


@dataclass(frozen=True, slots=True)
class Arrivals:
    """How many made-up leads come in how often, beside those who are there."""

    count: int
    every: timedelta

    def within(self, span: timedelta) -> int:
        return int(span / self.every * self.count)


@dataclass(frozen=True)
class Setup:
    """One simulation: the campaigns and how they stand, its span of time, its people and its seed.

    `opening` are the campaigns that go live at the start, and so pass over who meets their condition already, unless
    they backfill. `bundle` is the number of the bundle that `campaigns` are, 0 where they were never applied.
    """

    config: Config
    campaigns: Mapping[str, Campaign]
    start: datetime
    days: int
    seed: int
    manners: Manners = field(default_factory=Manners)
    origin: Origin = field(default_factory=Origin)
    given: tuple[str, ...] = ()
    sales: Sales = field(default_factory=Sales)
    links: Links = field(default_factory=dict)
    chances: tuple[Chance, ...] = ()
    arrivals: Arrivals | None = None
    standings: Mapping[str, Standing] = field(default_factory=dict)
    winners: Mapping[tuple[str, str, str], Winner] = field(default_factory=dict)
    opening: frozenset[str] = frozenset()
    bundle: int = 0
    digest: str = ""

    @property
    def hands_over(self) -> bool:
        """Whether any lead can come to sales here."""
        steps = (step for one in self.campaigns.values() for _, step in one.steps())
        config = self.config
        return bool(config.sales_ready or config.sales.hand_raises) or any(isinstance(s, HandoffStep) for s in steps)

    @property
    def until(self) -> datetime:
        return self.start + timedelta(days=self.days)

    def programme(self) -> Programme:
        """What decides, with the campaigns that open at the start standing as live since then."""
        opened = {
            name: replace(self.standings.get(name, Standing()), live_since=self.start)
            for name in self.opening
            if not self.campaigns[name].backfill
        }
        standings = {**self.standings, **opened}
        return Programme(self.bundle, self.campaigns, policy_from(self.config), standings, self.winners)
