"""A campaign file as a campaign: its keys, stages and steps, with every mistake at its place.

The result may be incomplete where there are mistakes, so that the checks on the whole can still look at the rest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from engine.authoring.outline import Outline, outline, stage_items, step_ids, step_items
from engine.authoring.policy import scope_for
from engine.authoring.reader import Notes, Table, choice, flag, line, table, text, whole
from engine.authoring.silence import Silence
from engine.authoring.step_keys import Reading, keys_of_steps, read_step, sender
from engine.authoring.toml_source import Document, Item
from engine.authoring.values import cadence, constant, delay, is_name, mailbox, name, name_hint, rule, silences, window
from engine.config.model import Config
from engine.domain.campaign import EXIT, HOLD, Campaign, CampaignState, Exhausted, Reentry, Stage, Trigger
from engine.domain.rules.scope import Links, Steps
from engine.domain.steps import Step
from engine.domain.timing import Delay, parse_span
from engine.errors import Place, Problem

CAMPAIGN_KEYS = (
    *("title", "theme", "state", "from", "reply_to", "lane", "priority", "enter", "on", "key", "reenter", "backfill"),
    *("exit", "goal", "window", "holdout", "vars", "moved", "silence", "stage"),
)
STAGE_KEYS = ("advance", "exhausted", "cadence", "step")

CAMPAIGN_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
EVENT = re.compile(r"""\s*event\(\s*(['"])(?P<name>[^'"]+)\1\s*\)\s*""")
TRIGGER_KEY = re.compile(r"trigger\.(?P<name>[A-Za-z_][A-Za-z0-9_]*)")
_PERCENT = re.compile(r"(?P<number>\d{1,3}(?:\.\d+)?)\s*%")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a campaign's rules may refer to outside of its file; `steps` are its own mails with their links.

    None: not known, so any name will do.
    """

    config: Config
    campaigns: Mapping[str, Steps] | None = None
    links: Steps | None = None


@dataclass(frozen=True, slots=True)
class PlacedStep:
    """A step with the stage and the table that it was read from."""

    stage: str
    step: Step
    item: Item


@dataclass(slots=True)
class CampaignDraft:
    """A campaign as read, perhaps with mistakes; `unread` are stages of which some step could not be made out.

    `readable` is false where whole tables do not mean what their author thinks, so that the rest cannot be judged.
    """

    document: Document
    outline: Outline
    campaign: Campaign
    notes: Notes
    steps: list[PlacedStep] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)
    readable: bool = True
    silences: tuple[Silence, ...] = ()

    @property
    def root(self) -> Item:
        return self.document.root

    def stage_item(self, stage: str) -> Item:
        return self.root.find("stage", stage)


def campaign_id(path: str) -> str:
    """The id of a campaign: its file's name without ".toml"."""
    return PurePosixPath(path).name.removesuffix(".toml")


def wrong_campaign_id(path: str) -> Problem | None:
    """What is wrong with a file's name as a campaign's id."""
    found = campaign_id(path)
    if CAMPAIGN_ID.fullmatch(found):
        return None
    better = re.sub(r"[^a-z0-9]+", "-", found.casefold()).strip("-")
    hint = f"rename it to {better}.toml" if better else ""
    message = f"'{found}' cannot be a campaign's id: small letters, digits and dashes only"
    return Problem("E016", message, Place(path), hint)


def read_campaign(document: Document, around: Surroundings) -> CampaignDraft:
    """The campaign of a file; every mistake that the file alone shows is in `notes`."""
    notes = Notes()
    known = outline(campaign_id(document.path), document.root)
    mails: dict[str, Links] = {mail: (around.links or {}).get(mail) for mail in known.mails}
    inner = scope_for(around.config, known, steps=mails, campaigns=around.campaigns)
    outer = scope_for(around.config, known, in_campaign=False, steps=mails, campaigns=around.campaigns)
    if _swallowed(document.root, notes):
        return CampaignDraft(document, known, Campaign(known.id, "", ()), notes, readable=False)
    read = Table(document.root, notes, "a campaign")
    sent_by = sender(around.config.sender.default)
    draft = CampaignDraft(document, known, Campaign("", "", ()), notes)
    draft.campaign = Campaign(
        id=known.id,
        title=read.need("title", line, '"…"') or known.id,
        theme=read.get("theme", name("a theme"), ""),
        state=CampaignState(read.get("state", choice(*CampaignState), CampaignState.DRAFT.value)),
        sender=read.get("from", sent_by),
        reply_to=read.get("reply_to", mailbox, ""),
        lane=read.get("lane", name("a lane"), ""),
        priority=read.get("priority", whole(0, 1000), 50),
        enter=read.get("enter", rule(outer)),
        on=_trigger(read),
        backfill=read.get("backfill", flag, False),
        reenter=read.get("reenter", _reentry),
        exit=read.get("exit", rule(inner)),
        goal=read.get("goal", rule(inner)),
        window=read.get("window", window),
        holdout=read.get("holdout", _share, 0.0),
        vars=read.get("vars", _vars, {}),
        moved=read.get("moved", _moved, {}),
        stages=_stages(read, draft, Reading(inner, around.config.sender.default)),
    )
    draft.silences = read.get("silence", silences, ())
    draft.readable = not any(item.is_table for _, item in read.unknown())
    read.finish(_at_the_top(read))
    return draft


def _at_the_top(read: Table) -> Mapping[str, str]:
    tables = {key: "a stage's header is [stage.NAME]" for key, item in read.unknown() if item.is_table}
    of_steps = dict.fromkeys(keys_of_steps(), "it belongs to a step: write it below [[stage.….step]]")
    return {**tables, **of_steps, **dict.fromkeys(STAGE_KEYS, "it belongs to a stage: write it below [stage.…]")}


def _above_the_stages(where: str) -> Mapping[str, str]:
    hint = f"it belongs to the whole campaign: move it above the first header, out of {where}"
    return dict.fromkeys(CAMPAIGN_KEYS, hint)


def _trigger(read: Table) -> Trigger | None:
    event = read.get("on", _event)
    key = read.get("key", _trigger_key, "")
    return Trigger(event, key) if event is not None else None


def _event(item: Item, notes: Notes) -> str | None:
    value = text(item, notes)
    if value is None:
        return None
    if found := EVENT.fullmatch(value):
        return found["name"]
    hint = "write \"event('trial_started')\"; what else must hold stands in enter"
    if is_name(value):
        hint = f"write \"event('{value}')\""
    notes.error("E019", item.place, "on names one event that lets a lead in", hint)
    return None


def _trigger_key(item: Item, notes: Notes) -> str | None:
    value = text(item, notes)
    if value is None:
        return None
    if found := TRIGGER_KEY.fullmatch(value.strip()):
        return found["name"]
    hint = f'write "trigger.{value}"' if value.isidentifier() else 'write for example "trigger.trial_id"'
    notes.error("E019", item.place, "key names a property of the event", hint)
    return None


def _reentry(item: Item, notes: Notes) -> Reentry | None:
    value = text(item, notes)
    if value is None:
        return None
    words = value.strip()
    if not words.startswith("after "):
        hint = f'write "after {words}"' if not isinstance(parse_span(words), str) else 'write "after 180d"'
        notes.error("E015", item.place, "reenter says after which time a lead may enter again", hint)
        return None
    found = parse_span(words.removeprefix("after "))
    if isinstance(found, str):
        notes.error("E015", item.place, found)
        return None
    return Reentry(found)


def _share(item: Item, notes: Notes) -> float | None:
    """ "10%" as 0.1."""
    found = _PERCENT.fullmatch(item.value.strip()) if isinstance(item.value, str) else None
    if found is None:
        number = item.value if isinstance(item.value, (int, float)) and not isinstance(item.value, bool) else 0
        hint = f'write "{number if number >= 1 else number * 100:g}%"' if number > 0 else ""
        notes.wrong_type(item, 'a share such as "10%"', hint)
        return None
    share = float(found["number"]) / 100
    if not 0 <= share < 1:
        notes.error("E014", item.place, f"a holdout of {item.value} leaves nobody to mail", 'write less than "100%"')
        return None
    return share


def _vars(item: Item, notes: Notes) -> Mapping[str, object] | None:
    if table(item, notes) is None:
        return None
    found = {}
    for key, inside in item.entries():
        if not key.isidentifier():
            notes.error("E016", inside.key, f"'{key}' cannot be the name of a var", "use letters, digits and _ only")
        found[key] = constant(inside, notes)
    return found


def _moved(item: Item, notes: Notes) -> Mapping[str, str] | None:
    if table(item, notes) is None:
        return None
    targets = {key: text(inside, notes) for key, inside in item.entries()}
    return {key: target for key, target in targets.items() if target is not None}


def _swallowed(root: Item, notes: Notes) -> bool:
    """Keys of the campaign below a `[vars]` header became vars, which nobody would notice."""
    for table_name in ("vars", "moved", "window", "silence"):
        found = root.get(table_name)
        if found is None or not found.is_table or found.place.column >= found.key.column:
            continue
        keys = [(key, item) for key, item in found.entries() if key in CAMPAIGN_KEYS and key not in root.items]
        if keys:
            key, item = keys[0]
            below = f"'{key}'" if len(keys) == 1 else f"'{key}' and {len(keys) - 1} more"
            message = f"{below} of the campaign's keys stand below [{table_name}], and so belong to that table"
            notes.error("E013", item.key, message, f"move [{table_name}] and its keys below all of them")
            return True
    return False


def _stages(read: Table, draft: CampaignDraft, reading: Reading) -> tuple[Stage, ...]:
    read.asked.append("stage")
    found = read.item.get("stage")
    if found is None:
        read.notes.error("E011", read.item.place, "this campaign has no stage", "add  [stage.start]  and its steps")
        return ()
    if not found.is_table:
        read.notes.wrong_type(found, "stages, each with a header", "write [stage.start]")
        return ()
    for key, item in found.entries():
        if not item.is_table:
            hint = f"write [[stage.NAME.{key}]]" if key == "step" else "write [stage.NAME] above it"
            read.notes.error("E013", item.key, f"'{key}' stands in no stage: a stage has a name", hint)
    return tuple(_stage(stage, item, draft, reading) for stage, item in stage_items(read.item))


def _stage(stage: str, item: Item, draft: CampaignDraft, reading: Reading) -> Stage:
    notes = draft.notes
    if not is_name(stage):
        notes.error("E016", item.key, f"'{stage}' cannot be a stage's name", name_hint(stage))
    elif stage in (EXIT, HOLD):
        notes.error("E016", item.key, f"'{stage}' means something else, so no stage can be called so", "rename it")
    read = Table(item, notes, f"stage '{stage}'")
    found = Stage(
        id=stage,
        advance=read.get("advance", rule(reading.scope)),
        exhausted=read.get("exhausted", _exhausted),
        cadence=read.get("cadence", cadence),
        steps=_steps(stage, read, draft, reading),
    )
    below = dict.fromkeys(keys_of_steps(), f"it belongs to a step: write it below [[stage.{stage}.step]]")
    read.finish({**below, **_above_the_stages(f"[stage.{stage}]")})
    return found


def _steps(stage: str, read: Table, draft: CampaignDraft, reading: Reading) -> tuple[Step, ...]:
    read.asked.append("step")
    found = read.item.get("step")
    if found is None:
        return ()
    if found.is_table:
        header = f"[[stage.{stage}.step]]"
        read.notes.error("E013", found.place, "steps are a list: two brackets on each side", f"write {header}")
    elif not isinstance(found.value, list):
        read.notes.wrong_type(found, "steps, each with a header", f"write [[stage.{stage}.step]]")
    items = step_items(read.item)
    ids = step_ids(stage, items)
    header = f"[[stage.{stage}.step]]"
    of_stage = f"it belongs to the stage: move it below [stage.{stage}], above the first {header}"
    elsewhere = {**_above_the_stages(header), **dict.fromkeys(STAGE_KEYS, of_stage)}
    steps = []
    for step_id, item in zip(ids, items, strict=True):
        step = read_step(item, step_id, reading, draft.notes, elsewhere)
        if step is None:
            draft.unread.add(stage)
        else:
            steps.append(step)
            draft.steps.append(PlacedStep(stage, step, item))
    return tuple(steps)


def _exhausted(item: Item, notes: Notes) -> Exhausted | None:
    if isinstance(item.value, str):
        found = text(item, notes)
        return None if found is None else Exhausted(found)
    if not item.is_table:
        notes.wrong_type(item, "what follows", 'write "hold", "exit", a stage, or { after = "14d", go = "…" }')
        return None
    read = Table(item, notes, "exhausted")
    after: Delay | None = read.get("after", delay)
    go = read.need("go", text, '"exit"')
    read.finish()
    return Exhausted(go or "", after)
