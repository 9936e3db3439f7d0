"""Values that stand in a rule: texts, numbers, true and false, and texts that mean dates or lengths of time."""

from __future__ import annotations

import ast
from datetime import datetime, timedelta

from engine.domain.rules.nodes import Literal
from engine.domain.rules.syntax import Source
from engine.domain.rules.values import NUMBER_LIMIT, Kind, as_instant, as_number, parse_duration

TRUTHS = {"true": True, "false": False}


def literal(node: ast.expr, source: Source) -> Literal | None:
    """The value of a constant; reports what cannot be one."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        return _signed(node, source)
    if isinstance(node, ast.Name) and node.id in TRUTHS:
        return Literal(TRUTHS[node.id], Kind.BOOLEAN)
    if not isinstance(node, ast.Constant):
        words = source.segment(node)
        source.report(node, "E102", f"a value was expected here, not {words}", "texts stand in quotes: 'webinar'")
        return None
    match node.value:
        case bool():
            return Literal(node.value, Kind.BOOLEAN)
        case str():
            return _text(node, node.value, source)
        case int() | float():
            return _number(node, node.value, source)
        case None:
            source.report(node, "E101", "None is not a value here", "known(field) asks whether there is one")
        case _:
            source.report(node, "E101", f"{source.segment(node)} is not a value that rules know")
    return None


def is_literal(node: ast.expr) -> bool:
    """Whether the tree's part is a constant, true or false, or a signed number."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        return isinstance(node.operand, ast.Constant)
    return isinstance(node, ast.Constant) or (isinstance(node, ast.Name) and node.id in TRUTHS)


def text_literal(node: ast.expr, what: str, source: Source) -> str | None:
    """The text of an argument; reports anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.strip():
        return node.value
    source.report(node, "E106", f"{what} stands in quotes here", f"write '{_bare(source.segment(node))}'")
    return None


def duration_literal(node: ast.expr, source: Source) -> timedelta | None:
    """The length of time of a `within=` argument."""
    length = None
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        length = parse_duration(node.value)
    if length is None:
        message = f"{source.segment(node)} is not a length of time"
        source.report(node, "E109", message, "write minutes, hours, days or weeks: '10m', '3h', '2d', '4w'")
    return length


def date_literal(text: str, node: ast.expr, source: Source) -> Literal | None:
    """A text that is compared with a date, as the instant it means."""
    instant = as_instant(text)
    if instant is None:
        message = f"'{text}' is compared with a date, but is none"
        source.report(node, "E109", message, "write the year first: '2026-11-30' or '2026-11-30T09:00'")
        return None
    return Literal(instant, Kind.DATETIME)


def looks_like_date(text: object) -> bool:
    return isinstance(text, str) and as_instant(text) is not None


def shown(value: object) -> str:
    """A value as people write it in a rule."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f"'{value}'"
        case datetime():
            midnight = value.hour == value.minute == value.second == value.microsecond == 0
            return value.strftime("%Y-%m-%d") if midnight else value.strftime("%Y-%m-%d %H:%M UTC")
        case float() | int():
            return f"{value:,.15g}".replace(",", "") if abs(value) < 1e15 else f"{value:g}"
        case _:
            return str(value)


def _bare(words: str) -> str:
    return words.strip("'\"") or "name"


def _signed(node: ast.UnaryOp, source: Source) -> Literal | None:
    inner = literal(node.operand, source)
    if inner is None:
        return None
    if inner.kind is not Kind.NUMBER or not isinstance(inner.value, float):
        source.report(node, "E102", f"{source.segment(node)}: only a number can have a sign")
        return None
    return Literal(-inner.value if isinstance(node.op, ast.USub) else inner.value, Kind.NUMBER)


def _text(node: ast.Constant, value: str, source: Source) -> Literal | None:
    if value:
        return Literal(value, Kind.TEXT)
    source.report(node, "E102", "an empty text is a missing value", "known(field) asks whether there is a value")
    return None


def _number(node: ast.Constant, value: float, source: Source) -> Literal | None:
    number = as_number(value)
    if number is None:
        source.report(node, "E102", f"this number is too large; rules count up to {NUMBER_LIMIT:g}")
        return None
    return Literal(number, Kind.NUMBER)
