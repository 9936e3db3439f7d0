"""Why a rule holds for a lead, or why not: in words, with the lead's own values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

from engine.domain.rules.evaluation import compile_test
from engine.domain.rules.literals import shown
from engine.domain.rules.nodes import (
    All,
    AnyOf,
    Arithmetic,
    Compare,
    CompareDays,
    Days,
    EventCount,
    HasPart,
    HasTag,
    IsTrue,
    Known,
    LeadName,
    Literal,
    MailCount,
    Node,
    Not,
    OneOf,
    Order,
    StageName,
    Term,
    TriggerName,
    VarName,
)
from engine.domain.rules.readers import days_reader, number_reader, raw_reader
from engine.domain.rules.syntax import quoted
from engine.domain.rules.values import as_date, as_datetime
from engine.domain.rules.view import FactsView

_TRUE_WORDS = {
    Order.NE: "not {}",
    Order.LT: "under {}",
    Order.LE: "at most {}",
    Order.GT: "over {}",
    Order.GE: "at least {}",
}
_DATE_WORDS = {
    Order.NE: "not {}",
    Order.LT: "before {}",
    Order.LE: "not after {}",
    Order.GT: "after {}",
    Order.GE: "not before {}",
}


Telling: TypeAlias = Callable[[FactsView, datetime], str]
"""Tells of one lead's facts; made once for each rule, as every admission and every advance is explained."""

_Judged: TypeAlias = Callable[[bool, FactsView, datetime], str]
"""Tells of a condition whose answer is known."""


def compile_explanation(node: Node) -> Telling:
    """What tells the part of a rule that decided it, with actual values."""
    match node:
        case Not():
            return compile_explanation(node.item)
        case All():
            return _joined(node, decisive=False)
        case AnyOf():
            return _joined(node, decisive=True)
        case _:
            test, tell = compile_test(node), _atom(node)
            return lambda view, now: tell(test(view, now), view, now)


def _joined(node: All | AnyOf, *, decisive: bool) -> Telling:
    """The first item whose answer is `decisive`, else all items, as then all of them were needed for the answer."""
    items = [(compile_test(item), compile_explanation(item)) for item in node.items]

    def tell(view: FactsView, now: datetime) -> str:
        for test, telling in items:
            if test(view, now) is decisive:
                return telling(view, now)
        parts = [telling(view, now) for _, telling in items]
        return (", and " if any(", " in part for part in parts) else " and ").join(parts)

    return tell


def _atom(node: Node) -> _Judged:
    match node:
        case Compare():
            return _compared(node)
        case CompareDays():
            return _days_compared(node)
        case OneOf():
            return _one_of(node)
        case HasTag():
            return _tagged(node)
        case IsTrue():
            name, value = _name(node.term), _value(node.term)
            return lambda holds, view, now: name if holds else f"{name} is {value(view, now)}"
        case Known():
            name, value = _name(node.term), _value(node.term)
            return lambda _holds, view, now: f"{name} is {value(view, now)}"
        case HasPart():
            return _with_part(node)
        case _:
            return lambda holds, _view, _now: node.text if holds else f"not {node.text}"


def _tagged(node: HasTag) -> _Judged:
    name, value = _name(node.tags), _value(node.tags)
    verb = "are" if name.endswith("s") else "is"
    return lambda _holds, view, now: f"{name} {verb} {value(view, now)}"


def _with_part(node: HasPart) -> _Judged:
    name, value, where, part = _name(node.term), _value(node.term), node.where.value, shown(node.part)
    return lambda holds, view, now: f"{name} is {value(view, now)}: {where if holds else f'not {where}'} {part}"


def _compared(node: Compare) -> _Judged:
    order, left, right = node.order, node.left, node.right
    if isinstance(left, Literal):
        order, left, right = order.swapped, right, left
    name, value, limit = _name(left), _value(left), _value(right)
    border_name = None if isinstance(right, Literal) else _name(right)
    dated = isinstance(right, Literal) and isinstance(right.value, datetime)
    words = None if order is Order.EQ else (_DATE_WORDS if dated else _TRUE_WORDS)[order]

    def tell(holds: bool, view: FactsView, now: datetime) -> str:
        found, border = value(view, now), limit(view, now)
        said = f"{name} is {found}"
        if "unknown" in (found, border):
            return said if found == "unknown" else f"{said}, {_name(right)} is unknown"
        if border_name is not None:
            border = f"{border_name} ({border})"
        return said + _set_against(border, order, words, holds)

    return tell


def _set_against(border: str, order: Order, words: str | None, holds: bool) -> str:
    """What follows a value: how it stands to the border, or nothing where the value says it all."""
    if words is None:
        return "" if holds else f", not {border}"
    if order is Order.NE:
        return f", not {border}" if holds else ""
    return f", {words.format(border)}" if holds else f", not {words.format(border)}".replace("not not ", "")


def _days_compared(node: CompareDays) -> _Judged:
    left, right, words = _value(node.left), _value(node.right), _TRUE_WORDS[node.order]

    def tell(holds: bool, view: FactsView, now: datetime) -> str:
        said = f"{node.left.text} is {left(view, now)}"
        if said.endswith("unknown"):
            return said
        border = words.format(right(view, now))
        return f"{said}, {border}" if holds else f"{said}, not {border}"

    return tell


def _one_of(node: OneOf) -> _Judged:
    name, value = _name(node.term), _value(node.term)
    if all(isinstance(item, str) for item in node.values):
        others = f", not {quoted(str(item) for item in node.values)}"
    else:
        others = f", not one of {', '.join(shown(item) for item in node.values)}"

    def tell(holds: bool, view: FactsView, now: datetime) -> str:
        found = value(view, now)
        return f"{name} is {found}{'' if found == 'unknown' or holds is not node.negated else others}"

    return tell


def _name(term: Term) -> str:
    match term:
        case Literal():
            return shown(term.value)
        case LeadName() | StageName():
            return term.name
        case TriggerName():
            return f"trigger.{term.name}"
        case VarName():
            return f"vars.{term.name}"
        case EventCount() | MailCount() | Days():
            return term.text
        case Arithmetic():
            return f"{_name(term.left)} {term.sign} {_name(term.right)}"


def _value(term: Term) -> Telling:
    match term:
        case Literal():
            constant = shown(term.value)
            return lambda _view, _now: constant
        case Days():
            return _days(term)
        case EventCount() | MailCount() | Arithmetic():
            number = number_reader(term)
            return lambda view, now: _number(number(view, now))
        case LeadName() | StageName() | TriggerName() | VarName():
            raw = raw_reader(term)
            return lambda view, _now: _kept(raw(view))


def _number(number: float | None) -> str:
    return "unknown" if number is None else shown(number)


def _days(term: Days) -> Telling:
    instant = days_reader(term)

    def tell(view: FactsView, now: datetime) -> str:
        at = instant(view, now)
        if at is None:
            return "unknown"
        passed = at - now if term.until else now - at
        return f"{passed.total_seconds() / 86_400:.1f}".removesuffix(".0")

    return tell


def _kept(raw: object) -> str:
    if raw is None or raw == "":
        return "unknown"
    if isinstance(raw, (list, tuple)):
        return ", ".join(shown(item) for item in raw) or "an empty list"
    return shown(as_datetime(raw) or as_date(raw) or raw)
