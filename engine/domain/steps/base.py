"""What every step has, and what carrying one out can lead to.

A step kind is one file beside this one: its fields with their documentation, and `perform`, which decides – without
doing anything – what happens when the step is due. `engine.domain.steps.KINDS` lists the kinds.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from engine.domain.rules import Rule
from engine.domain.timing import At, BusinessDays, Delay, Span

if TYPE_CHECKING:
    from engine.domain.journey.run import Run


@dataclass(frozen=True, slots=True)
class UntilEvent:
    """Wait until a rule holds, at most so long."""

    until: Rule
    max: Span | BusinessDays


@dataclass(frozen=True, slots=True)
class Done:
    """The step is over; the next step's wait counts from `since`."""

    since: datetime


@dataclass(frozen=True, slots=True)
class Goto:
    """The lead leaves this stage for another one, or the campaign (`exit`)."""

    go: str
    because: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """The step is not over: ask again at `until`, or when something happens (None)."""

    until: datetime | None


Outcome = Done | Goto | Waiting


@dataclass(frozen=True, kw_only=True)
class Step(ABC):
    """One step of a stage.

    `id` is unique in its campaign. A step is due `wait` after the end of the previous one, or `at` a date; `when` is
    asked once it is due, and a step whose answer is no is skipped.
    """

    kind: ClassVar[str]
    skipped_late: ClassVar[bool] = False
    """Whether a date that has passed makes the step pointless: it speaks to people."""

    id: str
    wait: Delay | UntilEvent | None = None
    at: At | None = None
    when: Rule | None = None
    late: str = "skip"
    expires: Span | None = None

    @abstractmethod
    def perform(self, run: Run) -> Outcome:
        """Decide what happens now that the step is due."""

    def targets(self) -> tuple[str, ...]:
        """The stages (or `exit`) that this step can lead to."""
        return ()

    def rules(self) -> tuple[Rule, ...]:
        """The step's own rules, apart from `when` and `wait`."""
        return ()
