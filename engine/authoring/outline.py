"""What a campaign file names, found before its rules are read: stages, steps, mails, vars and the trigger.

Rules refer to all of these, also across files, so they must be known first. Nothing is reported here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from engine.authoring.toml_source import Item
from engine.domain.rules import FieldType, Kind
from engine.domain.steps import KINDS


@dataclass(frozen=True, slots=True)
class Outline:
    """The names in one campaign; `mails` are the ids of the steps that send one."""

    id: str
    stages: tuple[str, ...] = ()
    mails: tuple[str, ...] = ()
    vars: Mapping[str, FieldType] = field(default_factory=dict)
    has_trigger: bool = False


def outline(campaign: str, root: Item) -> Outline:
    """The names in a campaign file, as far as they can be made out."""
    stages = stage_items(root)
    return Outline(
        id=campaign,
        stages=tuple(name for name, _ in stages),
        mails=tuple(step for name, stage in stages for step in _mails(name, stage)),
        vars=_vars(root),
        has_trigger="on" in root.items,
    )


def stage_items(root: Item) -> list[tuple[str, Item]]:
    """The stages' tables in the order of the file."""
    found = root.get("stage")
    if found is None or not found.is_table:
        return []
    return [(name, item) for name, item in found.entries() if item.is_table]


def step_items(stage: Item) -> list[Item]:
    """The steps' tables in order; a lone `[stage.x.step]` counts as one."""
    found = stage.get("step")
    if found is None:
        return []
    if found.is_table:
        return [found]
    return [item for item in found.elements() if item.is_table] if isinstance(found.value, list) else []


def step_ids(stage: str, steps: Iterable[Item]) -> list[str]:
    """The id of each step: as given, or its mail's name, or made of the stage and what the step does."""
    made: Counter[str] = Counter()
    return [_step_id(stage, step, made) for step in steps]


def _step_id(stage: str, step: Item, made: Counter[str]) -> str:
    for key in ("id", "email"):
        if (given := step.get(key)) is not None and isinstance(given.value, str) and given.value.strip():
            return _without_ending(given.value)
    kind = next((kind for kind in KINDS if kind in step.items), "step")
    made[kind] += 1
    return f"{stage}-{kind}" if made[kind] == 1 else f"{stage}-{kind}-{made[kind]}"


def _without_ending(mail: str) -> str:
    """A mail's name where somebody wrote its file's, which is reported where the step is read."""
    stem, _, ending = mail.rpartition(".")
    return stem if stem and ending in ("md", "html", "mjml") else mail


def _mails(name: str, stage: Item) -> Iterator[str]:
    steps = step_items(stage)
    return (step_id for step_id, step in zip(step_ids(name, steps), steps, strict=True) if "email" in step.items)


def _vars(root: Item) -> Mapping[str, FieldType]:
    found = root.get("vars")
    if found is None or not found.is_table:
        return {}
    return {name: FieldType(kind_of(item.value)) for name, item in found.entries()}


def kind_of(value: object) -> Kind:
    """The kind of a value that stands in a file."""
    match value:
        case bool():
            return Kind.BOOLEAN
        case int() | float():
            return Kind.NUMBER
        case datetime():
            return Kind.DATETIME
        case date():
            return Kind.DATE
        case list() | tuple():
            return Kind.TAGS
        case _:
            return Kind.TEXT
