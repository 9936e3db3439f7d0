"""The funnel of each campaign: who entered, who came how far, who is where now."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from engine.domain.campaign import Campaign
from engine.domain.journey.programme import Programme
from engine.service.home import Home
from engine.store.database import reading
from engine.store.funnel import StageFigures, entered, goals, stage_figures
from engine.store.journey import stage_counts


@dataclass(frozen=True, slots=True)
class StageRow:
    """A stage: leads that came to it, mails, leads that opened and clicked, leads that are in it now."""

    stage: str
    came: int
    mails: int
    opened: int
    clicked: int
    here: int


@dataclass(frozen=True, slots=True)
class CampaignFunnel:
    """A campaign's stages in order."""

    campaign: str
    title: str
    entered: int
    goal: int
    stages: tuple[StageRow, ...]


def funnels(home: Home, programme: Programme) -> list[CampaignFunnel]:
    """The funnels of all campaigns that run, in the order of their names."""
    with reading(home.store) as connection:
        figures, inside = stage_figures(connection), entered(connection)
        reached = goals(connection)
        here: Counter[tuple[str, str]] = Counter()
        for campaign, stage, status, _, count in stage_counts(connection):
            here[campaign, stage] += count if status != "ended" else 0
    return [
        CampaignFunnel(
            campaign.id,
            campaign.title,
            inside.get(campaign.id, 0),
            reached.get(campaign.id, 0),
            tuple(_rows(campaign, inside.get(campaign.id, 0), figures, here)),
        )
        for _, campaign in sorted(programme.campaigns.items())
    ]


def _rows(
    campaign: Campaign, inside: int, figures: dict[tuple[str, str], StageFigures], here: Counter[tuple[str, str]]
) -> list[StageRow]:
    rows = []
    for stage in campaign.stages:
        place = (campaign.id, stage.id)
        found = figures.get(place, StageFigures(*place))
        came = inside if stage is campaign.first_stage else found.came
        rows.append(StageRow(stage.id, came, found.mails, found.opened, found.clicked, here[place]))
    return rows
