"""The JSON Schema of a file of scenarios; in a home it knows the home's own lead fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.authoring.policy import BESIDE_THE_LIFECYCLE
from engine.authoring.scenario_fields import lead_names
from engine.authoring.scenario_file import SCENARIO_KEYS
from engine.authoring.scenario_steps import BY, FATES, FURTHER_KEYS, WAYS_OUT, WITHOUT_TIME
from engine.authoring.scenario_words import ACTS, EXPECTATIONS, FURTHER, LEAD, SCENARIO, TIMES
from engine.authoring.schema_shapes import (
    ANY_TEXT,
    ANYTHING,
    DAY,
    FLAG,
    INSTANT,
    LINE,
    NUMBER,
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
from engine.config.model import Config, LeadField

_MOMENT = either(TEXT, INSTANT, DAY)
_DOING = [*ACTS, *EXPECTATIONS]
_NEEDED_BY_STEP: Mapping[str, tuple[str, ...]] = {"clicks": ("in",)}

_FURTHER: Mapping[str, Shape] = {
    "by": {**choice(BY), "default": "person"},
    "in": TEXT,
    "properties": named(ANYTHING),
    "subject": TEXT,
    "says": TEXT,
    "fate": {**choice(FATES), "default": FATES[0]},
    "because": TEXT,
}
_TIMES: Mapping[str, Shape] = {"after": TEXT, "on": _MOMENT, "within": TEXT}


def scenario_schema(config: Config | None = None) -> Shape:
    """The schema of `campaigns/<id>.test.toml`; without a config any field of a lead will do."""
    values = _Lead(config).values()
    shapes: Mapping[str, Shape] = {
        "name": LINE,
        "start": INSTANT,
        "lead": values,
        "trigger": _trigger(),
        "with": each(TEXT),
        "zone": TEXT,
        "holdout": {**FLAG, "default": False},
        "variants": named({"type": "integer", "minimum": 1}),
        "then": each(_step(values), minItems=1),
    }
    scenario = closed(explained(SCENARIO, shapes, SCENARIO_KEYS), ("name", "start", "then"))
    meaning = "The scenarios, each below a header `[[scenario]]`."
    return closed({"scenario": told(each(scenario), meaning)}, ("scenario",))


def _trigger() -> Shape:
    event = told(TEXT, "The event. Needed; all other keys are its properties.", '"trial_started"')
    return {**open_table({"event": event}), "required": ["event"]}


def _step(values: Shape) -> Shape:
    """A step: one thing that the lead does or that is expected, what belongs to it, and when."""
    shapes: Mapping[str, Shape] = {
        **dict.fromkeys(_DOING, TEXT),
        "becomes": values,
        "is": values,
        "goal": {"type": "boolean", "enum": [True]},
        "leaves": choice(WAYS_OUT),
    }
    doing = {
        key: {**told(shapes[key], meaning), "description": f"{meaning}\n\nFor example: `{example}`"}
        for key, (meaning, example) in {**ACTS, **EXPECTATIONS}.items()
    }
    more = {**explained(FURTHER, _FURTHER), **explained(TIMES, _TIMES)}
    return closed(
        {**doing, **more},
        oneOf=[{"required": [kind]} for kind in _DOING],
        dependencies={
            **{key: _any_of([kind for kind, keys in FURTHER_KEYS.items() if key in keys]) for key in FURTHER},
            "after": _any_of([kind for kind in ACTS if kind not in WITHOUT_TIME]),
            "on": _any_of([kind for kind in _DOING if kind not in WITHOUT_TIME]),
            "within": _any_of([kind for kind in EXPECTATIONS if kind not in WITHOUT_TIME]),
            **{kind: list(keys) for kind, keys in _NEEDED_BY_STEP.items()},
        },
        **{"not": {"anyOf": [{"required": [time, "on"]} for time in ("after", "within")]}},
    )


def _any_of(kinds: list[str]) -> list[str] | Shape:
    return kinds if len(kinds) == 1 else {"anyOf": [{"required": [kind]} for kind in kinds]}


@dataclass(frozen=True, slots=True)
class _Lead:
    """The values that a lead may have: its own columns, and the fields of a home."""

    config: Config | None

    def values(self) -> Shape:
        known = self.config or Config()
        declared = {name: _field(field) for name, field in known.lead_fields.items()}
        columns = {name: told(shape, *LEAD[name]) for name, shape in self._columns(known).items()}
        properties = {name: columns.get(name) or declared[name] for name in lead_names(known)}
        if self.config is None:
            return open_table(properties)
        return closed(properties)

    @staticmethod
    def _columns(config: Config) -> Mapping[str, Shape]:
        stages = choice((*config.lifecycle.stages, *BESIDE_THE_LIFECYCLE))
        return {
            **dict.fromkeys(LEAD, TEXT),
            "email": ANY_TEXT,
            "lifecycle": stages,
            "lists": each(TEXT),
            "score": NUMBER,
        }


_FIELD_TYPES: Mapping[str, list[str]] = {
    "text": ["string", "number", "boolean"],
    "number": ["number", "string"],
    "boolean": ["boolean", "string", "number"],
    "tags": ["array", "string"],
}
"""What a field may be written as: an import would take the same. A first type is what editors offer."""


def _field(field: LeadField) -> Shape:
    meaning = field.description or "A field of the lead."
    match field.type:
        case "choice":
            return {"description": meaning, **either(choice(field.choices), ANY_TEXT)}
        case "date" | "datetime":
            return {"description": meaning, **either(DAY, INSTANT, ANY_TEXT)}
        case kind:
            return {"description": meaning, "type": _FIELD_TYPES[kind]}
