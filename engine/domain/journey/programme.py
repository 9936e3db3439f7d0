"""What runs: the campaigns of the applied bundle, their standing in this home, and the policy that spans them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from engine.domain.campaign import Campaign
from engine.domain.journey.asked import placed_rules
from engine.domain.rules import Rule, names_used
from engine.domain.timing import Calendar, Cap, PlainCalendar, Span


def _no_holidays(country: str) -> Calendar:  # noqa: ARG001
    return PlainCalendar()


@dataclass(frozen=True)
class Policy:
    """What config says for all campaigns. `calendar` gives the calendar of a country (ISO 3166 code, may be empty)."""

    zone: str = "UTC"
    caps: tuple[Cap, ...] = ()
    never_domains: frozenset[str] = frozenset()
    never_rule: Rule | None = None
    calendar: Callable[[str], Calendar] = _no_holidays
    unknown_after: Span = field(default_factory=lambda: Span(days=3))


@dataclass(frozen=True, slots=True)
class Standing:
    """How a campaign stands in this home: since when it is live, and whether an operator paused it."""

    live_since: datetime | None = None
    paused: bool = False


_PLAIN = Standing()


@dataclass(frozen=True)
class Programme:
    """Everything that decides, apart from the lead and the time."""

    bundle: int
    campaigns: Mapping[str, Campaign]
    policy: Policy = field(default_factory=Policy)
    standings: Mapping[str, Standing] = field(default_factory=dict)

    def standing(self, campaign: str) -> Standing:
        return self.standings.get(campaign, _PLAIN)

    def runs(self, campaign: str) -> bool:
        """Whether leads of this campaign move at present."""
        found = self.campaigns.get(campaign)
        return found is not None and found.state.runs and not self.standing(campaign).paused

    def rules(self) -> Iterator[Rule]:
        """Every rule that may be asked."""
        if self.policy.never_rule is not None:
            yield self.policy.never_rule
        for campaign in self.campaigns.values():
            yield from (rule for _, _, rule in placed_rules(campaign))

    @cached_property
    def asks_for_runs(self) -> bool:
        """Whether any rule asks in which campaigns the lead is or was."""
        return any(name.startswith("campaign:") for rule in self.rules() for name in names_used(rule))

    def admits(self, campaign: str) -> bool:
        """Whether this campaign lets leads in at present."""
        found = self.campaigns.get(campaign)
        return found is not None and found.state.admits and not self.standing(campaign).paused
