"""The difference of two versions of the campaigns: what appears, vanishes, moves or changes, in the author's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from engine.domain.campaign import Campaign, Stage
from engine.domain.journey.route import stage_now, step_now
from engine.domain.steps import Step, UntilEvent
from engine.domain.timing import tell
from engine.domain.timing.at import tell_at


class ChangeKind(StrEnum):
    """What happened to a campaign, stage or step between two versions."""

    ADDED = "+"
    REMOVED = "-"
    CHANGED = "~"
    MOVED = "→"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `stage` and `step` are empty where the whole campaign (or stage) is meant.

    `heir` is where the leads of something removed or moved go on: a step, a stage, or empty for nowhere. `before` is
    the old name of something moved, `stage_before` that of its stage. `waits`: a wait changed. `reaches`: leads who are
    on their way follow it, as the file says (`wait_applies`, `catch_up`).
    """

    kind: ChangeKind
    campaign: str
    stage: str = ""
    step: str = ""
    told: str = ""
    heir: str = ""
    before: str = ""
    stage_before: str = ""
    waits: bool = False
    reaches: bool = False

    @property
    def where(self) -> str:
        return "/".join(part for part in (self.stage, self.step) if part) or self.campaign


@dataclass(frozen=True, slots=True)
class Difference:
    """All changes from `old` to `new`, and the campaigns that begin to admit leads."""

    changes: tuple[Change, ...]
    opening: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        return not self.changes and not self.opening


def difference(old: Mapping[str, Campaign], new: Mapping[str, Campaign]) -> Difference:
    """What applying `new` over `old` changes."""
    changes: list[Change] = []
    for name in sorted(old.keys() | new.keys()):
        changes.extend(_campaign(old.get(name), new.get(name)))
    opening = [name for name, campaign in sorted(new.items()) if _opens(old.get(name), campaign)]
    return Difference(tuple(changes), tuple(opening))


def _opens(old: Campaign | None, new: Campaign) -> bool:
    """Whether the campaign begins to admit leads, or admits others than before."""
    if not new.state.admits:
        return False
    return old is None or not old.state.admits or (old.enter, old.on, old.backfill) != (new.enter, new.on, new.backfill)


def _campaign(old: Campaign | None, new: Campaign | None) -> Iterator[Change]:
    if old is None and new is not None:
        yield Change(ChangeKind.ADDED, new.id, told=f"new, {new.state}")
    elif new is None and old is not None:
        yield Change(ChangeKind.REMOVED, old.id, told="removed: its leads leave it")
    elif old is not None and new is not None and old != new:
        yield from _settings(old, new)
        yield from _stages(old, new)


def _settings(old: Campaign, new: Campaign) -> Iterator[Change]:
    if old.state is not new.state:
        yield Change(ChangeKind.CHANGED, new.id, told=f"state {old.state} → {new.state}")
    for name in ("title", "theme", "lane", "priority", "holdout", "reply_to"):
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield Change(ChangeKind.CHANGED, new.id, told=f"{name} {before or 'none'} → {after or 'none'}")
    for name in ("enter", "exit", "goal", "on", "window", "sender", "vars", "reenter"):
        if getattr(old, name) != getattr(new, name):
            yield Change(ChangeKind.CHANGED, new.id, told=f"{name} changed")


def _stages(old: Campaign, new: Campaign) -> Iterator[Change]:
    for stage in old.stages:
        heir = stage_now(new, stage.id)
        if heir is None:
            yield Change(ChangeKind.REMOVED, new.id, stage.id, told="stage removed: its leads leave the campaign")
        else:
            if heir.id != stage.id:
                yield Change(
                    ChangeKind.MOVED, new.id, heir.id, told=f"renamed from {stage.id}", heir=heir.id, before=stage.id
                )
            yield from _steps(new, stage, heir)
    known = [stage_now(new, stage.id) for stage in old.stages]
    for stage in new.stages:
        if stage not in known:
            yield Change(ChangeKind.ADDED, new.id, stage.id, told="new stage")


def _steps(campaign: Campaign, old: Stage, new: Stage) -> Iterator[Change]:
    if (old.advance, old.exhausted, old.cadence) != (new.advance, new.exhausted, new.cadence):
        yield Change(ChangeKind.CHANGED, campaign.id, new.id, told="how leads leave this stage changed")
    names = {step_now(campaign, step.id) for step in old.steps}
    for step in old.steps:
        for change in _step(campaign, old, new, step):
            yield replace(change, stage_before=old.id)
    for before, step in zip((None, *new.steps), new.steps, strict=False):
        if step.id not in names:
            behind = f"new, after {before.id}" if before else "new, first of its stage"
            yield Change(
                ChangeKind.ADDED, campaign.id, new.id, step.id, behind, stage_before=old.id, reaches=step.catch_up
            )


def _step(campaign: Campaign, old: Stage, new: Stage, step: Step) -> Iterator[Change]:
    name = step_now(campaign, step.id)
    found = new.step(name)
    if found is None:
        heir = _heir(campaign, old, new, step)
        told = f"removed; who waits here goes on to {heir}" if heir else "removed; it was the last of its stage"
        yield Change(ChangeKind.REMOVED, campaign.id, new.id, step.id, told, heir)
    elif name != step.id:
        yield Change(ChangeKind.MOVED, campaign.id, new.id, name, f"renamed from {step.id}", name, step.id)
    elif found != step:
        waits = (step.wait, step.at) != (found.wait, found.at)
        reaches = waits and (found.at is not None or found.wait_applies == "all")
        told = f"waits {_wait(step)} → {_wait(found)}" if waits else "changed"
        yield Change(ChangeKind.CHANGED, campaign.id, new.id, name, told, waits=waits, reaches=reaches)


def _heir(campaign: Campaign, old: Stage, new: Stage, step: Step) -> str:
    """The step that now stands behind the last one before it that is still there: where its leads go on."""
    names = [step_now(campaign, known.id) for known in old.steps]
    place = [known.id for known in old.steps].index(step.id)
    ids = [known.id for known in new.steps]
    behind = next((ids.index(name) + 1 for name in reversed(names[:place]) if name in ids), 0)
    return next(iter(ids[behind:]), "")


def _wait(step: Step) -> str:
    """How the step waits, as the file says it."""
    if step.at is not None:
        return tell_at(step.at)
    if isinstance(step.wait, UntilEvent):
        return f"until {step.wait.until.source}, at most {tell(step.wait.max)}"
    return tell(step.wait) if step.wait is not None else "nothing"
