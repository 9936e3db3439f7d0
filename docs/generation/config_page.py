"""docs/reference/config.md, from the fields of the config's models."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from docs.generation.markdown import code, page, prose, table
from engine.config.model import STANDARD_FIELDS, Config

INTRO = """\
`config.toml` holds what spans campaigns. Every key may be left out; its default stands beside it. A key that is not
here is a mistake, and `ripeline check` says what was probably meant. Passwords never stand in the file: a relay names
the environment variable or the file that holds its own.
"""
HEAD = ("key", "what it holds", "default", "meaning")


def config_page() -> str:
    """The whole page."""
    single = [_row(name, field) for name, field in Config.model_fields.items() if _section(field) is None]
    top = f"## At the top\n\nAbove the first header.\n\n{table(HEAD, single)}"
    return page("config.toml", INTRO, top, *_sections(), _standard_fields())


def _sections(outer: type[BaseModel] = Config, prefix: str = "") -> Iterator[str]:
    """Each table under its header, and behind it those within."""
    for name, field in outer.model_fields.items():
        model = _section(field)
        if model is None:
            continue
        path = _path(prefix + name, field)
        rows = [_row(key, inner, path) for key, inner in model.model_fields.items()]
        heading = f"{'###' if prefix else '##'} {code(_header(path, field))}"
        meaning = _own_words(model) or field.description if prefix else field.description or _own_words(model)
        yield "\n\n".join(part for part in (heading, meaning, table(HEAD, rows)) if part)
        yield from _sections(model, f"{path}.")


def _own_words(model: type[BaseModel]) -> str:
    return prose(model.__doc__) if model.__doc__ and model.__doc__ != BaseModel.__doc__ else ""


def _path(name: str, field: FieldInfo) -> str:
    return f"{name}.NAME" if get_origin(field.annotation) is dict else name


def _header(path: str, field: FieldInfo) -> str:
    return f"[[{path}]]" if get_origin(field.annotation) is tuple else f"[{path}]"


def _section(field: FieldInfo) -> type[BaseModel] | None:
    """The model of a table, of a list of tables, or of named tables."""
    candidates = [field.annotation, *get_args(field.annotation)]
    return next((one for one in candidates if isinstance(one, type) and issubclass(one, BaseModel)), None)


def _row(name: str, field: FieldInfo, outer: str = "") -> tuple[str, str, str, str]:
    if _section(field) is not None:
        header = _header(_path(f"{outer}.{name}", field), field)
        return code(name), f"tables {code(header)}, see below", _own_default(field), field.description or ""
    default = "needed" if field.is_required() else _value(field.get_default(call_default_factory=True))
    return code(name), _kind(field.annotation, field), default, field.description or ""


def _own_default(field: FieldInfo) -> str:
    """Of tables that stand there by themselves only how they are called; what is in them is told below."""
    if field.is_required():
        return "needed"
    found = field.get_default(call_default_factory=True)
    return ", ".join(code(name) for name in found) if found and isinstance(found, dict) else "none"


def _value(value: Any) -> str:
    if value in ("", (), {}) and not isinstance(value, bool):
        return "none"
    if isinstance(value, tuple):
        return code("[" + ", ".join(f'"{entry}"' for entry in value) + "]")
    if isinstance(value, bool):
        return code(str(value).lower())
    return code(f'"{value}"') if isinstance(value, str) else code(value)


_WORDS = {str: "text", int: "whole number", float: "number", bool: "true or false"}


def _kind(annotation: Any, field: FieldInfo | None = None) -> str:
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(code(f'"{choice}"') for choice in inside)
    if origin is tuple:
        return f"list of {_kind(inside[0])}s"
    if origin is dict:
        return "table of texts"
    if origin in (Union, types.UnionType):
        return " or ".join(_kind(one) for one in inside)
    return _WORDS.get(annotation, getattr(annotation, "__name__", str(annotation))) + _bounds(field)


def _bounds(field: FieldInfo | None) -> str:
    limits = field.metadata if field is not None else []
    low = next((limit.ge for limit in limits if hasattr(limit, "ge")), None)
    high = next((limit.le for limit in limits if hasattr(limit, "le")), None)
    above = next((limit.gt for limit in limits if hasattr(limit, "gt")), None)
    if low is None:
        return f", above {above:,}" if above is not None else ""
    return f", {low:,}–{high:,}" if high is not None else f", {low} or more"


def _standard_fields() -> str:
    rows = [(code(name), field.type, field.description) for name, field in STANDARD_FIELDS.items()]
    words = "Every home has these; `[fields]` may declare them anew, and more."
    return f"## Standard lead fields\n\n{words}\n\n{table(('field', 'type', 'meaning'), rows)}"
