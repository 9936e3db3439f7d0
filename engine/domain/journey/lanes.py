"""Who waits: in a lane the highest priority runs and the others pause in place; a hand-off pauses all."""

from __future__ import annotations

from engine.domain.journey.run import Draft, Run

HANDED_OFF = "handed_off"
CAMPAIGN_PAUSED = "campaign_paused"


def who_waits(draft: Draft, runs: list[Run]) -> dict[int, str]:
    """For each run (by `id`) that must wait, why: a code, or `lane:<campaign that goes first>`."""
    waits: dict[int, str] = {}
    for run in runs:
        if draft.facts.lead.handed_off_at is not None:
            waits[id(run)] = HANDED_OFF
        elif not draft.programme.runs(run.campaign.id):
            waits[id(run)] = CAMPAIGN_PAUSED
    for lane in {run.campaign.lane for run in runs if run.campaign.lane}:
        waits |= _in_lane([run for run in runs if run.campaign.lane == lane and id(run) not in waits])
    return waits


def _in_lane(runs: list[Run]) -> dict[int, str]:
    open_runs = [run for run in runs if not run.ended]
    if not open_runs:
        return {}
    first = min(open_runs, key=_rank)
    return {id(run): f"lane:{first.campaign.id}" for run in open_runs if run is not first}


def _rank(run: Run) -> tuple[int, object, str, int]:
    return (-run.campaign.priority, run.now_is.entered_at, run.campaign.id, run.now_is.run)
