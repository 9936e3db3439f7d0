"""Where an enrollment stands in its campaign's file, also after the file has changed: renamed, removed, added steps."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from engine.domain.campaign import Campaign, Stage
from engine.domain.steps import Step


def renamed(moved: Mapping[str, str], name: str) -> str:
    """What a stage or step is called now, over any number of renames (`old = "new"` or `"stage/old" = "stage/new"`)."""
    seen: set[str] = set()
    while name in moved and name not in seen:
        seen.add(name)
        name = moved[name]
    return name


def stage_now(campaign: Campaign, name: str) -> Stage | None:
    """The stage of that name, or the one that it was renamed to; None if it was taken away."""
    return campaign.stage(name) or campaign.stage(renamed(campaign.moved, name))


def step_now(campaign: Campaign, name: str) -> str:
    """The present id of a step that may have been renamed since it was noted down; what still exists keeps its id."""
    return renamed(_step_names(campaign), name) if campaign.moved else name


def names_of(campaign: Campaign, step: str) -> tuple[str, ...]:
    """The step's id, and those that it had before: what it did under them it has done."""
    if not campaign.moved:
        return (step,)
    names = _step_names(campaign)
    return (step, *(old for old in names if old != step and renamed(names, old) == step))


def _step_names(campaign: Campaign) -> dict[str, str]:
    """Renames by bare step ids, which are unique in a campaign; those of steps that are still there mean nothing."""
    present = {step.id for _, step in campaign.steps()}
    names = {old.rpartition("/")[2]: new.rpartition("/")[2] for old, new in campaign.moved.items()}
    return {old: new for old, new in names.items() if old not in present}


def step_after(stage: Stage, passed: Collection[str], had: Callable[[Step], bool]) -> Step | None:
    """The next step of a lead that has `passed` these (in this order) during this visit of the stage.

    In a stream it is the first that the lead never `had`, wherever it was added. Elsewhere it is the first behind the
    last one passed: a step that is added before that point is not for this lead, unless it says `catch_up`.
    """
    if stage.cadence is not None:
        return next((step for step in stage.steps if step.id not in passed and not had(step)), None)
    ids = [step.id for step in stage.steps]
    place = max((ids.index(name) + 1 for name in passed if name in ids), default=0)
    missed = (step for step in stage.steps[:place] if step.catch_up and step.id not in passed and not had(step))
    return next(missed, None) or next((step for step in stage.steps[place:] if step.id not in passed), None)
