"""Steps in the words of a board: what a step is called, what it waits for, and what else its author said of it."""

from __future__ import annotations

from collections.abc import Iterator

from engine.domain.delivery import MailKind
from engine.domain.steps import (
    EmailStep,
    HandoffStep,
    NotifyStep,
    SetStep,
    Step,
    TaskStep,
    UntilEvent,
    WebhookStep,
)
from engine.domain.timing import tell, tell_at


def title_of(step: Step) -> str:
    """What the step does: the mail's name, the task, what is set."""
    match step:
        case EmailStep():
            return " or ".join(step.variants.get("email", (step.mail,)))
        case SetStep():
            return ", ".join(f"{name} = {_value(value)}" for name, value in step.values.items())
        case TaskStep() | NotifyStep():
            return step.text
        case WebhookStep() | HandoffStep():
            return f"to {step.to}"
        case _:
            return step.id


def timing_of(step: Step, *, in_stream: bool = False) -> tuple[str, str]:
    """When the step is due, in words, and the rule that it waits for, if any; a stream's mails go at its slots."""
    if step.at is not None:
        return tell_at(step.at), ""
    match step.wait:
        case None:
            return ("at the next slot", "") if in_stream else ("at once", "")
        case UntilEvent():
            return f"at most {tell(step.wait.max)}", step.wait.until.source
        case _:
            words = tell(step.wait)
            return (words, "") if words.startswith("until ") else (f"after {words}", "")


def notes_of(step: Step) -> Iterator[str]:
    """What else there is to know, each in a few words."""
    match step:
        case EmailStep():
            yield from _mail_notes(step)
        case TaskStep():
            yield f"for {step.who}, at most {tell(step.max)}"
        case NotifyStep():
            yield f"to {step.who}"
        case HandoffStep() if step.note:
            yield f"note: {step.note}"
    if step.at is not None and step.late == "send":
        yield "goes also if that is past"
    if step.expires is not None:
        yield f"dropped if not out after {tell(step.expires)}"
    if step.wait_applies == "all":
        yield "a changed wait moves those who wait already"
    if step.catch_up:
        yield "also for leads who are past this place"


def _mail_notes(step: EmailStep) -> Iterator[str]:
    if step.mail_kind is MailKind.OPERATIONAL:
        yield "operational: at any hour, outside the caps"
    subjects = step.variants.get("subject", ())
    if subjects:
        yield f"{len(subjects)} subjects: {', '.join(f'“{subject}”' for subject in subjects)}"
    if step.thread:
        yield f"answers “{step.thread}”, in its thread"
    if step.sender is not None:
        yield f"from {'the owner, else ' if step.sender.owner else ''}{step.sender.address}"
    if step.repeat:
        yield "again at each visit"


def _value(value: object) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
