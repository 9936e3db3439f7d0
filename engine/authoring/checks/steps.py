"""What single steps say that cannot be: threads, dates, streams, variants, and ids that are there twice."""

from __future__ import annotations

import re

from engine.authoring.campaign_file import CampaignDraft, PlacedStep
from engine.authoring.step_keys import OF_VARIANTS
from engine.authoring.toml_source import Item
from engine.config.model import Config
from engine.domain.rules import LEAD_NAMES, FieldType, Kind
from engine.domain.steps import EmailStep
from engine.domain.timing import At
from engine.errors import did_you_mean

_DATES = (Kind.DATE, Kind.DATETIME)


def check_steps(draft: CampaignDraft, config: Config) -> None:
    """Note every mistake that a step makes by itself, or against the steps before it."""
    seen: dict[str, PlacedStep] = {}
    for placed in draft.steps:
        _check_id(draft, placed, seen)
        _check_when_due(draft, placed, config)
        if isinstance(placed.step, EmailStep):
            _check_thread(draft, placed, placed.step, seen)
            _check_variants(draft, placed, placed.step)
            _check_measure(draft, placed, placed.step)
        seen.setdefault(placed.step.id, placed)


def _check_id(draft: CampaignDraft, placed: PlacedStep, seen: dict[str, PlacedStep]) -> None:
    step_id = placed.step.id
    if step_id not in seen:
        return
    key = "id" if "id" in placed.item.items else "email" if "email" in placed.item.items else ""
    place = placed.item.find(key).place if key else placed.item.place
    first = seen[step_id].item.place.line
    message = f"a second step has the id '{step_id}'; the first stands in line {first}"
    hint = f'give this one its own: id = "{step_id}-2"'
    if key == "email":
        hint = f"a step is called like its mail; {hint}"
    draft.notes.error("E209", place, message, hint)


def _check_when_due(draft: CampaignDraft, placed: PlacedStep, config: Config) -> None:
    item, notes = placed.item, draft.notes
    stage = draft.campaign.stage(placed.stage)
    if stage is not None and stage.cadence is not None:
        for key in ("wait", "at"):
            if key in item.items:
                message = f"in a stream the cadence says when mails go, so a step has no {key}"
                notes.error("E207", item.find(key).key, message, f"take {key} out, or the stage's cadence")
    elif "wait" in item.items and "at" in item.items:
        notes.error("E214", item.find("at").key, "a step has a wait or a date, not both", "take wait or at out")
    if "late" in item.items and "at" not in item.items:
        message = "late says what happens when the date of at has passed, and this step has no at"
        notes.error("E215", item.find("late").key, message, "take late out")
    if placed.step.at is not None:
        _check_anchor(draft, placed.step.at, item.find("at"), config)


def _check_anchor(draft: CampaignDraft, at: At, item: Item, config: Config) -> None:
    scope, name = at.anchor
    if scope == "trigger":
        if not draft.outline.has_trigger:
            hint = "add  on = \"event('…')\", or count from lead.… or vars.…"
            _wrong_anchor(draft, item, at, "no event triggers this campaign, so there is no trigger.*", hint)
        return
    known = _lead_types(config) if scope == "lead" else dict(draft.outline.vars)
    dates = [f"{scope}.{other}" for other, declared in known.items() if declared.kind in _DATES]
    listed = f"dates are: {', '.join(dates)}" if dates else "there is none yet"
    if name not in known:
        what = f"a lead has no field '{name}'" if scope == "lead" else f"this campaign has no var '{name}'"
        near = did_you_mean(f"{scope}.{name}", dates)
        add = f'add [fields.{name}] with type = "date" to config.toml' if scope == "lead" else f"add {name} to vars"
        _wrong_anchor(draft, item, at, what, near or add)
    elif known[name].kind not in _DATES:
        message = f"{scope}.{name} is {known[name].kind}, and at counts from a date"
        hint = did_you_mean(f"{scope}.{name}", dates) or listed
        if scope == "vars" and known[name].kind is Kind.TEXT:
            hint = "write a date without quotes: 2026-11-30"
        _wrong_anchor(draft, item, at, message, hint)


def _lead_types(config: Config) -> dict[str, FieldType]:
    declared = {name: FieldType(Kind(field.type)) for name, field in config.lead_fields.items()}
    return {**declared, **LEAD_NAMES}


def _wrong_anchor(draft: CampaignDraft, item: Item, at: At, message: str, hint: str) -> None:
    found = re.search(re.escape(".".join(at.anchor)), str(item.value))
    place = item.letters(found.start(), found.end() - found.start()) if found else item.place
    draft.notes.error("E213", place, message, hint)


def _check_thread(draft: CampaignDraft, placed: PlacedStep, step: EmailStep, seen: dict[str, PlacedStep]) -> None:
    if not step.thread:
        return
    place = placed.item.find("thread").place
    earlier = [other for other, where in seen.items() if isinstance(where.step, EmailStep)]
    if step.thread in earlier:
        return
    if step.thread == step.id:
        message, hint = "a mail cannot answer itself", did_you_mean(step.thread, earlier)
    elif step.thread in draft.outline.mails:
        message = f"'{step.thread}' comes later than this mail, which so cannot answer it"
        hint = f"name an earlier one: {', '.join(earlier)}" if earlier else "the first mail begins a thread"
    else:
        message = f"this campaign has no mail '{step.thread}' to answer"
        hint = did_you_mean(step.thread, earlier) or (f"there are: {', '.join(earlier)}" if earlier else "")
    draft.notes.error("E208", place, message, hint)


def _check_variants(draft: CampaignDraft, placed: PlacedStep, step: EmailStep) -> None:
    for part, choices in step.variants.items():
        item = placed.item.find("variants", part)
        if len(choices) < 2:
            message = f"{part} has one choice, so there is nothing to compare"
            draft.notes.error("E216", item.place, message, f'write {part} = ["…", "…"]')
        elif len(set(choices)) < len(choices):
            draft.notes.error("E216", item.place, f"two choices of {part} are the same", "change or remove one")


def _check_measure(draft: CampaignDraft, placed: PlacedStep, step: EmailStep) -> None:
    """What belongs to variants stands with variants; a goal is measured where there is one."""
    for key in OF_VARIANTS:
        if key in placed.item.items and not step.variants:
            message = f"{key} says how variants are compared, and this mail has none"
            hint = f'take {key} out, or add variants = {{ subject = ["…", "…"] }}'
            draft.notes.error("E218", placed.item.find(key).key, message, hint)
    if step.measure == "goal" and step.variants and draft.campaign.goal is None and "goal" not in draft.root.items:
        message = "variants are compared by the goal, and the campaign has none"
        draft.notes.error("E218", placed.item.find("measure").place, message, "add  goal = \"event('demo_booked')\"")
    if step.measure == "opened" and step.variants:
        message = "most opens are machines', so that variants compared by them may only tell machines apart"
        draft.notes.warning("W227", placed.item.find("measure").place, message, 'write measure = "clicked"')
