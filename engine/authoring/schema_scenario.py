"""The JSON Schema of a file of scenarios; in a home it knows the home's own lead fields."""

from __future__ import annotations

from collections.abc import Mapping

from engine.authoring.scenario_file import SCENARIO_KEYS
from engine.authoring.scenario_sales import reasons_of
from engine.authoring.scenario_steps import BY, FATES, FURTHER_KEYS, WAYS_OUT, WITHOUT_TIME
from engine.authoring.scenario_words import ACTS, EXPECTATIONS, FURTHER, SCENARIO, TIMES
from engine.authoring.schema_lead import lead_values
from engine.authoring.schema_shapes import (
    ANYTHING,
    DAY,
    FLAG,
    INSTANT,
    LINE,
    TEXT,
    Shape,
    choice,
    closed,
    each,
    either,
    explained,
    named,
    open_table,
    told,
)
from engine.config.model import Config
from engine.domain.scenario import ANSWERS, REJECTS, SNOOZES

_MOMENT = either(TEXT, INSTANT, DAY)
_TRUE: Shape = {"type": "boolean", "enum": [True]}
_DOING = [*ACTS, *EXPECTATIONS]
_NEEDED_BY_STEP: Mapping[str, tuple[str, ...]] = {"clicks": ("in",), "task_done": ("outcome",)}

_FURTHER: Mapping[str, Shape] = {
    "by": {**choice(BY), "default": "person"},
    "in": TEXT,
    "properties": named(ANYTHING),
    "until": _MOMENT,
    "outcome": LINE,
    "subject": TEXT,
    "says": TEXT,
    "fate": {**choice(FATES), "default": FATES[0]},
    "because": TEXT,
}
_TIMES: Mapping[str, Shape] = {"after": TEXT, "on": _MOMENT, "within": TEXT}


def scenario_schema(config: Config | None = None) -> Shape:
    """The schema of `campaigns/<id>.test.toml`; without a config any field of a lead will do."""
    known = lead_values(config or Config())
    values = closed(known) if config is not None else open_table(known)
    reasons = choice(reasons_of(config)) if config is not None and reasons_of(config) else TEXT
    shapes: Mapping[str, Shape] = {
        "name": LINE,
        "start": INSTANT,
        "lead": values,
        "trigger": _trigger(),
        "with": each(TEXT),
        "zone": TEXT,
        "holdout": {**FLAG, "default": False},
        "variants": named({"type": "integer", "minimum": 1}),
        "then": each(_step(values, reasons), minItems=1),
    }
    scenario = closed(explained(SCENARIO, shapes, SCENARIO_KEYS), ("name", "start", "then"))
    meaning = "The scenarios, each below a header `[[scenario]]`."
    return closed({"scenario": told(each(scenario), meaning)}, ("scenario",))


def _trigger() -> Shape:
    event = told(TEXT, "The event. Needed; all other keys are its properties.", '"trial_started"')
    return {**open_table({"event": event}), "required": ["event"]}


def _step(values: Shape, reasons: Shape) -> Shape:
    """A step: one thing that the lead does or that is expected, what belongs to it, and when."""
    shapes: Mapping[str, Shape] = {
        **dict.fromkeys(_DOING, TEXT),
        "becomes": values,
        "is": values,
        "goal": _TRUE,
        "handed_over": either(_TRUE, TEXT),
        "sales": choice(ANSWERS),
        "leaves": choice(WAYS_OUT),
    }
    doing = {
        key: {**told(shapes[key], meaning), "description": f"{meaning}\n\nFor example: `{example}`"}
        for key, (meaning, example) in {**ACTS, **EXPECTATIONS}.items()
    }
    more = {**explained(FURTHER, {**_FURTHER, "reason": reasons}), **explained(TIMES, _TIMES)}
    return closed(
        {**doing, **more},
        oneOf=[{"required": [kind]} for kind in _DOING],
        dependencies={
            **{key: _any_of([kind for kind, keys in FURTHER_KEYS.items() if key in keys]) for key in FURTHER},
            "after": _any_of([kind for kind in ACTS if kind not in WITHOUT_TIME]),
            "on": _any_of([kind for kind in _DOING if kind not in WITHOUT_TIME]),
            "within": _any_of([kind for kind in EXPECTATIONS if kind not in WITHOUT_TIME]),
            **{kind: list(keys) for kind, keys in _NEEDED_BY_STEP.items()},
            "sales": {"oneOf": [_answer(word) for word in ANSWERS]},
        },
        **{"not": {"anyOf": [{"required": [time, "on"]} for time in ("after", "within")]}},
    )


def _answer(word: str) -> Shape:
    """One answer of sales, with the key that belongs to it and without those of the others."""
    own = {REJECTS: "reason", SNOOZES: "until"}
    others: list[Shape] = [{"required": [key]} for other, key in own.items() if other != word]
    needed: Shape = {"required": [own[word]]} if word in own else {}
    return {**open_table({"sales": told(choice([word]), ACTS["sales"][0])}), **needed, "not": {"anyOf": others}}


def _any_of(kinds: list[str]) -> list[str] | Shape:
    return kinds if len(kinds) == 1 else {"anyOf": [{"required": [kind]} for kind in kinds]}
