"""The values that a lead may have, for schemas: its own columns, and the fields of a home."""

from __future__ import annotations

from collections.abc import Mapping

from engine.authoring.policy import BESIDE_THE_LIFECYCLE
from engine.authoring.scenario_fields import lead_names
from engine.authoring.scenario_words import LEAD
from engine.authoring.schema_shapes import (
    ANY_TEXT,
    DAY,
    INSTANT,
    NUMBER,
    TEXT,
    Shape,
    choice,
    each,
    either,
    told,
)
from engine.config.model import Config, LeadField

_FIELD_TYPES: Mapping[str, list[str]] = {
    "text": ["string", "number", "boolean"],
    "number": ["number", "string"],
    "boolean": ["boolean", "string", "number"],
    "tags": ["array", "string"],
}
"""What a field may be written as: an import would take the same. A first type is what editors offer."""


def lead_values(config: Config) -> dict[str, Shape]:
    """The shape of each value that a lead of this home may have, by name.

    Raises:
        KeyError: a column of leads has no words.
    """
    declared = {name: _field(field) for name, field in config.lead_fields.items()}
    columns = {name: told(shape, *LEAD[name]) for name, shape in _columns(config).items()}
    return {name: columns.get(name) or declared[name] for name in lead_names(config)}


def _columns(config: Config) -> Mapping[str, Shape]:
    return {
        **dict.fromkeys(LEAD, TEXT),
        "email": ANY_TEXT,
        "lifecycle": choice((*config.lifecycle.stages, *BESIDE_THE_LIFECYCLE)),
        "lists": each(TEXT),
        "score": NUMBER,
    }


def _field(field: LeadField) -> Shape:
    meaning = field.description or "A field of the lead."
    match field.type:
        case "choice":
            return {"description": meaning, **either(choice(field.choices), ANY_TEXT)}
        case "date" | "datetime":
            return {"description": meaning, **either(DAY, INSTANT, ANY_TEXT)}
        case kind:
            return {"description": meaning, "type": _FIELD_TYPES[kind]}
