"""What practices are judged by: the config, the campaigns as they are on disk, and figures of the last ninety days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from engine.authoring.home import read_home
from engine.config.model import Config
from engine.domain.campaign import Campaign
from engine.domain.journey.route import step_now
from engine.domain.steps import EmailStep
from engine.service.census import answering, census_of
from engine.service.home import Home
from engine.service.reports.sales import DAY, is_ignored, quantile
from engine.store.database import reading
from engine.store.practice_figures import agreed_since, newest_consents, newest_leads, oldest_leads, there_is
from engine.store.report_figures import handoffs_between
from engine.store.revenue_figures import Days, cohort_totals
from engine.store.variant_counts import SENT, counts_by_day
from engine.store.winners import winners_ever

DAYS = 90


@dataclass(frozen=True)
class Evidence:
    """What is known of the home; `kinds` are the tables in which there is anything.

    `lacking` are the leads without an owner and those without anything to come, as the report `unowned` has them;
    `held_out` the leads that entered a campaign's holdout; `tried` the mails (campaign, step) of which variants went
    out; `winners` those in the notebook.
    """

    config: Config
    campaigns: Sequence[Campaign]
    kinds: frozenset[str]
    agreed: datetime | None
    leads: Sequence[Any]
    old: Sequence[datetime]
    consents: tuple[int, int]
    handoffs: Sequence[Any]
    now: datetime
    lacking: tuple[int, int] = (0, 0)
    held_out: int = 0
    tried: frozenset[tuple[str, str]] = frozenset()
    winners: int = 0

    @property
    def live(self) -> list[Campaign]:
        """Campaigns that run."""
        return [one for one in self.campaigns if one.state.runs]

    @property
    def themes(self) -> set[str]:
        return {one.theme for one in self.live if one.theme}

    @property
    def mails(self) -> list[EmailStep]:
        """The mails of campaigns that run."""
        return [step for one in self.live for _, step in one.steps() if isinstance(step, EmailStep)]

    @property
    def trials(self) -> list[tuple[Campaign, EmailStep]]:
        """The mails with variants of campaigns that run."""
        return [
            (one, step) for one in self.live for _, step in one.steps() if isinstance(step, EmailStep) and step.variants
        ]

    @property
    def running(self) -> int:
        """How many of those have gone out to leads."""
        return sum(
            any(name == one.id and step_now(one, mailed) == step.id for name, mailed in self.tried)
            for one, step in self.trials
        )

    @property
    def minutes_to_alert(self) -> float | None:
        """The median time from the event that ripened a lead to the alert; None where none was told."""
        pairs = [(row.alerted_at, row.ripened_at) for row in self.handoffs if row.alerted_at is not None]
        days = quantile(sorted((end - start).total_seconds() / DAY for end, start in pairs), 0.5)
        return days * 1_440 if days is not None else None

    @property
    def ignored(self) -> int:
        """Hand-offs that ended without an answer."""
        return sum(map(is_ignored, self.handoffs))

    @property
    def stale(self) -> float:
        """The share of the oldest leads of whom nothing was renewed for a year."""
        year = self.now - timedelta(days=365)
        return sum(at < year for at in self.old) / len(self.old) if self.old else 0.0


def evidence_of(home: Home) -> Evidence:
    """Look at the home; nothing is changed."""
    now = home.clock.now()
    found = read_home(home.path)
    with reading(home.store) as connection:
        return Evidence(
            config=home.config,
            campaigns=tuple(found.campaigns.values()),
            kinds=there_is(connection),
            agreed=agreed_since(connection, "sales_ready"),
            leads=newest_leads(connection),
            old=[row.updated_at for row in oldest_leads(connection)],
            consents=newest_consents(connection),
            handoffs=handoffs_between(connection, now - timedelta(days=DAYS), now),
            now=now,
            lacking=census_of(home, connection).lacking(*answering(home)),
            held_out=_held_out(connection),
            tried=frozenset((row.campaign, row.step) for row in counts_by_day(connection) if row.what == SENT),
            winners=len(winners_ever(connection)),
        )


def _held_out(connection: Any) -> int:
    totals = cohort_totals(connection, Days(None, None))
    return sum(found.get("entered", 0) for (_, holdout), found in totals.items() if holdout)
