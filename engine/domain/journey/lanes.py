"""Who waits: in a lane the highest priority runs and the others pause in place; a hand-off pauses what nurtures.

Campaigns that send operational mail only go on while sales has the lead: a receipt, or the answer to a raised hand, is
owed to the person whoever else talks to them.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.domain.journey.draft import Draft
from engine.domain.journey.run import Run

HANDED_OFF = "handed_off"
CAMPAIGN_PAUSED = "campaign_paused"
CAMPAIGN_REMOVED = "campaign_removed"
LANE = "lane:"


def who_waits(draft: Draft, runs: Sequence[Run]) -> dict[int, str]:
    """For each open run (by `id`) that must wait, why: a code, or `lane:<campaign that goes first>`."""
    waits = {id(run): why for run in runs if (why := _stands_still(draft, run))}
    for lane in {run.campaign.lane for run in runs if run.campaign.lane}:
        waits |= _in_lane([run for run in runs if run.campaign.lane == lane and id(run) not in waits])
    return waits


def _stands_still(draft: Draft, run: Run) -> str:
    if run.campaign.id not in draft.programme.campaigns:
        return CAMPAIGN_REMOVED
    if run.left_to_sales:
        return HANDED_OFF
    return "" if draft.programme.runs(run.campaign.id) else CAMPAIGN_PAUSED


def _in_lane(runs: Sequence[Run]) -> dict[int, str]:
    if len(runs) < 2:
        return {}
    first = min(runs, key=rank)
    return {id(run): f"{LANE}{first.campaign.id}" for run in runs if run is not first}


def rank(run: Run) -> tuple[int, object, str, int]:
    """High priority first; among equals, who entered first."""
    return (-run.campaign.priority, run.now_is.entered_at, run.campaign.id, run.now_is.run)
