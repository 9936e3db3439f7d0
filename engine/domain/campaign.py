"""A campaign as its author means it: stages in order, each with ordered steps, and the rules around them.

Pure values, made by `engine.authoring` from a file and read by `engine.domain.journey`. Nothing here knows about files,
templates or the database. Names follow the vocabulary of the design.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from engine.domain.rules import Rule
from engine.domain.sender import Sender
from engine.domain.steps.base import Step
from engine.domain.timing import Cadence, Delay, Span, Window

EXIT = "exit"
HOLD = "hold"


class CampaignState(StrEnum):
    """What a campaign does with leads.

    draft: runs nobody · live: admits and runs · closing: admits nobody, runs who is in · paused: runs nobody, keeps all
    """

    DRAFT = "draft"
    LIVE = "live"
    CLOSING = "closing"
    PAUSED = "paused"

    @property
    def admits(self) -> bool:
        return self is CampaignState.LIVE

    @property
    def runs(self) -> bool:
        return self in (CampaignState.LIVE, CampaignState.CLOSING)


@dataclass(frozen=True, slots=True)
class Trigger:
    """An event that lets a lead in: its name, a further condition, and the path of the key within its properties."""

    event: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Reentry:
    """A lead may enter again so long after its last run ended."""

    after: Span


@dataclass(frozen=True, slots=True)
class Exhausted:
    """What happens when a stage runs out of steps: after a while `hold`, `exit`, or go to a stage."""

    go: str
    after: Delay | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage: its steps in order, the rule that advances the lead, and what follows when the steps run out.

    With a `cadence` the stage is a stream: the next mail that the lead has never had goes at each slot.
    """

    id: str
    steps: tuple[Step, ...] = ()
    advance: Rule | None = None
    exhausted: Exhausted | None = None
    cadence: Cadence | None = None

    def step(self, step_id: str) -> Step | None:
        return next((step for step in self.steps if step.id == step_id), None)

    def after(self, step_id: str) -> Step | None:
        """The step that follows `step_id` in this stage."""
        found = False
        for step in self.steps:
            if found:
                return step
            found = step.id == step_id
        return None


@dataclass(frozen=True)
class Campaign:
    """One campaign file."""

    id: str
    title: str
    stages: tuple[Stage, ...]
    state: CampaignState = CampaignState.DRAFT
    theme: str = ""
    sender: Sender | None = None
    reply_to: str = ""
    lane: str = ""
    priority: int = 50
    enter: Rule | None = None
    on: Trigger | None = None
    backfill: bool = False
    reenter: Reentry | None = None
    exit: Rule | None = None
    goal: Rule | None = None
    window: Window | None = None
    holdout: float = 0.0
    vars: Mapping[str, object] = field(default_factory=dict)
    moved: Mapping[str, str] = field(default_factory=dict)

    def stage(self, stage_id: str) -> Stage | None:
        return next((stage for stage in self.stages if stage.id == stage_id), None)

    def next_stage(self, stage_id: str) -> Stage | None:
        """The stage that `advance` leads to: the next one in the file."""
        ids = [stage.id for stage in self.stages]
        place = ids.index(stage_id) + 1 if stage_id in ids else len(ids)
        return self.stages[place] if place < len(ids) else None

    @property
    def first_stage(self) -> Stage:
        return self.stages[0]

    def steps(self) -> Iterator[tuple[Stage, Step]]:
        """Every step with its stage, in the order of the file."""
        for stage in self.stages:
            for step in stage.steps:
                yield stage, step
