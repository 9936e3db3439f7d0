"""`set = { field = value }`: write fields of the lead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from engine.domain.steps.base import Done, Outcome, Run, Step


@dataclass(frozen=True, kw_only=True)
class SetStep(Step):
    """Set fields (typed in config) or the lifecycle stage of the lead."""

    kind: ClassVar[str] = "set"

    values: Mapping[str, object]

    def perform(self, run: Run) -> Outcome:
        run.set_fields(self.values)
        run.tell("set", step=self.id, values=dict(self.values))
        return Done(run.now)
