"""Winners that were chosen and that the files do not have any more: told by `check` and by `apply`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.domain.campaign import Campaign
from engine.domain.experiments.lost import LostWinner
from engine.domain.journey.route import names_of
from engine.domain.steps import EmailStep
from engine.store.database import Store, reading
from engine.store.winners import winners_now


def lost_winners(store: Store, campaigns: Mapping[str, Campaign]) -> list[LostWinner]:
    """Winners that these campaigns no longer know: their text was changed."""
    with reading(store) as connection:
        rows = winners_now(connection)
    lost = [row for row in rows if not _known(row, campaigns.get(row.campaign))]
    return [LostWinner(row.campaign, row.step, row.part, row.text) for row in lost]


def _known(row: Any, campaign: Campaign | None) -> bool:
    steps = [step for stage in campaign.stages for step in stage.steps] if campaign is not None else []
    return campaign is not None and any(
        isinstance(step, EmailStep)
        and row.step in names_of(campaign, step.id)
        and row.text in step.variants.get(row.part, ())
        for step in steps
    )
