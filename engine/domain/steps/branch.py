"""`branch = [{ when = "…", go = "…" }, …]`: the first arm that holds is taken; otherwise the next step follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.domain.rules import Rule
from engine.domain.steps.base import Done, Goto, Outcome, Run, Step


@dataclass(frozen=True, slots=True)
class Arm:
    """One way: if `when` holds (always, without a rule), the lead goes to the stage `go` (or `exit`)."""

    go: str
    when: Rule | None = None


@dataclass(frozen=True, kw_only=True)
class BranchStep(Step):
    """Ask each arm in order."""

    kind: ClassVar[str] = "branch"

    arms: tuple[Arm, ...]

    def perform(self, run: Run) -> Outcome:
        for arm in self.arms:
            if arm.when is None or run.holds(arm.when):
                return Goto(arm.go, run.explain(arm.when) if arm.when else "no other way")
        return Done(run.now)

    def targets(self) -> tuple[str, ...]:
        return tuple(arm.go for arm in self.arms)

    def rules(self) -> tuple[Rule, ...]:
        return tuple(arm.when for arm in self.arms if arm.when is not None)
