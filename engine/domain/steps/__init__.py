"""The kinds of steps. A new kind is a file here, its line in `KINDS`, and its test."""

from __future__ import annotations

from engine.domain.steps.base import Done, Goto, Outcome, Run, Step, UntilEvent, Waiting
from engine.domain.steps.branch import Arm, BranchStep
from engine.domain.steps.email import EmailStep
from engine.domain.steps.outside import HandoffStep, NotifyStep, TaskStep, WebhookStep
from engine.domain.steps.set_fields import SetStep

KINDS: dict[str, type[Step]] = {
    kind.kind: kind for kind in (EmailStep, BranchStep, SetStep, NotifyStep, TaskStep, WebhookStep, HandoffStep)
}
"""Every step kind by the key that announces it in a campaign file."""

__all__ = [
    "KINDS",
    "Arm",
    "BranchStep",
    "Done",
    "EmailStep",
    "Goto",
    "HandoffStep",
    "NotifyStep",
    "Outcome",
    "Run",
    "SetStep",
    "Step",
    "TaskStep",
    "UntilEvent",
    "Waiting",
    "WebhookStep",
]
