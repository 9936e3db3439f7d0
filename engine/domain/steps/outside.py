"""Steps that reach outside: `notify`, `task`, `webhook` and `handoff` become due actions that others carry out.

The journey only records them. A task is a person's call: the journey waits for its outcome, at most `max`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.domain.steps.base import Done, Outcome, Run, Step, Waiting
from engine.domain.timing import BusinessDays, Span


@dataclass(frozen=True, kw_only=True)
class NotifyStep(Step):
    """Write a short mail to a colleague: the lead's owner, or an address."""

    kind: ClassVar[str] = "notify"
    skipped_late: ClassVar[bool] = True

    text: str
    who: str = "owner"

    def perform(self, run: Run) -> Outcome:
        run.act(self, {"text": self.text, "who": self.who})
        return Done(run.now)


@dataclass(frozen=True, kw_only=True)
class TaskStep(Step):
    """Ask a colleague to do something, and wait for the outcome or until `max` has passed."""

    kind: ClassVar[str] = "task"
    skipped_late: ClassVar[bool] = True

    text: str
    who: str = "owner"
    max: Span | BusinessDays

    def perform(self, run: Run) -> Outcome:
        action = run.action(self)
        if action is None:
            deadline = run.after(run.now, self.max)
            run.act(self, {"text": self.text, "who": self.who}, deadline=deadline)
            return Waiting(deadline)
        if action.done_at is not None:
            return Done(action.done_at)
        if action.deadline is None or run.now >= action.deadline:
            run.tell("task_overdue", step=self.id, text=self.text)
            return Done(run.now)
        return Waiting(action.deadline)


@dataclass(frozen=True, kw_only=True)
class WebhookStep(Step):
    """Post the lead's story to an address named in config's `webhooks`."""

    kind: ClassVar[str] = "webhook"

    to: str

    def perform(self, run: Run) -> Outcome:
        run.act(self, {"to": self.to})
        return Done(run.now)


@dataclass(frozen=True, kw_only=True)
class HandoffStep(Step):
    """Give the lead to sales; every campaign pauses for it until sales gives it back."""

    kind: ClassVar[str] = "handoff"

    to: str = "sales"
    note: str = ""

    def perform(self, run: Run) -> Outcome:
        run.act(self, {"to": self.to, "note": self.note})
        run.hand_off(self.to, self.note)
        return Done(run.now)
