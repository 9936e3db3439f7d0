"""Watching which ways of a campaign are taken, without changing what is decided.

A story tells which way a branch took, and not that it was asked and no way held. So a scenario is played with branches
that say so; they decide as they always do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from datetime import datetime

from engine.domain.campaign import Campaign
from engine.domain.steps import BranchStep, Goto, Outcome, Run, Step


@dataclass(frozen=True, slots=True)
class Asked:
    """A branch was asked: when, and which of its ways it took (None: none of them)."""

    at: datetime
    campaign: str
    step: str
    arm: int | None


@dataclass
class Watch:
    """What was noted, in the order of time."""

    asked: list[Asked] = field(default_factory=list)

    def over(self, campaign: Campaign) -> Campaign:
        """The campaign with branches that are watched."""
        stages = tuple(
            replace(stage, steps=tuple(self._watched(campaign.id, step) for step in stage.steps))
            for stage in campaign.stages
        )
        return replace(campaign, stages=stages)

    def _watched(self, campaign: str, step: Step) -> Step:
        if not isinstance(step, BranchStep):
            return step
        values = {one.name: getattr(step, one.name) for one in fields(step)}
        return _WatchedBranch(**values, campaign=campaign, watch=self)


@dataclass(frozen=True, kw_only=True)
class _WatchedBranch(BranchStep):
    campaign: str
    watch: Watch = field(compare=False, repr=False)

    def perform(self, run: Run) -> Outcome:
        outcome = super().perform(run)
        self.watch.asked.append(Asked(run.now, self.campaign, self.id, self._taken(run, outcome)))
        return outcome

    def _taken(self, run: Run, outcome: Outcome) -> int | None:
        if not isinstance(outcome, Goto):
            return None
        return next(self._ways(run), None)

    def _ways(self, run: Run) -> Iterator[int]:
        return (number for number, arm in enumerate(self.arms) if arm.when is None or run.holds(arm.when))
