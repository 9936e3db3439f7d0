"""What is known of the real leads, for `check`: how many of those who can get a campaign's mail lack a field."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from engine.authoring.policy import scope_for
from engine.config.model import Config
from engine.domain.campaign import Campaign
from engine.domain.experiments.lost import LostWinner
from engine.domain.rules import Rule, parse_rule
from engine.errors import Place
from engine.service.lost_winners import lost_winners
from engine.store.database import Store, reading
from engine.store.leads import count_leads
from engine.store.rules_sql import where

_ALWAYS_THERE = frozenset({"email", "score", "subscribed", "created"})


class StoredLeads:
    """Counts leads by rules; implements `engine.service.check.LeadStatistics`."""

    def __init__(self, store: Store, campaigns: Mapping[str, Campaign], config: Config, now: datetime) -> None:
        self._store = store
        self._campaigns = campaigns
        self._scope = scope_for(config)
        self._now = now
        self._totals: dict[str, int] = {}

    def missing(self, name: str, campaign: str) -> tuple[int, int]:
        """How many of the leads who can get this campaign's mail have no value in a field, and how many there are."""
        if campaign not in self._totals:
            self._totals[campaign] = self._count(self._audience(campaign))
        total = self._totals[campaign]
        if not total or name in _ALWAYS_THERE:
            return 0, total
        return self._count(f"({self._audience(campaign)}) and not known({name})"), total

    def lost_winners(self) -> list[LostWinner]:
        """Variants that were chosen for every lead to come, and that the campaigns do not have."""
        return lost_winners(self._store, self._campaigns)

    def _audience(self, name: str) -> str:
        """The rule that means everybody who is in the campaign or may come into it, and can be mailed."""
        ways = [f"ever.entered('{name}')"]
        campaign = self._campaigns.get(name)
        if campaign is not None and campaign.on is not None:
            ways.append(f"event('{campaign.on.event}')")
        elif campaign is not None and campaign.enter is not None:
            ways.append(f"({campaign.enter.source})")
        return f"subscribed and known(email_domain) and ({' or '.join(ways)})"

    def _count(self, source: str) -> int:
        """How many leads meet a rule; none where it asks for something that is not there (which `check` tells)."""
        rule = parse_rule(source, self._scope, Place("audience"))
        if not isinstance(rule, Rule):
            return 0
        with reading(self._store) as connection:
            return count_leads(connection, where(rule, self._now))
