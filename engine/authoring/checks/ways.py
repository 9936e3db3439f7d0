"""The ways through a campaign's stages: where they lead, what no way leads to, and where leads would run in circles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.authoring.campaign_file import CampaignDraft, PlacedStep
from engine.authoring.toml_source import Item
from engine.domain.campaign import EXIT, HOLD, Stage
from engine.domain.steps import BranchStep, Step, TaskStep
from engine.domain.timing import Span
from engine.errors import did_you_mean

_EXHAUSTED = 'add  exhausted = { after = "14d", go = "…" }   (or "hold", or "exit")'


@dataclass(frozen=True, slots=True)
class Way:
    """A way that a file writes from a stage to another: `item` is the target's name, `at_once` says without a wait."""

    origin: str
    target: str
    item: Item
    at_once: bool
    may_hold: bool = False


def check_ways(draft: CampaignDraft) -> None:
    """Note wrong targets, stages that run out, what is never reached, and circles without a wait."""
    ways = list(_ways(draft))
    _check_targets(draft, ways)
    for stage in draft.campaign.stages:
        _check_end(draft, stage)
        _check_behind_branch(draft, stage)
    _check_last_advance(draft)
    if not draft.unread and all(way.target for way in ways):
        _check_reached(draft, ways)
    _check_circles(draft, ways)


def _ways(draft: CampaignDraft) -> Iterator[Way]:
    for stage in draft.campaign.stages:
        waited = False
        for placed in _steps_of(draft, stage):
            waited = waited or _waits(placed.step, stage)
            if isinstance(placed.step, BranchStep):
                for number, arm in enumerate(placed.step.arms):
                    yield Way(stage.id, arm.go, placed.item.find("branch", number, "go"), not waited)
        if stage.exhausted is not None:
            item = draft.stage_item(stage.id).find("exhausted")
            after = stage.exhausted.after
            at_once = not waited and (after is None or (isinstance(after, Span) and after.is_zero))
            yield Way(stage.id, stage.exhausted.go, item.find("go"), at_once, may_hold=True)


def _steps_of(draft: CampaignDraft, stage: Stage) -> list[PlacedStep]:
    return [placed for placed in draft.steps if placed.stage == stage.id]


def _waits(step: Step, stage: Stage) -> bool:
    """Whether the step takes time on every round; a mail does not, because it is sent once only."""
    if stage.cadence is not None or step.at is not None or isinstance(step, TaskStep):
        return True
    return step.wait is not None and not (isinstance(step.wait, Span) and step.wait.is_zero)


def _check_targets(draft: CampaignDraft, ways: list[Way]) -> None:
    for way in ways:
        known = [*draft.outline.stages, EXIT, *([HOLD] if way.may_hold else [])]
        if way.target in known or not way.target:
            continue
        message = f"there is no stage '{way.target}' to go to"
        hint = did_you_mean(way.target, known) or f"there are: {', '.join(known)}"
        if way.target == HOLD:
            message, hint = (
                "a branch cannot hold: it leads to a stage or to exit",
                'exhausted = "hold" holds at the end',
            )
        elif any(placed.step.id == way.target for placed in draft.steps):
            message = f"'{way.target}' is a step, and ways lead to stages"
            hint = f"make a stage of it: [stage.{way.target}]"
        draft.notes.error("E202", way.item.place, message, hint)


def _check_end(draft: CampaignDraft, stage: Stage) -> None:
    item = draft.stage_item(stage.id)
    if "exhausted" in item.items or stage.id in draft.unread or any(_always_leaves(step) for step in stage.steps):
        return
    message = f"stage '{stage.id}' can run out of steps, and nothing says what then"
    if not stage.steps:
        message = f"stage '{stage.id}' has no steps, and nothing says what happens then"
    draft.notes.error("E201", item.place, message, _EXHAUSTED)


def _always_leaves(step: Step) -> bool:
    return isinstance(step, BranchStep) and step.when is None and any(arm.when is None for arm in step.arms)


def _check_behind_branch(draft: CampaignDraft, stage: Stage) -> None:
    left_at = None
    for placed in _steps_of(draft, stage):
        if left_at is not None:
            message = f"step '{placed.step.id}' is never reached: the branch before it always leads away"
            draft.notes.error(
                "E204", placed.item.place, message, f"give the last way of '{left_at}' a when, or move it"
            )
            return
        if isinstance(placed.step, BranchStep):
            _check_arms(draft, placed, placed.step)
        if _always_leaves(placed.step):
            left_at = placed.step.id


def _check_arms(draft: CampaignDraft, placed: PlacedStep, step: BranchStep) -> None:
    """Ways behind one without a condition are never taken."""
    always = next((number for number, arm in enumerate(step.arms) if arm.when is None), None)
    if always is not None and always < len(step.arms) - 1:
        place = placed.item.find("branch", always + 1).place
        message = "this way is never taken: the one before it has no when, and so is always taken"
        draft.notes.error("E204", place, message, "put the way without a when last")


def _check_last_advance(draft: CampaignDraft) -> None:
    if not draft.campaign.stages:
        return
    last = draft.outline.stages[-1]
    found = draft.stage_item(last).get("advance")
    if found is not None:
        message = f"advance leads to the next stage, and '{last}' is the last one"
        draft.notes.error("E205", found.key, message, "write exit to end the campaign, or goal to measure it")


def _check_reached(draft: CampaignDraft, ways: list[Way]) -> None:
    stages = draft.campaign.stages
    reached = {stages[0].id} if stages else set()
    for _ in stages:
        for number, stage in enumerate(stages[:-1]):
            if stage.id in reached and "advance" in draft.stage_item(stage.id).items:
                reached.add(stages[number + 1].id)
        reached |= {_meant(way.target, draft) for way in ways if way.origin in reached}
    for stage in stages:
        if stage.id not in reached:
            message = f"no way leads to stage '{stage.id}'"
            hint = f'let an advance, a branch or exhausted lead there: go = "{stage.id}"'
            draft.notes.error("E203", draft.stage_item(stage.id).place, message, hint)


def _meant(target: str, draft: CampaignDraft) -> str:
    """The stage that a target names, or would if it were spelled well: one mistake is told once."""
    hint = "" if target in (*draft.outline.stages, EXIT) else did_you_mean(target, draft.outline.stages)
    return hint.split("'")[1] if hint else target


def _check_circles(draft: CampaignDraft, ways: list[Way]) -> None:
    """Leads that come round to a stage without having waited would go on for ever."""
    next_ways = {stage: [way for way in ways if way.at_once and way.origin == stage] for stage in draft.outline.stages}
    told: set[frozenset[str]] = set()
    for stage in draft.outline.stages:
        circle = _circle(stage, next_ways)
        stations = frozenset(way.origin for way in circle)
        if circle and stations not in told:
            told.add(stations)
            names = " → ".join([*(way.origin for way in circle), stage])
            message = f"leads can go round in circles without ever waiting: {names}"
            hint = 'give a step a wait, or write exhausted = { after = "…", go = "…" }'
            draft.notes.error("E206", circle[-1].item.place, message, hint)


def _circle(start: str, next_ways: dict[str, list[Way]]) -> list[Way]:
    """A way from a stage back to itself, or nothing."""
    paths = [[way] for way in next_ways[start]]
    seen: set[str] = set()
    while paths:
        path = paths.pop(0)
        target = path[-1].target
        if target == start and target != EXIT:
            return path
        if target not in seen and target in next_ways:
            seen.add(target)
            paths += [[*path, way] for way in next_ways[target]]
    return []
