"""The ways through a campaign: its mails, the arms of its branches, its advances, its stages' ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from engine.domain.campaign import EXIT, Campaign, Stage
from engine.domain.journey.decision import Line
from engine.domain.journey.facts import Enrollment, EnrollmentStatus
from engine.domain.journey.view import FINISHED
from engine.domain.rules.nodes import All, Node, Not, Truth
from engine.domain.steps import BranchStep, EmailStep, Step
from engine.rehearsal.life import Mailed
from engine.rehearsal.watching import Asked


class WayKind(StrEnum):
    MAIL = "mail"
    ARM = "branch"
    ADVANCE = "advance"
    END = "exhausted"


@dataclass(frozen=True, slots=True)
class Way:
    """One way. `wish` is what has to hold for it, `rule` the same in its author's words (empty: nothing has to).

    `arm` is the number of a branch's arm; None for the one that is taken if none holds.
    """

    kind: WayKind
    stage: str
    step: str
    name: str
    wish: Node
    rule: str = ""
    arm: int | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """What happened in a stretch of a life."""

    lines: Sequence[Line]
    mails: Sequence[Mailed]
    asked: Sequence[Asked]
    run: Enrollment | None


def ways(campaign: Campaign) -> Iterator[Way]:
    """Every way, in the order of the file."""
    for stage in campaign.stages:
        if stage.advance is not None and campaign.next_stage(stage.id) is not None:
            yield _advance(campaign, stage)
        for step in stage.steps:
            if isinstance(step, EmailStep):
                yield _mail(stage, step)
            elif isinstance(step, BranchStep):
                yield from _arms(stage, step)
        yield _end(campaign, stage)


def stands_at(way: Way, run: Enrollment) -> bool:
    """Whether the way can be taken from where the run stands now."""
    if run.status is not EnrollmentStatus.ACTIVE or run.stage != way.stage:
        return False
    return way.step in ("", run.step)


def was_taken(way: Way, campaign: str, passage: Passage) -> bool:
    """Whether the way was taken in that stretch."""
    match way.kind:
        case WayKind.MAIL:
            return any((mail.send.campaign, mail.send.step) == (campaign, way.step) for mail in passage.mails)
        case WayKind.ARM:
            return any((one.campaign, one.step, one.arm) == (campaign, way.step, way.arm) for one in passage.asked)
        case WayKind.ADVANCE:
            return any(line.code == "advanced" and line.data.get("frm") == way.stage for line in passage.lines)
        case WayKind.END:
            return any(_ends(line, way, passage.run) for line in passage.lines if line.campaign == campaign)


def _ends(line: Line, way: Way, run: Enrollment | None) -> bool:
    match line.code:
        case "exhausted":
            return line.data.get("frm") == way.stage
        case "holding":
            return line.data.get("stage") == way.stage
        case "ended":
            return line.data.get("why") == FINISHED and run is not None and run.stage == way.stage
        case _:
            return False


def _mail(stage: Stage, step: EmailStep) -> Way:
    rule = f"when {step.when.source}" if step.when else ""
    return Way(WayKind.MAIL, stage.id, step.id, f"{stage.id}/{step.id}", _node(step), rule)


def _node(step: Step) -> Node:
    return step.when.node if step.when is not None else Truth(True)


def _arms(stage: Stage, step: BranchStep) -> Iterator[Way]:
    """Every arm, and that none holds, where that can be. An arm is asked only if those before it do not hold."""
    before: list[Node] = [_node(step)]
    place = f"{stage.id}/{step.id}"
    for number, arm in enumerate(step.arms):
        own = arm.when.node if arm.when is not None else Truth(True)
        rule = arm.when.source if arm.when is not None else ""
        yield Way(WayKind.ARM, stage.id, step.id, f"{place} → {arm.go}", All((*before, own)), rule, number)
        before.append(Not(own))
    if step.arms and step.arms[-1].when is not None:
        yield Way(WayKind.ARM, stage.id, step.id, f"{place} 'else'", All(tuple(before)), "no other way holds")


def _advance(campaign: Campaign, stage: Stage) -> Way:
    following, rule = campaign.next_stage(stage.id), stage.advance
    assert following is not None
    assert rule is not None
    return Way(WayKind.ADVANCE, stage.id, "", f"{stage.id} → {following.id} by advance", rule.node, rule.source)


def _end(campaign: Campaign, stage: Stage) -> Way:
    """The stage runs out of steps, as nothing led out of it before."""
    go = stage.exhausted.go if stage.exhausted is not None else _by_itself(campaign, stage)
    wish: Node = Not(stage.advance.node) if stage.advance is not None else Truth(True)
    rule = f"not ({stage.advance.source})" if stage.advance is not None else ""
    return Way(WayKind.END, stage.id, "", f"{stage.id} runs out → {go}", wish, rule)


def _by_itself(campaign: Campaign, stage: Stage) -> str:
    return "hold" if stage.advance is not None or campaign.next_stage(stage.id) is not None else EXIT
