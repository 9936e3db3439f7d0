"""The JSON Schema of `config.toml`, from the fields of its models."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from engine.authoring.schema_shapes import Shape
from engine.authoring.schema_silence import silence
from engine.config.model import Config

_DEFINITIONS = "$defs"
_REFERENCE = f"#/{_DEFINITIONS}/"


def config_schema() -> Shape:
    """The schema of `config.toml`; each section stands where it is used, so that every tool explains it."""
    found = Config.model_json_schema()
    definitions: Mapping[str, Shape] = found.pop(_DEFINITIONS)
    definitions["Check"]["properties"]["silence"] |= silence()
    return {**_inlined(found, definitions), "description": "What spans campaigns, and how this home is run."}


def _inlined(value: Any, definitions: Mapping[str, Shape]) -> Any:
    """A part of pydantic's schema without references, and without titles that only repeat a name."""
    if isinstance(value, list):
        return [_inlined(inside, definitions) for inside in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        meant = definitions[value["$ref"].removeprefix(_REFERENCE)]
        own = {"description": value["description"]} if "description" in value else {}
        return {**_inlined(meant, definitions), **own}
    return _with_example({key: _inlined(inside, definitions) for key, inside in _kept(value)})


def _with_example(value: Shape) -> Shape:
    """An example below the meaning, where editors show it; JSON and TOML write these values alike."""
    match value:
        case {"description": str(meaning), "examples": [str() | int() | list() as first, *_]}:
            shown = json.dumps(first, ensure_ascii=False)
            return {**value, "description": f"{meaning}\n\nFor example: `{shown}`"}
    return value


def _kept(value: Shape) -> Iterator[tuple[str, Any]]:
    for key, inside in value.items():
        if key == "title" and isinstance(inside, str):
            continue
        if key == "default" and inside in ("", [], {}):
            continue
        yield key, inside
