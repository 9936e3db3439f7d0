"""JSON Schema for the files of a home, from the declarations that the reader and the reference use too.

Editors complete and explain keys by it; `ripeline check` stays the judge. What a schema cannot say – rules, lengths of
time, names of other files – it leaves out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from engine.authoring.schema_campaign import campaign_schema
from engine.authoring.schema_config import config_schema
from engine.authoring.schema_scenario import scenario_schema
from engine.authoring.schema_shapes import Shape
from engine.config.model import Config

DRAFT = "http://json-schema.org/draft-07/schema#"
WRITTEN_BY = "Written by `ripeline schema --write`"

_MADE: Mapping[str, Callable[[Config | None], Shape]] = {
    "campaign": campaign_schema,
    "scenario": scenario_schema,
    "config": lambda config: config_schema(),  # noqa: ARG005
}
KINDS = tuple(_MADE)
"""The kinds of files that have a schema."""


def schema(kind: str, config: Config | None = None) -> Shape:
    """The schema of a kind of file; with the config of a home it knows the home's lead fields."""
    head = {"$schema": DRAFT, "$comment": f"{WRITTEN_BY}; do not edit.", "title": f"Ripeline: {kind}"}
    return {**head, **_MADE[kind](config)}


def as_text(value: Shape) -> str:
    """A schema as the text of its file."""
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"
