"""The JSON Schema of a campaign file: what editors complete and explain while one is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.authoring.campaign_file import CAMPAIGN_KEYS, EVENT, STAGE_KEYS, TRIGGER_KEY
from engine.authoring.campaign_words import CAMPAIGN, EVERY_STEP, INSIDE, KINDS, OF_KIND, STAGE
from engine.authoring.schema_lead import lead_values
from engine.authoring.schema_shapes import (
    ANY_TEXT,
    DAY,
    FLAG,
    INSTANT,
    LINE,
    NAMED,
    TEXT,
    Shape,
    choice,
    closed,
    each,
    either,
    explained,
    named,
    open_table,
    same_form,
    told,
    whole,
)
from engine.authoring.schema_silence import silence
from engine.authoring.step_keys import COMMON_KEYS, MEASURES, STEP_KEYS
from engine.config.model import Config
from engine.domain.campaign import EXIT, HOLD, CampaignState
from engine.domain.delivery import MailKind

_LIST_OF_TEXTS = each(ANY_TEXT)
_VAR = either({"type": ["string", "boolean", "number"]}, INSTANT, DAY, _LIST_OF_TEXTS)


def _inside(key: str, shapes: Mapping[str, Shape], *required: str) -> Shape:
    """The table that may stand as the value of a key."""
    return closed(explained(INSIDE[key], shapes), required)


_SENDER = either(LINE, _inside("from", {"owner": FLAG, "else": LINE}))
_WINDOW = _inside("window", dict.fromkeys(INSIDE["window"], TEXT))
_EXHAUSTED = either(TEXT, _inside("exhausted", dict.fromkeys(INSIDE["exhausted"], TEXT), "go"))
_WAIT = either(TEXT, _inside("wait", dict.fromkeys(INSIDE["wait"], TEXT), "until", "max"))
_WAYS = each(_inside("branch", dict.fromkeys(INSIDE["branch"], TEXT), "go"), minItems=1)
_VARIANTS = _inside("variants", {"subject": each(LINE), "email": each(NAMED)})

_COMMON: Mapping[str, Shape] = {
    "id": NAMED,
    "wait": _WAIT,
    "at": TEXT,
    "when": TEXT,
    "wait_applies": {**choice(("new", "all")), "default": "new"},
    "catch_up": {**FLAG, "default": False},
}

_KINDS: Mapping[str, Shape] = {
    "email": NAMED,
    "branch": _WAYS,
    "set": {"type": "object", "minProperties": 1},
    "notify": TEXT,
    "task": TEXT,
    "webhook": TEXT,
    "handoff": either(TEXT, {"type": "boolean", "enum": [True]}),
}

_OF_KINDS: Mapping[str, Shape] = {
    "kind": {**choice(MailKind), "default": MailKind.MARKETING.value},
    "thread": TEXT,
    "from": _SENDER,
    "variants": _VARIANTS,
    "measure": {**choice(MEASURES), "default": MEASURES[0]},
    "smallest": {"type": "string", "pattern": r"^\s*(?!0*(\.0*)?\s*%)\d{1,2}(\.\d+)?\s*%\s*$"},
    "repeat": {**FLAG, "default": False},
    "late": {**choice(("skip", "send")), "default": "skip"},
    "expires": TEXT,
    "who": {**TEXT, "default": "owner"},
    "max": TEXT,
    "to": {**TEXT, "default": "sales"},
    "note": TEXT,
}

_NEEDED_BY_KIND: Mapping[str, tuple[str, ...]] = {"task": ("max",)}


def campaign_schema(config: Config | None = None) -> Shape:
    """The schema of `campaigns/<id>.toml`, without names that only one campaign has; with a config, its lead fields."""
    shapes: Mapping[str, Shape] = {
        "title": LINE,
        "theme": NAMED,
        "state": {**choice(CampaignState), "default": CampaignState.DRAFT.value},
        "from": _SENDER,
        "reply_to": LINE,
        "lane": NAMED,
        "priority": {**whole(0, 1000), "default": 50},
        "enter": TEXT,
        "on": same_form(EVENT),
        "key": {"type": "string", "pattern": rf"^\s*{same_form(TRIGGER_KEY)['pattern'].strip('^$')}\s*$"},
        "reenter": {"type": "string", "pattern": r"^\s*after "},
        "backfill": {**FLAG, "default": False},
        "exit": TEXT,
        "goal": TEXT,
        "window": _WINDOW,
        "holdout": {"type": "string", "pattern": r"^\s*0?\d{1,2}(\.\d+)?\s*%\s*$"},
        "vars": named(_VAR),
        "moved": named(TEXT),
        "silence": silence(),
        "stage": named(_stage(config or Config()), {**NAMED, "not": {"enum": [EXIT, HOLD]}}),
    }
    return closed(explained(CAMPAIGN, shapes, CAMPAIGN_KEYS), ("title", "stage"))


def _stage(config: Config) -> Shape:
    shapes: Mapping[str, Shape] = {
        "advance": TEXT,
        "exhausted": _EXHAUSTED,
        "cadence": TEXT,
        "step": each(_step(config)),
    }
    return closed(explained(STAGE, shapes, STAGE_KEYS))


def _step(config: Config) -> Shape:
    """A step: all keys of all kinds stand in one table, so that editors offer them; which go together stands below."""
    kinds = {kind: told(_KINDS[kind], KINDS[kind], STEP_KEYS[kind].example) for kind in STEP_KEYS}
    kinds["set"] |= open_table(lead_values(config))
    owners = dict(_owners())
    own = {key: told(_OF_KINDS[key], *_words_of(key, kinds)) for key, kinds in owners.items()}
    return closed(
        {**kinds, **explained(EVERY_STEP, _COMMON, COMMON_KEYS), **own},
        oneOf=[{"required": [kind]} for kind in STEP_KEYS],
        dependencies={**{key: _any_of(kinds) for key, kinds in owners.items()}, **_needed()},
    )


def _owners() -> Iterator[tuple[str, list[str]]]:
    """Each key that some kinds of steps have, with those kinds."""
    keys = dict.fromkeys(key for kind in STEP_KEYS.values() for key in kind.keys)
    return ((key, [kind for kind, has in STEP_KEYS.items() if key in has.keys]) for key in keys)


def _words_of(key: str, kinds: list[str]) -> tuple[str, str]:
    meaning, example = OF_KIND[kinds[0]][key]
    return f"With {' or '.join(f'`{kind}`' for kind in kinds)}: {meaning[:1].lower()}{meaning[1:]}", example


def _any_of(kinds: list[str]) -> list[str] | Shape:
    return kinds if len(kinds) == 1 else {"anyOf": [{"required": [kind]} for kind in kinds]}


def _needed() -> dict[str, list[str] | Shape]:
    return {kind: list(keys) for kind, keys in _NEEDED_BY_KIND.items()}
