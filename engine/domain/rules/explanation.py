"""Why a rule holds for a lead, or why not: in words, with the lead's own values."""

from __future__ import annotations

from datetime import datetime

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


def explain_node(node: Node, view: FactsView, now: datetime) -> str:
    """The part of a rule that decided it, with actual values."""
    holds = compile_test(node)(view, now)
    match node:
        case Not():
            return explain_node(node.item, view, now)
        case All():
            return _joined(node, holds, view, now)
        case AnyOf():
            return _joined(node, not holds, view, now)
        case _:
            return _atom(node, holds, view, now)


def _joined(node: All | AnyOf, every: bool, view: FactsView, now: datetime) -> str:
    """All items, where all of them were needed for the answer, else the first that gave it."""
    if every:
        parts = [explain_node(item, view, now) for item in node.items]
        return (", and " if any(", " in part for part in parts) else " and ").join(parts)
    decisive = isinstance(node, AnyOf)
    item = next(item for item in node.items if compile_test(item)(view, now) is decisive)
    return explain_node(item, view, now)


def _atom(node: Node, holds: bool, view: FactsView, now: datetime) -> str:
    match node:
        case Compare():
            return _compared(node, holds, view, now)
        case CompareDays():
            return _days_compared(node, holds, view, now)
        case OneOf():
            return _one_of(node, holds, view, now)
        case HasTag():
            found = _value(node.tags, view, now)
            return f"{_name(node.tags)} {'are' if _name(node.tags).endswith('s') else 'is'} {found}"
        case IsTrue():
            return _name(node.term) if holds else f"{_name(node.term)} is {_value(node.term, view, now)}"
        case Known():
            return f"{_name(node.term)} is {_value(node.term, view, now)}"
        case HasPart():
            verb = node.where.value if holds else f"not {node.where.value}"
            return f"{_name(node.term)} is {_value(node.term, view, now)}: {verb} {shown(node.part)}"
        case _:
            return node.text if holds else f"not {node.text}"


def _compared(node: Compare, holds: bool, view: FactsView, now: datetime) -> str:
    order, left, right = node.order, node.left, node.right
    if isinstance(left, Literal):
        order, left, right = order.swapped, right, left
    value, border = _value(left, view, now), _value(right, view, now)
    said = f"{_name(left)} is {value}"
    if "unknown" in (value, border):
        return said if value == "unknown" else f"{said}, {_name(right)} is unknown"
    if not isinstance(right, Literal):
        border = f"{_name(right)} ({border})"
    if order is Order.EQ:
        return said if holds else f"{said}, not {border}"
    words = (_DATE_WORDS if isinstance(right, Literal) and isinstance(right.value, datetime) else _TRUE_WORDS)[order]
    if order is Order.NE:
        return f"{said}, not {border}" if holds else said
    return f"{said}, {words.format(border)}" if holds else f"{said}, not {words.format(border)}".replace("not not ", "")


def _days_compared(node: CompareDays, holds: bool, view: FactsView, now: datetime) -> str:
    said = f"{node.left.text} is {_value(node.left, view, now)}"
    if said.endswith("unknown"):
        return said
    words = _TRUE_WORDS[node.order].format(_value(node.right, view, now))
    return f"{said}, {words}" if holds else f"{said}, not {words}"


def _one_of(node: OneOf, holds: bool, view: FactsView, now: datetime) -> str:
    value = _value(node.term, view, now)
    said = f"{_name(node.term)} is {value}"
    if value == "unknown" or holds is not node.negated:
        return said
    if all(isinstance(item, str) for item in node.values):
        return f"{said}, not {quoted(str(item) for item in node.values)}"
    return f"{said}, not one of {', '.join(shown(item) for item in node.values)}"


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


def _value(term: Term, view: FactsView, now: datetime) -> str:
    match term:
        case Literal():
            return shown(term.value)
        case Days():
            return _days(term, view, now)
        case EventCount() | MailCount() | Arithmetic():
            number = number_reader(term)(view, now)
            return "unknown" if number is None else shown(number)
        case LeadName() | StageName() | TriggerName() | VarName():
            return _kept(raw_reader(term)(view))


def _days(term: Days, view: FactsView, now: datetime) -> str:
    at = days_reader(term)(view, now)
    if at is None:
        return "unknown"
    passed = at - now if term.until else now - at
    return f"{passed.total_seconds() / 86_400:.1f}".removesuffix(".0")


def _kept(raw: object) -> str:
    instant = as_datetime(raw) or as_date(raw)
    if raw is None or raw == "":
        return "unknown"
    if isinstance(raw, (list, tuple)):
        return ", ".join(shown(item) for item in raw) or "an empty list"
    return shown(instant or raw)
