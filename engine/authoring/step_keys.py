"""The keys of each kind of step in a campaign file, and how they become a step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TypedDict

from engine.authoring.reader import Converter, Notes, Table, choice, each, flag, line, text
from engine.authoring.toml_source import Item
from engine.authoring.values import UNREADABLE, at, delay, limit, mailbox, name, rule, share, span
from engine.domain.delivery import MailKind
from engine.domain.rules import Rule, Scope, canonical
from engine.domain.sender import Sender
from engine.domain.steps import (
    Arm,
    BranchStep,
    EmailStep,
    HandoffStep,
    NotifyStep,
    SetStep,
    Step,
    TaskStep,
    UntilEvent,
    WebhookStep,
)
from engine.domain.timing import At, BusinessDays, Delay, Span

OWNER = "owner"
SALES = "sales"
MEASURES = ("clicked", "opened", "replied", "goal")
"""What variants are compared by; the first unless a step says otherwise."""
OF_VARIANTS = ("measure", "smallest")
SOMEBODY = 'who = "owner"'


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading one campaign's steps needs to know: the scope of its rules, and the sender of config."""

    scope: Scope
    default_sender: str = ""


class Common(TypedDict):
    """What every step may say."""

    id: str
    wait: Delay | UntilEvent | None
    at: At | None
    when: Rule | None
    wait_applies: str
    catch_up: bool


@dataclass(frozen=True, slots=True)
class StepKeys:
    """One kind of step: its further keys, what its own key holds, and its reader (None: a mistake was noted)."""

    example: str
    keys: tuple[str, ...]
    read: Callable[[Table, Common, Reading], Step | None]


def _email(step: Table, common: Common, reading: Reading) -> Step | None:
    mail = step.need("email", name("the name of a mail"), '"welcome"')
    kind = step.get("kind", choice(*MailKind), MailKind.MARKETING.value)
    thread = step.get("thread", text, "")
    sent_by = step.get("from", sender(reading.default_sender))
    variants: Mapping[str, tuple[str, ...]] = step.get("variants", _variants) or {}
    measure = step.get("measure", choice(*MEASURES), MEASURES[0])
    smallest = step.get("smallest", share)
    repeat = step.get("repeat", flag, False)
    late = step.get("late", choice("skip", "send"), "skip")
    expires = step.get("expires", span)
    if mail is None:
        return None
    return EmailStep(
        **common,
        mail=mail,
        mail_kind=MailKind(kind),
        thread=thread,
        sender=sent_by,
        variants=variants,
        measure=measure or MEASURES[0],
        smallest=smallest,
        repeat=repeat,
        late=late,
        expires=expires,
    )


def _branch(step: Table, common: Common, reading: Reading) -> Step | None:
    arms = step.need("branch", each(_arm(reading.scope), STEP_KEYS["branch"].example), STEP_KEYS["branch"].example)
    if arms is None:
        return None
    if not arms and not step.item.find("branch").items:
        place = step.item.find("branch").place
        step.notes.error("E014", place, "a branch needs at least one way", 'write [{ when = "…", go = "…" }]')
    return BranchStep(**common, arms=arms)


def _arm(scope: Scope) -> Converter[Arm]:
    def convert(item: Item, notes: Notes) -> Arm | None:
        if not item.is_table:
            notes.wrong_type(item, "a table", 'write { when = "clicked(\'cost\')", go = "compare" }')
            return None
        arm = Table(item, notes, "a branch's way")
        when = arm.get("when", rule(scope))
        go = arm.need("go", text, '"a stage", or "exit"')
        if when is None and ("when" in arm or any(arm.unknown())):
            when = Rule("", UNREADABLE)  # meant to have a condition, though a mistaken one
        arm.finish()
        return Arm(go, when) if go is not None else None

    return convert


def _set(step: Table, common: Common, reading: Reading) -> Step | None:  # noqa: ARG001
    values = step.need("set", _fields, '{ lifecycle = "mql" }')
    return None if values is None else SetStep(**common, values=values)


def _fields(item: Item, notes: Notes) -> Mapping[str, object] | None:
    if not item.is_table or not item.items:
        notes.wrong_type(item, "a table of fields and their values", 'write { lifecycle = "mql" }')
        return None
    return {key: stored(inside.value) for key, inside in item.entries()}


def stored(value: object) -> object:
    """A value as leads keep it: dates as texts."""
    match value:
        case datetime():
            return canonical(value if value.tzinfo else value.replace(tzinfo=UTC))
        case date():
            return value.isoformat()
        case _:
            return value


def _notify(step: Table, common: Common, reading: Reading) -> Step | None:  # noqa: ARG001
    message = step.need("notify", text, '"what to say"')
    who = step.get("who", text, OWNER)
    return None if message is None else NotifyStep(**common, text=message, who=who)


def _task(step: Table, common: Common, reading: Reading) -> Step | None:  # noqa: ARG001
    what = step.need("task", text, '"what to do"')
    who = step.get("who", text, OWNER)
    longest: Span | BusinessDays | None = step.need("max", limit, '"2 business days"')
    return TaskStep(**common, text=what or "", who=who, max=longest or Span(days=1))


def _webhook(step: Table, common: Common, reading: Reading) -> Step | None:  # noqa: ARG001
    to = step.need("webhook", text, '"a name from [webhooks] in config.toml"')
    return None if to is None else WebhookStep(**common, to=to)


def _handoff(step: Table, common: Common, reading: Reading) -> Step | None:  # noqa: ARG001
    to = step.get("handoff", _recipient, SALES)
    return HandoffStep(**common, to=step.get("to", text, to), note=step.get("note", text, ""))


def _recipient(item: Item, notes: Notes) -> str | None:
    """`handoff = "sales"`, or `handoff = true` for the same."""
    return SALES if item.value is True else text(item, notes)


STEP_KEYS: Mapping[str, StepKeys] = {
    "email": StepKeys(
        '"welcome"', ("kind", "thread", "from", "variants", *OF_VARIANTS, "repeat", "late", "expires"), _email
    ),
    "branch": StepKeys('[{ when = "…", go = "…" }]', (), _branch),
    "set": StepKeys('{ lifecycle = "mql" }', (), _set),
    "notify": StepKeys('"what to say"', ("who",), _notify),
    "task": StepKeys('"what to do"', ("who", "max"), _task),
    "webhook": StepKeys('"crm"', (), _webhook),
    "handoff": StepKeys('"sales"', ("to", "note"), _handoff),
}

COMMON_KEYS = ("id", "wait", "at", "when", "wait_applies", "catch_up")


def keys_of_steps() -> frozenset[str]:
    """Every key that some step has."""
    return frozenset((*COMMON_KEYS, *STEP_KEYS, *(key for kind in STEP_KEYS.values() for key in kind.keys)))


def read_step(item: Item, step_id: str, reading: Reading, notes: Notes, elsewhere: Mapping[str, str]) -> Step | None:
    """The step of one `[[stage.x.step]]` table; None where it cannot be made out, which is noted."""
    kinds = [kind for kind in STEP_KEYS if kind in item.items]
    step = Table(item, notes, f"step '{step_id}'" if kinds else "a step")
    common = _common(step, step_id, reading)
    if len(kinds) > 1:
        listed = " and ".join(f"'{kind}'" for kind in kinds)
        place = item.find(kinds[1]).key
        notes.error("E018", place, f"a step does one thing, and this one has {listed}", "make two steps of it")
        return None
    if not kinds:
        _report_no_kind(step, elsewhere)
        return None
    keys = STEP_KEYS[kinds[0]]
    found = keys.read(step, common, reading)
    step.finish({**elsewhere, **_of_other_kinds(kinds[0])})
    return found


def _common(step: Table, step_id: str, reading: Reading) -> Common:
    step.get("id", name("a step's id"))
    when = step.get("when", rule(reading.scope))
    wait: Delay | UntilEvent | None = step.get("wait", _wait(reading.scope))
    applies = step.get("wait_applies", choice("new", "all"), "new")
    catch_up = step.get("catch_up", flag, False)
    return Common(
        id=step_id, wait=wait, at=step.get("at", at), when=when, wait_applies=applies or "new", catch_up=bool(catch_up)
    )


def _report_no_kind(step: Table, elsewhere: Mapping[str, str]) -> None:
    kinds = list(STEP_KEYS)
    asked = [*step.asked, *kinds, *(key for keys in STEP_KEYS.values() for key in keys.keys)]
    step.asked = asked
    before = len(step.notes.problems)
    step.finish(elsewhere)
    if len(step.notes.problems) == before:
        message = "this step does nothing"
        step.notes.error("E018", step.item.place, message, f"give it one of: {', '.join(kinds)}")


def _of_other_kinds(kind: str) -> Mapping[str, str]:
    """For keys of other kinds, the words that say whose they are."""
    owners: dict[str, list[str]] = {}
    for other, keys in STEP_KEYS.items():
        for key in keys.keys:
            owners.setdefault(key, []).append(other)
    return {key: f"only a step with {' or '.join(kinds)} has it" for key, kinds in owners.items() if kind not in kinds}


def _wait(scope: Scope) -> Converter[Delay | UntilEvent]:
    def convert(item: Item, notes: Notes) -> Delay | UntilEvent | None:
        if not item.is_table:
            return delay(item, notes)
        wait = Table(item, notes, "this wait")
        until = wait.need("until", rule(scope), "\"event('first_login')\"")
        longest: Span | BusinessDays | None = wait.need("max", limit, '"2d"')
        wait.finish()
        return UntilEvent(until or Rule("", UNREADABLE), longest or Span(days=1))

    return convert


def sender(default: str) -> Converter[Sender]:
    """`"Ann Lee <ann@acme.example>"`, or `{ owner = true, else = "…" }`; `default` is the sender of config."""

    def convert(item: Item, notes: Notes) -> Sender | None:
        if isinstance(item.value, str):
            found = mailbox(item, notes)
            return None if found is None else Sender(found)
        if not item.is_table:
            hint = 'write "Ann Lee <ann@acme.example>", or { owner = true, else = "…" }'
            notes.wrong_type(item, "a sender", hint)
            return None
        table = Table(item, notes, "a sender")
        owner = table.get("owner", flag, False)
        other = table.get("else", mailbox, default)
        table.finish()
        return Sender(other, owner)

    return convert


def _variants(item: Item, notes: Notes) -> Mapping[str, tuple[str, ...]] | None:
    if not item.is_table:
        notes.wrong_type(item, "a table", 'write { subject = ["one", "another"] }')
        return None
    table = Table(item, notes, "variants")
    subjects = table.get("subject", each(line))
    mails = table.get("email", each(name("the name of a mail")))
    table.finish()
    return {part: choices for part, choices in (("subject", subjects), ("email", mails)) if choices}
