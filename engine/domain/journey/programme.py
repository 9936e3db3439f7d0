"""What runs: the campaigns of the applied bundle, their standing in this home, and the policy that spans them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from engine.domain.campaign import Campaign
from engine.domain.delivery import MailKind
from engine.domain.journey.asked import placed_rules
from engine.domain.journey.policy import Policy
from engine.domain.journey.route import names_of
from engine.domain.rules import Borders, Rule, borders_of, names_used
from engine.domain.steps import EmailStep

__all__ = ["Policy", "Programme", "Standing", "Winner"]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a campaign stands in this home: since when it is live, and whether an operator paused it."""

    live_since: datetime | None = None
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Winner:
    """The variant that was chosen for a step's part, by its own words, and since when."""

    text: str
    since: datetime


Place = tuple[str, str, str]
"""Campaign, step, part of the mail."""
Winners = Mapping[Place, Winner]

_PLAIN = Standing()


@dataclass(frozen=True)
class Programme:
    """Everything that decides, apart from the lead and the time."""

    bundle: int
    campaigns: Mapping[str, Campaign]
    policy: Policy = field(default_factory=Policy)
    standings: Mapping[str, Standing] = field(default_factory=dict)
    winners: Winners = field(default_factory=dict)

    def standing(self, campaign: str) -> Standing:
        return self.standings.get(campaign, _PLAIN)

    def runs(self, campaign: str) -> bool:
        """Whether leads of this campaign move at present."""
        found = self.campaigns.get(campaign)
        return found is not None and found.state.runs and not self.standing(campaign).paused

    def rules(self) -> Iterator[Rule]:
        """Every rule that may be asked."""
        yield from self.policy.rules()
        for campaign in self.campaigns.values():
            yield from (rule for _, _, rule in placed_rules(campaign))

    def winner(self, campaign: Campaign, step: EmailStep, part: str) -> tuple[int, Winner] | None:
        """The number of the variant that won, while its words are still among those of the step."""
        return winner_among(self.winners, campaign, step, part)

    @cached_property
    def answering(self) -> frozenset[str]:
        """The campaigns all of whose mail is operational: they answer what a lead did, also while sales has it."""
        return frozenset(name for name, campaign in self.campaigns.items() if _only_answers(campaign))

    @cached_property
    def asks_for_runs(self) -> bool:
        """Whether any rule asks in which campaigns the lead is or was."""
        return any(name.startswith("campaign:") for rule in self.rules() for name in names_used(rule))

    @cached_property
    def score_borders(self) -> Borders:
        """Where rules draw lines on a lead's score: only where it crosses one is it worth a look, or a word."""
        return borders_of(self.rules(), "score")

    @cached_property
    def account_borders(self) -> Borders:
        """The same for the score of the lead's account."""
        return borders_of(self.rules(), "account_score")

    @cached_property
    def asks_for_fit(self) -> bool:
        """Whether any rule asks for a lead's grade."""
        return any("fit" in names_used(rule) for rule in self.rules())

    def admits(self, campaign: str) -> bool:
        """Whether this campaign lets leads in at present."""
        found = self.campaigns.get(campaign)
        return found is not None and found.state.admits and not self.standing(campaign).paused


def _only_answers(campaign: Campaign) -> bool:
    mails = [step for _, step in campaign.steps() if isinstance(step, EmailStep)]
    return bool(mails) and all(step.mail_kind is MailKind.OPERATIONAL for step in mails)


def winner_among(winners: Winners, campaign: Campaign, step: EmailStep, part: str) -> tuple[int, Winner] | None:
    """The number of the variant that won, while its words are still among those of the step."""
    if not winners:
        return None
    choices = step.variants.get(part, ())
    found = (winners.get((campaign.id, name, part)) for name in names_of(campaign, step.id))
    won = next((one for one in found if one is not None), None)
    return (choices.index(won.text), won) if won is not None and won.text in choices else None
