"""`config.toml` as the config, with every mistake at its place.

What pydantic finds is told in our words; what its types cannot say – rules, lengths of time, addresses, zones – is read
here. Passwords never stand in the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from engine.authoring.config_values import check_values
from engine.authoring.reader import Notes, found_kind
from engine.authoring.toml_source import Document, Item
from engine.config.model import Config, LeadField
from engine.domain.rules.scope import Steps
from engine.errors import did_you_mean

_SECRETS = ("password", "passwd", "pass", "secret", "token", "api_key", "apikey")
_MOST_ROUNDS = 5

_EXPECTED: Mapping[str, str] = {
    "string_type": "a text in quotes",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "a list in [ ]",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "date_type": "a date such as 2026-12-24",
    "date_parsing": "a date such as 2026-12-24",
    "date_from_datetime_parsing": "a date such as 2026-12-24",
    "date_from_datetime_inexact": "a date without a time, such as 2026-12-24",
}


def read_config(
    document: Document, notes: Notes, campaigns: Mapping[str, Steps] | None = None
) -> tuple[Config, frozenset[str]]:
    """The config of a file, and the sections with mistakes; what is mistaken has its default in the result."""
    values = _plain(document.root)
    config, details = _validated(values)
    for detail in details:
        _report(document.root, detail, notes)
    broken = frozenset(str(detail["loc"][0]) for detail in details if detail["loc"])
    config = _with_all_fields(config, document.root)
    check_values(config, document.root, notes, campaigns)
    return config, broken


def _validated(values: dict[str, Any]) -> tuple[Config, list[ErrorDetails]]:
    """The config without what is mistaken, and the mistakes of the whole."""
    first: list[ErrorDetails] = []
    for _ in range(_MOST_ROUNDS):
        try:
            return Config.model_validate(values), first
        except ValidationError as error:
            details = _meant(error.errors(include_url=False), values)
            first = first or details
            for detail in reversed(details):  # later list elements first, so that numbers stay true
                _take_out(values, detail["loc"], detail["type"] == "missing")
    return Config(), first


def _meant(details: list[ErrorDetails], values: dict[str, Any]) -> list[ErrorDetails]:
    """The mistakes of a webhook as those of what was written: an address or a table, and not of the other one too."""
    found = []
    for detail in details:
        path = detail["loc"]
        if path[:1] == ("webhooks",) and len(path) > 2:
            written = "Webhook" if isinstance(values["webhooks"].get(path[1]), dict) else "str"
            if path[2] != written:
                continue
            detail["loc"] = (*path[:2], *path[3:])
        found.append(detail)
    return found


def _with_all_fields(config: Config, root: Item) -> Config:
    """A field whose declaration is mistaken is declared all the same: rules that name it are not to blame."""
    declared = root.get("fields")
    if declared is None or not declared.is_table:
        return config
    fields = {name: config.fields.get(name, LeadField()) for name, _ in declared.entries()}
    return config.model_copy(update={"fields": fields})


def _plain(item: Item) -> dict[str, Any]:
    """The values as nested dicts and lists of their own, so that mistaken ones can be taken out."""
    return {key: _copy(inside.value) for key, inside in item.entries()}


def _copy(value: object) -> object:
    if isinstance(value, dict):
        return {key: _copy(inside) for key, inside in value.items()}
    return [_copy(inside) for inside in value] if isinstance(value, list) else value


def _take_out(values: Any, path: Sequence[str | int], missing: bool) -> None:
    """Take the value at a path out, or of a table that lacks a key the whole table."""
    *way, last = (path[:-1] if missing else path) or ("",)
    for key in way:
        inside = dict(enumerate(values)) if isinstance(values, list) else values
        if not isinstance(inside, dict) or key not in inside:
            return
        values = inside[key]
    if isinstance(values, dict):
        values.pop(last, None)
    elif isinstance(values, list) and isinstance(last, int) and last < len(values):
        del values[last]


def _report(root: Item, detail: ErrorDetails, notes: Notes) -> None:
    path = detail["loc"]
    item = root.find(*path)
    name = str(path[-1]) if path else ""
    match detail["type"]:
        case "extra_forbidden":
            _report_unknown(path, item, notes)
        case "missing":
            notes.error("E011", item.place, f"{_shown(path[:-1])} has no '{name}'", f'add  {name} = "…"')
        case "literal_error":
            words = re.findall(r"'([^']+)'", str(detail.get("ctx", {}).get("expected", "")))
            listed = ", ".join(f'"{word}"' for word in words)
            notes.error(
                "E014", item.place, f"'{item.value}' is not one of {listed}", did_you_mean(str(item.value), words)
            )
        case "greater_than_equal" | "less_than_equal" | "greater_than" | "less_than":
            said = detail["msg"].removeprefix("Input should be ")
            notes.error("E014", item.place, f"{item.value} does not fit: {name} is {said}")
        case kind if kind in _EXPECTED:
            notes.error("E012", item.place, f"expected {_EXPECTED[kind]}, found {found_kind(item.value)}")
        case _:
            notes.error("E014", item.place, f"this does not fit {_shown(path)}: {detail['msg']}")


def _report_unknown(path: Sequence[str | int], item: Item, notes: Notes) -> None:
    name = str(path[-1])
    where = _shown(path[:-1])
    if name.casefold() in _SECRETS or name.casefold().endswith(("_password", "_secret", "_token")):
        message = f"'{name}' does not belong into a file that is shared"
        hint = 'name where it is kept: password_env = "RELAY_PASSWORD", or password_file = "…"'
        notes.error("E017", item.key, message, hint)
        return
    model = _model_at(path[:-1])
    known = list(model.model_fields) if model else []
    hint = did_you_mean(name, known) or _elsewhere(name) or f"there are: {', '.join(known)}"
    notes.error("E010", item.key, f"{where} knows no '{name}'", hint)


def _elsewhere(name: str) -> str:
    """Where a key belongs that another section knows."""
    homes = [section for section, model in _sections() if name in model.model_fields]
    if name in Config.model_fields:
        return f"'{name}' belongs to the top of the file: move it above the first header"
    return f"it belongs into [{homes[0]}]" if len(homes) == 1 else ""


def _sections() -> Iterator[tuple[str, type[BaseModel]]]:
    for name in Config.model_fields:
        if (model := _model_at((name,))) is not None:
            yield name, model


def _model_at(path: Sequence[str | int]) -> type[BaseModel] | None:
    """The section of the model that a path leads to; through lists and tables of sections."""
    model: type[BaseModel] = Config
    inside: object = Config
    for key in path:
        if isinstance(inside, type) and issubclass(inside, BaseModel):
            found = inside.model_fields.get(str(key))
            if found is None:
                return None
            inside = found.annotation
            model_args = _models_in(inside)
            if inside in model_args:
                model = model_args[0]
        else:
            models = _models_in(inside)
            if not models:
                return None
            model = inside = models[0]
    if isinstance(inside, type) and issubclass(inside, BaseModel):
        return inside
    return model if model in _models_in(inside) else next(iter(_models_in(inside)), None)


def _models_in(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and not get_args(annotation):
        return [annotation] if issubclass(annotation, BaseModel) else []
    return [model for argument in get_args(annotation) for model in _models_in(argument)]


def _shown(path: Sequence[str | int]) -> str:
    names = ".".join(str(key) for key in path if isinstance(key, str))
    return f"[{names}]" if names else "the config"
