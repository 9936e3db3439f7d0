"""Campaign values put into a rule as literals, so that it can be asked of leads without the campaign, as in SQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from engine.domain.rules.nodes import Literal, VarName
from engine.domain.rules.rule import Rule
from engine.domain.rules.values import Kind, as_boolean, as_date, as_datetime, as_number

_READERS: Mapping[Kind, Callable[[object], Any]] = {
    Kind.NUMBER: as_number,
    Kind.BOOLEAN: as_boolean,
    Kind.DATE: as_date,
    Kind.DATETIME: as_datetime,
}


def bound(rule: Rule, values: Mapping[str, object]) -> Rule:
    """The rule with its `vars.…` replaced by these values; a missing one stays as it is."""
    return Rule(rule.source, _bound(rule.node, values)) if values else rule


def _bound(node: Any, values: Mapping[str, object]) -> Any:
    if isinstance(node, VarName):
        found = _read(node, values)
        return node if found is None else Literal(found, node.kind)
    if isinstance(node, tuple):
        return tuple(_bound(item, values) for item in node)
    if not is_dataclass(node) or isinstance(node, type):
        return node
    changed = {f.name: _bound(getattr(node, f.name), values) for f in fields(node)}
    return replace(node, **changed)


def _read(node: VarName, values: Mapping[str, object]) -> Any:
    raw = values.get(node.name)
    reader = _READERS.get(node.kind)
    if reader is not None:
        return reader(raw)
    return raw if isinstance(raw, str) and raw else None
