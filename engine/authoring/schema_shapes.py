"""Shapes of values in JSON Schema, draft 7: the newest that all editors' TOML tools read.

A shape refuses only what the reader refuses too, so that an editor never complains about a sound file; what a rule or a
length of time means, `ripeline check` tells.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from engine.authoring.values import LONGEST_NAME, NAME

Shape = dict[str, Any]
Words = Mapping[str, tuple[str, str]]
"""For each key what it means and an example, as the reference tells it."""

TEXT: Shape = {"type": "string", "pattern": r"\S"}
LINE: Shape = {"type": "string", "pattern": r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$"}
FLAG: Shape = {"type": "boolean"}
NUMBER: Shape = {"type": "number"}
ANYTHING: Shape = {"description": "Any value."}
ANY_TEXT: Shape = {"type": "string"}
DAY: Shape = {"type": "string", "format": "date"}
_WITH_TIME = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}"
INSTANT: Shape = {
    "anyOf": [{"type": "string", "format": form, "pattern": _WITH_TIME} for form in ("date-time", "date-time-local")]
}
"""A TOML date with a time. Tombi knows the format for local ones by this name; other tools pass it over."""


def same_form(form: re.Pattern[str], **more: object) -> Shape:
    """A text of the form that the reader asks for; groups lose their names, which JavaScript writes otherwise."""
    pattern = re.sub(r"\(\?P<\w+>", "(", form.pattern)
    return {"type": "string", "pattern": f"^(?:{pattern})$", **more}


NAMED: Shape = same_form(NAME, maxLength=LONGEST_NAME)


def choice(words: Iterable[str]) -> Shape:
    return {"type": "string", "enum": list(words)}


def whole(low: int, high: int) -> Shape:
    return {"type": "integer", "minimum": low, "maximum": high}


def each(shape: Shape, **more: object) -> Shape:
    return {"type": "array", "items": shape, **more}


def either(*shapes: Shape) -> Shape:
    return {"anyOf": list(shapes)}


def closed(properties: Mapping[str, Shape], required: Iterable[str] = (), **more: object) -> Shape:
    """A table with these keys and no other."""
    needed: Shape = {"required": list(required)} if required else {}
    return {"type": "object", "properties": dict(properties), **needed, "additionalProperties": False, **more}


def open_table(properties: Mapping[str, Shape]) -> Shape:
    """A table that may have other keys beside these, said so in words: strict tools take silence for a no."""
    return {"type": "object", "properties": dict(properties), "additionalProperties": True}


def named(shape: Shape, names: Shape | None = None, **more: object) -> Shape:
    """A table whose keys are names that people give."""
    keys: Shape = {"propertyNames": names} if names else {}
    return {"type": "object", "additionalProperties": shape, **keys, **more}


def explained(words: Words, shapes: Mapping[str, Shape], order: Iterable[str] = ()) -> dict[str, Shape]:
    """The shape of each key with its meaning, examples and default, in the order of `order` or of the words.

    Raises:
        KeyError: a key has no words, or no shape.
    """
    return {key: told(shapes[key], *words[key]) for key in (order or words)}


def told(shape: Shape, meaning: str, example: str = "") -> Shape:
    """A shape with what editors show: its meaning, with the example below it, and the example's values."""
    shown = f"{meaning}\n\nFor example: `{example}`" if example else meaning
    values = _values(example)
    return {"description": shown, **shape, **({"examples": values} if values else {})}


def _values(example: str) -> list[Any]:
    """The values of an example, as JSON has them; none for a header."""
    try:
        return [as_json(value) for value in tomllib.loads(f"values = [{example}]")["values"]]
    except tomllib.TOMLDecodeError:
        return []


def as_json(value: object) -> object:
    """A TOML value as JSON has it: dates are texts there."""
    if isinstance(value, dict):
        return {key: as_json(inside) for key, inside in value.items()}
    if isinstance(value, list):
        return [as_json(inside) for inside in value]
    return value if isinstance(value, (str, bool, int, float)) else str(getattr(value, "isoformat", lambda: value)())
