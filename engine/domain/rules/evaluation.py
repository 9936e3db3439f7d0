"""Whether a rule holds for one lead, and when time alone may change that.

Each node is compiled once into a closure; asking a rule then costs a few calls and no walk over its tree.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeAlias

from engine.domain.rules.nodes import (
    All,
    AnyOf,
    Compare,
    CompareDays,
    Enrolled,
    EventHappened,
    HasPart,
    HasTag,
    InList,
    IsTrue,
    Known,
    MailHappened,
    Node,
    Not,
    OneOf,
    Order,
    Part,
    Replied,
    Truth,
)
from engine.domain.rules.readers import (
    READERS,
    days_reader,
    events_reader,
    instant_reader,
    mails_reader,
    number_reader,
    tags_reader,
    text_reader,
)
from engine.domain.rules.values import (
    Family,
    Kind,
    days,
)
from engine.domain.rules.view import FactsView

Test: TypeAlias = Callable[[FactsView, datetime], bool]

_OPERATORS: dict[Order, Callable[[Any, Any], bool]] = {
    Order.EQ: operator.eq,
    Order.NE: operator.ne,
    Order.LT: operator.lt,
    Order.LE: operator.le,
    Order.GT: operator.gt,
    Order.GE: operator.ge,
}
_PARTS: dict[Part, Callable[[str, str], bool]] = {
    Part.ANYWHERE: operator.contains,
    Part.START: str.startswith,
    Part.END: str.endswith,
}


def compile_test(node: Node) -> Test:
    """The node as a function of one lead's facts and the present instant."""
    compiler: Callable[[Node], Test] = _COMPILERS[type(node)]
    return compiler(node)


def _truth(node: Truth) -> Test:
    return lambda _view, _now: node.value


def _all(node: All) -> Test:
    tests = tuple(compile_test(item) for item in node.items)
    if len(tests) == 2:
        first, second = tests
        return lambda view, now: first(view, now) and second(view, now)

    def holds(view: FactsView, now: datetime) -> bool:
        return all(test(view, now) for test in tests)

    return holds


def _any(node: AnyOf) -> Test:
    tests = tuple(compile_test(item) for item in node.items)
    if len(tests) == 2:
        first, second = tests
        return lambda view, now: first(view, now) or second(view, now)

    def holds(view: FactsView, now: datetime) -> bool:
        return any(test(view, now) for test in tests)

    return holds


def _not(node: Not) -> Test:
    test = compile_test(node.item)
    return lambda view, now: not test(view, now)


def _compare(node: Compare) -> Test:
    if node.family is Family.JSON:
        return _compare_untyped(node)
    left, right = READERS[node.family](node.left), READERS[node.family](node.right)
    compares = _OPERATORS[node.order]

    def holds(view: FactsView, now: datetime) -> bool:
        first = left(view, now)
        if first is None:
            return False
        second = right(view, now)
        return second is not None and compares(first, second)

    return holds


def _compare_untyped(node: Compare) -> Test:
    """Values of different types compare to false, also by `!=`; only numbers have an order."""
    left, right = READERS[Family.JSON](node.left), READERS[Family.JSON](node.right)
    compares = _OPERATORS[node.order]
    ordered = node.order not in (Order.EQ, Order.NE)

    def holds(view: FactsView, now: datetime) -> bool:
        first, second = left(view, now), right(view, now)
        if not isinstance(first, tuple) or not isinstance(second, tuple) or first[0] != second[0]:
            return False
        return not (ordered and first[0] != "number") and compares(first[1], second[1])

    return holds


def _compare_days(node: CompareDays) -> Test:
    anchor, number, until = days_reader(node.left), number_reader(node.right), node.left.until
    compares = _OPERATORS[node.order]

    def holds(view: FactsView, now: datetime) -> bool:
        at, count = anchor(view, now), number(view, now)
        if at is None or count is None:
            return False
        return compares(at - now if until else now - at, days(count))

    return holds


def _one_of(node: OneOf) -> Test:
    read, negated = READERS[node.family](node.term), node.negated
    fold = node.family is Family.TEXT
    values = frozenset(value.casefold() if fold and isinstance(value, str) else value for value in node.values)

    def holds(view: FactsView, now: datetime) -> bool:
        value = read(view, now)
        return value is not None and (value in values) is not negated

    return holds


def _has_tag(node: HasTag) -> Test:
    read_tag, read_tags, negated = text_reader(node.tag), tags_reader(node.tags), node.negated

    def holds(view: FactsView, now: datetime) -> bool:
        tag, tags = read_tag(view, now), read_tags(view, now)
        return tag is not None and tags is not None and (tag in tags) is not negated

    return holds


def _is_true(node: IsTrue) -> Test:
    read = READERS[Family.BOOLEAN](node.term)
    return lambda view, now: read(view, now) is True


def _known(node: Known) -> Test:
    kind = node.term.kind
    if kind is Kind.JSON:
        read_text, read_tags = READERS[Family.JSON](node.term), tags_reader(node.term)
        return lambda view, now: read_text(view, now) is not None or read_tags(view, now) is not None
    read = _KNOWN_READERS[kind](node.term)
    return lambda view, now: read(view, now) is not None


_KNOWN_READERS = {
    Kind.TEXT: text_reader,
    Kind.CHOICE: text_reader,
    Kind.NUMBER: number_reader,
    Kind.BOOLEAN: READERS[Family.BOOLEAN],
    Kind.DATE: instant_reader,
    Kind.DATETIME: instant_reader,
    Kind.TAGS: tags_reader,
}


def _has_part(node: HasPart) -> Test:
    read, part, test = text_reader(node.term), node.part, _PARTS[node.where]

    def holds(view: FactsView, now: datetime) -> bool:
        text = read(view, now)
        return text is not None and test(text, part)

    return holds


def _event_happened(node: EventHappened) -> Test:
    read = events_reader(node.pattern)
    return lambda view, now: bool(read(view, now))


def _mail_happened(node: MailHappened) -> Test:
    read = mails_reader(node.pattern)
    return lambda view, now: bool(read(view, now))


def _replied(node: Replied) -> Test:
    return lambda view, _now: view.replied(node.reach)


def _in_list(node: InList) -> Test:
    return lambda view, _now: view.in_list(node.name)


def _enrolled(node: Enrolled) -> Test:
    return lambda view, _now: view.enrolled(node.campaign, node.finished)


_COMPILERS: dict[type, Callable[..., Test]] = {
    Truth: _truth,
    All: _all,
    AnyOf: _any,
    Not: _not,
    Compare: _compare,
    CompareDays: _compare_days,
    OneOf: _one_of,
    HasTag: _has_tag,
    IsTrue: _is_true,
    Known: _known,
    HasPart: _has_part,
    EventHappened: _event_happened,
    MailHappened: _mail_happened,
    Replied: _replied,
    InList: _in_list,
    Enrolled: _enrolled,
}
