"""The stages of a lead's life as configured: their order, how a lead reaches them, where it may go from there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from engine.domain.rules import Rule

RECYCLED, DISQUALIFIED = "recycled", "disqualified"


@dataclass(frozen=True)
class Lifecycle:
    """`stages` in order; `when` are the rules by which a lead reaches one by itself; `transitions` where it may go;
    `owners` who answers for the leads in a stage who have no owner of their own."""

    stages: tuple[str, ...] = ()
    when: Mapping[str, Rule] = field(default_factory=dict)
    transitions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)

    @property
    def last(self) -> str:
        """The stage in which a lead has bought."""
        return self.stages[-1] if self.stages else ""

    def rules(self) -> Iterator[Rule]:
        yield from self.when.values()

    def allows(self, before: str, after: str) -> bool:
        """Whether a lead may go from one stage to another: by what is configured, otherwise onward, and aside."""
        if before == after or not before or not self.stages:
            return True
        if before in self.transitions:
            return after in self.transitions[before]
        if after in (RECYCLED, DISQUALIFIED) or before not in self.stages:
            return True
        return after in self.stages and self.stages.index(after) > self.stages.index(before)
