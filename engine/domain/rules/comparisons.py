"""Checking of comparisons: what may be compared with what, and how both sides are then read."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TypeAlias

from engine.domain.rules.literals import date_literal, is_literal, literal, looks_like_date, shown
from engine.domain.rules.nodes import (
    TERMS,
    Arithmetic,
    Compare,
    CompareDays,
    Constant,
    Days,
    HasTag,
    LeadName,
    Literal,
    Node,
    Not,
    OneOf,
    Order,
    StageName,
    Term,
    TriggerName,
    VarName,
)
from engine.domain.rules.syntax import Source, quoted
from engine.domain.rules.values import FAMILY_OF, Family, Kind
from engine.errors import did_you_mean

Checked: TypeAlias = Term | Node

_KIND_WORDS = {
    Kind.TEXT: "text",
    Kind.NUMBER: "a number",
    Kind.BOOLEAN: "true or false",
    Kind.DATE: "a date",
    Kind.DATETIME: "a date with time",
    Kind.CHOICE: "text",
    Kind.TAGS: "a list of texts",
    Kind.DAYS: "a number of days",
    Kind.JSON: "of any type",
}


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: where it stands, and what it is."""

    node: ast.expr
    value: Checked


def compare(order: Order, left: Side, right: Side, text: str, source: Source) -> Node | None:
    """The comparison of two sides, or None after reporting why they cannot be compared so."""
    if not isinstance(left.value, TERMS):
        return _compare_condition(order, left.value, right, text, source)
    if not isinstance(right.value, TERMS):
        return _compare_condition(order, right.value, left, text, source)
    if Kind.DAYS in (left.value.kind, right.value.kind):
        return _compare_days(order, left, right, text, source)
    return _compare_terms(order, left, right, text, source)


def _compare_condition(order: Order, condition: Node, other: Side, text: str, source: Source) -> Node | None:
    """`replied == false`: a condition compares with true and false only."""
    constant = other.value
    if order not in (Order.EQ, Order.NE) or not isinstance(constant, Literal) or constant.kind is not Kind.BOOLEAN:
        source.report(other.node, "E102", "a condition cannot be compared with this", "a condition stands on its own")
        return None
    return condition if constant.value is (order is Order.EQ) else Not(condition, text)


def _compare_days(order: Order, left: Side, right: Side, text: str, source: Source) -> Node | None:
    if not isinstance(left.value, Days):
        order, left, right = order.swapped, right, left
    if not isinstance(left.value, Days) or not isinstance(right.value, TERMS):
        return None
    if order in (Order.EQ, Order.NE):
        message = (
            f"{source.segment(left.node)} counts days with their fractions, so {order} almost never tells anything"
        )
        source.report(left.node, "E102", message, "write >= or <")
        return None
    if not _is_constant(right.value):
        message = f"{source.segment(left.node)} compares with a number that stands in the rule"
        source.report(right.node, "E102", message, "for example: >= 14")
        return None
    return CompareDays(order, left.value, right.value, text)


def _is_constant(term: Term) -> bool:
    """Whether the term is a number that does not depend on the lead, so that the databases need no date arithmetic."""
    match term:
        case Arithmetic():
            return _is_constant(term.left) and _is_constant(term.right)
        case Literal() | VarName() | TriggerName():
            return term.kind in (Kind.NUMBER, Kind.JSON)
        case _:
            return False


def _compare_terms(order: Order, left: Side, right: Side, text: str, source: Source) -> Node | None:
    orders = order not in (Order.EQ, Order.NE)
    left, right = _dates_meant(left, right, orders, source), _dates_meant(right, left, orders, source)
    if not isinstance(left.value, TERMS) or not isinstance(right.value, TERMS):
        return None
    family = _common_family(left.value, right.value)
    if family is None:
        _report_mismatch(left, right, source)
        return None
    if family is Family.TAGS:
        source.report(left.node, "E102", "a list is not compared as a whole", "write 'vip' in tags")
        return None
    if orders and family not in (Family.NUMBER, Family.INSTANT, Family.JSON):
        what = "a text has" if family is Family.TEXT else "true and false have"
        source.report(left.node, "E102", f"{what} no order, so {order} cannot compare them", "write == or in […]")
        return None
    allowed = _allowed(left.value, right, source) and _allowed(right.value, left, source)
    return Compare(order, left.value, right.value, family, text) if allowed else None


def _dates_meant(side: Side, other: Side, orders: bool, source: Source) -> Side:
    """The side, with a text that is compared with a date read as the date it means."""
    value, opposite = side.value, other.value
    if not isinstance(value, Literal) or not isinstance(value.value, str) or not isinstance(opposite, TERMS):
        return side
    family = FAMILY_OF[opposite.kind]
    if family is Family.JSON and orders and looks_like_date(value.value):
        family = Family.INSTANT
    if family is not Family.INSTANT:
        return side
    meant = date_literal(value.value, side.node, source)
    # a text that is no date has been reported; any instant keeps the check going without a second report
    return replace(side, value=meant) if meant else replace(side, value=Literal(value.value, Kind.DATETIME))


def _common_family(left: Term, right: Term) -> Family | None:
    first, second = FAMILY_OF[left.kind], FAMILY_OF[right.kind]
    if first is second:
        return first
    if Family.JSON in (first, second):
        return second if first is Family.JSON else first
    return None


def _report_mismatch(left: Side, right: Side, source: Source) -> None:
    first, second = left.value, right.value
    if not isinstance(first, TERMS) or not isinstance(second, TERMS):
        return
    message = (
        f"{source.segment(left.node)} is {_KIND_WORDS[first.kind]}, "
        f"{source.segment(right.node)} is {_KIND_WORDS[second.kind]}: they never compare"
    )
    source.report(right.node, "E102", message, _mismatch_hint(first, second))


def _mismatch_hint(left: Term, right: Term) -> str:
    for term, other in ((left, right), (right, left)):
        if isinstance(term, Literal) and isinstance(term.value, str):
            if FAMILY_OF[other.kind] is Family.NUMBER:
                return "a number stands without quotes" if _numeric(term.value) else "write a number"
            if FAMILY_OF[other.kind] is Family.TAGS:
                return f"write {shown(term.value)} in …"
            if FAMILY_OF[other.kind] is Family.BOOLEAN:
                return "write true or false, without quotes"
        if isinstance(term, Literal) and FAMILY_OF[other.kind] is Family.TEXT:
            return f"a text stands in quotes: '{shown(term.value)}'"
    return ""


def _numeric(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _allowed(term: Term, side: Side, source: Source) -> bool:
    """Whether a text is one of the values of the choice it is compared with."""
    value = side.value
    if not isinstance(term, (LeadName, StageName)) or not term.choices or not isinstance(value, Literal):
        return True
    return _is_choice(term, value.value, side.node, source)


def _is_choice(term: LeadName | StageName, value: Constant, node: ast.expr, source: Source) -> bool:
    if not isinstance(value, str) or value.casefold() in {choice.casefold() for choice in term.choices}:
        return True
    hint = did_you_mean(value, term.choices) or f"it is {quoted(term.choices[:12])}"
    source.report(node, "E103", f"'{value}' is not a value of {term.name}", hint)
    return False


def membership(negated: bool, left: Side, right: ast.List | ast.Tuple, text: str, source: Source) -> Node | None:
    """`x in ['a', 'b']`."""
    term = left.value
    if not isinstance(term, TERMS) or term.kind in (Kind.TAGS, Kind.DAYS):
        source.report(left.node, "E102", f"{source.segment(left.node)} cannot be looked up in a list of values")
        return None
    if not right.elts:
        source.report(right, "E102", "an empty list holds nothing", "write the values: ['webinar', 'whitepaper']")
        return None
    values = [_element(left, element, source) for element in right.elts]
    found = [value for value in values if value is not None]
    if len(found) < len(values):
        return None
    families = {FAMILY_OF[value.kind] for value in found}
    if len(families) > 1:
        source.report(right, "E102", "a list holds values of one type", "write two conditions with or")
        return None
    return OneOf(term, tuple(value.value for value in found), families.pop(), negated, text)


def _element(left: Side, node: ast.expr, source: Source) -> Literal | None:
    value = literal(node, source)
    if value is None or not isinstance(left.value, TERMS):
        return None
    side = _dates_meant(Side(node, value), left, False, source)
    if not isinstance(side.value, Literal) or (side.value.kind is Kind.DATETIME and isinstance(side.value.value, str)):
        return None
    if _common_family(left.value, side.value) is None:
        _report_mismatch(left, side, source)
        return None
    return side.value if _allowed(left.value, side, source) else None


def has_tag(negated: bool, left: Side, right: Side, text: str, source: Source) -> Node | None:
    """`'vip' in tags`."""
    tags, tag = right.value, left.value
    if not isinstance(tags, (LeadName, VarName, TriggerName)) or tags.kind not in (Kind.TAGS, Kind.JSON):
        _report_no_list(left, right, source)
        return None
    if not isinstance(tag, TERMS) or FAMILY_OF[tag.kind] not in (Family.TEXT, Family.JSON):
        source.report(left.node, "E102", f"{source.segment(right.node)} is a list of texts", "write 'vip' in tags")
        return None
    return HasTag(tag, tags, negated, text)


def _report_no_list(left: Side, right: Side, source: Source) -> None:
    words, value = source.segment(right.node), right.value
    texts = isinstance(value, TERMS) and FAMILY_OF[value.kind] is Family.TEXT
    hint = f"write {words} == {source.segment(left.node)}, or [{words}]"
    if texts and is_literal(left.node):
        hint = f"write contains({words}, {source.segment(left.node)})"
    if is_literal(right.node):
        hint = f"a list stands in square brackets: [{words}]"
    source.report(right.node, "E102", f"{words} is not a list, so nothing can be in it", hint)
