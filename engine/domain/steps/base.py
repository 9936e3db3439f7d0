"""What every step has, and what carrying one out can lead to.

A step kind is one file beside this one: its fields with their documentation, and `perform`, which decides – without
doing anything – what happens when the step is due. `engine.domain.steps.KINDS` lists the kinds.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol

from engine.domain.held import Held
from engine.domain.rules import Rule
from engine.domain.timing import At, BusinessDays, Delay, Span


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


class Mail(Protocol):
    """What a mail step asks of its mail: since when it is decided, whether it is on its way, and when it was over."""

    @property
    def created_at(self) -> datetime: ...

    @property
    def in_flight(self) -> bool: ...

    @property
    def finished_at(self) -> datetime | None: ...


class Errand(Protocol):
    """What a task asks of its action: until when it may take, and when it was done."""

    @property
    def deadline(self) -> datetime | None: ...

    @property
    def done_at(self) -> datetime | None: ...


class Run(Protocol):
    """The enrollment that is being decided, as steps see it: they ask it, and say what should happen.

    `engine.domain.journey.run.Run` is the real one. Steps that send mail hand themselves over where `Any` stands.
    """

    @property
    def now(self) -> datetime: ...

    def holds(self, rule: Rule) -> bool: ...

    def explain(self, rule: Rule) -> str: ...

    def after(self, start: datetime, delay: Delay) -> datetime: ...

    def expires_at(self, step: Step) -> datetime | None: ...

    def delivery(self, step: Any) -> Mail | None: ...

    def action(self, step: Step) -> Errand | None: ...

    def is_of_earlier_visit(self, instant: datetime) -> bool: ...

    def had_elsewhere(self, step: Any) -> bool: ...

    def may_mail(self, step: Any) -> Held | None: ...

    def send(self, step: Any) -> None: ...

    def hold(self, step: Any, held: Held) -> None: ...

    def act(self, step: Step, payload: Mapping[str, object], deadline: datetime | None = None) -> None: ...

    def hand_off(self, to: str, note: str) -> None: ...

    def set_fields(self, values: Mapping[str, object]) -> None: ...

    def tell(self, code: str, **data: object) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Step(ABC):
    """One step of a stage.

    `id` is unique in its campaign. A step is due `wait` after the end of the previous one, or `at` a date; `when` is
    asked once it is due, and a step whose answer is no is skipped.

    Two keys speak to leads who were on their way when the file changed: `wait_applies` says whether those who wait here
    already keep the wait that they began with (`new`) or follow the one written now (`all`); `catch_up` whether those
    who are past the place of this step still get it.
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
    wait_applies: str = "new"
    catch_up: bool = False

    @abstractmethod
    def perform(self, run: Run) -> Outcome:
        """Decide what happens now that the step is due."""

    def targets(self) -> tuple[str, ...]:
        """The stages (or `exit`) that this step can lead to."""
        return ()

    def rules(self) -> tuple[Rule, ...]:
        """The step's own rules, apart from `when` and `wait`."""
        return ()
