"""A cheap look for rules that can never be true, or never false.

A rule is taken apart into alternatives; in each, everything that is claimed of one name must have a common value. What
this look does not understand it takes for possible, so that it never cries wolf.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice, pairwise, product
from typing import Any, TypeAlias

from engine.domain.rules.nodes import (
    All,
    AnyOf,
    Arithmetic,
    Compare,
    CompareDays,
    Constant,
    EventCount,
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
    Truth,
)
from engine.domain.rules.values import Kind

ALTERNATIVES_LIMIT = 256

Claim: TypeAlias = tuple[Node, bool]

_HOLDS: dict[Order, Callable[[Any, Any], bool]] = {
    Order.EQ: operator.eq,
    Order.NE: operator.ne,
    Order.LT: operator.lt,
    Order.LE: operator.le,
    Order.GT: operator.gt,
    Order.GE: operator.ge,
}


def can_be_true(node: Node) -> bool:
    """Whether some lead may meet the rule; true also where this is not clear."""
    return _possible(node, True)


def can_be_false(node: Node) -> bool:
    """Whether some lead may fail the rule; true also where this is not clear."""
    return _possible(node, False)


def _possible(node: Node, wanted: bool) -> bool:
    if _count(node, wanted) > ALTERNATIVES_LIMIT:
        return True
    return any(_consistent(claims) for claims in _alternatives(node, wanted))


def _joins(node: Node, wanted: bool) -> bool:
    """Whether all items are claimed at once: an `and` that holds, or an `or` that does not."""
    return isinstance(node, All) is wanted


def _count(node: Node, wanted: bool) -> int:
    match node:
        case Not():
            return _count(node.item, not wanted)
        case All() | AnyOf():
            counts = [_count(item, wanted) for item in node.items]
            return math.prod(counts) if _joins(node, wanted) else sum(counts)
        case _:
            return 1


def _alternatives(node: Node, wanted: bool) -> Iterator[tuple[Claim, ...]]:
    match node:
        case Not():
            yield from _alternatives(node.item, not wanted)
        case All() | AnyOf() if _joins(node, wanted):
            choices = [list(islice(_alternatives(item, wanted), ALTERNATIVES_LIMIT)) for item in node.items]
            for combination in product(*choices):
                yield tuple(claim for claims in combination for claim in claims)
        case All() | AnyOf():
            for item in node.items:
                yield from _alternatives(item, wanted)
        case _:
            yield ((node, wanted),)


@dataclass(slots=True)
class Claims:
    """What one alternative says of one name; `tests` must hold for its value, `doubts` must hold if it has one."""

    term: Term
    tests: list[tuple[Order, Constant]] = field(default_factory=list)
    doubts: list[tuple[Order, Constant]] = field(default_factory=list)
    allowed: set[Constant] | None = None
    known: bool = False
    missing: bool = False

    def narrow(self, values: set[Constant]) -> None:
        self.allowed = values if self.allowed is None else self.allowed & values

    def possible(self) -> bool:
        counted = isinstance(self.term, (EventCount, MailCount))
        if not self.known and not counted:
            return True
        if self.missing:
            return False
        tests = self.tests + self.doubts
        if self.allowed is not None:
            return any(all(_meets(value, test) for test in tests) for value in self.allowed)
        return _some_value(tests, counted)


def _meets(value: Constant, test: tuple[Order, Constant]) -> bool:
    order, border = test
    try:
        return _HOLDS[order](value, border)
    except TypeError:
        return False


def _some_value(tests: list[tuple[Order, Constant]], counted: bool) -> bool:
    """Whether any value meets all tests: one of their borders, something between two of them, or beyond."""
    if not tests:
        return True
    numbers = [border for _, border in tests if isinstance(border, float)]
    instants = [border for _, border in tests if isinstance(border, datetime)]
    if counted:
        whole = {float(max(0, math.floor(number) + step)) for number in numbers for step in (-1, 0, 1)} | {0.0}
        return any(all(_meets(value, test) for test in tests) for value in whole)
    if len(numbers) == len(tests):
        candidates: list[Constant] = list(_around(sorted(numbers)))
        return any(all(_meets(value, test) for test in tests) for value in candidates)
    if len(instants) == len(tests):
        return _some_instant(tests, sorted(instants))
    return True


def _around(borders: list[float]) -> Iterator[float]:
    yield borders[0] - 1.0
    yield borders[-1] + 1.0
    yield from borders
    for low, high in pairwise(borders):
        yield (low + high) / 2


def _some_instant(tests: list[tuple[Order, Constant]], borders: list[datetime]) -> bool:
    first = borders[0]
    seconds = [(border - first).total_seconds() for border in borders]
    shifted = [(order, (border - first).total_seconds()) for order, border in tests if isinstance(border, datetime)]
    return any(all(_meets(value, test) for test in shifted) for value in _around(seconds))


def _consistent(claims: tuple[Claim, ...]) -> bool:
    opaque: dict[Node, bool] = {}
    named: dict[Term, Claims] = {}
    for node, wanted in claims:
        if isinstance(node, Truth):
            if node.value is not wanted:
                return False
        elif not _claim(node, wanted, named):
            fact, holds = _plain(node, wanted)
            if opaque.setdefault(fact, holds) is not holds:
                return False
    return all(found.possible() for found in named.values())


def _plain(node: Node, wanted: bool) -> Claim:
    """`'a' not in tags` as what it denies, where it is claimed and so the list is known."""
    if isinstance(node, HasTag) and node.negated and wanted:
        return HasTag(node.tag, node.tags), False
    return node, wanted


def _claim(node: Node, wanted: bool, named: dict[Term, Claims]) -> bool:
    """Notes what a condition claims of a name; False if it is not about one name and constants."""
    match node:
        case Compare() | CompareDays():
            return _claim_order(node, wanted, named)
        case OneOf() if not isinstance(node.term, (Literal, Arithmetic)):
            claims = _of(node.term, named)
            if wanted is not node.negated:
                _claim_one_of(claims, node, wanted)
            else:
                _claim_none_of(claims, node, wanted)
            return True
        case IsTrue():
            _note(_of(node.term, named), Order.EQ, True, wanted)
            return True
        case Known():
            claims = _of(node.term, named)
            claims.known, claims.missing = claims.known or wanted, claims.missing or not wanted
            return True
        case _:
            return False


def _of(term: Term, named: dict[Term, Claims]) -> Claims:
    if term not in named:
        claims = named[term] = Claims(term)
        if isinstance(term, (LeadName, StageName)) and term.choices:
            claims.allowed = {choice.casefold() for choice in term.choices}
        elif term.kind is Kind.BOOLEAN:
            claims.allowed = {True, False}
    return named[term]


def _claim_order(node: Compare | CompareDays, wanted: bool, named: dict[Term, Claims]) -> bool:
    order, left, right = node.order, node.left, node.right
    if isinstance(left, Literal):
        order, left, right = order.swapped, right, left
    if not isinstance(right, Literal) or isinstance(left, Arithmetic):
        return False
    if isinstance(left, Literal):
        return False
    _note(_of(left, named), order, _folded(right.value), wanted)
    return True


def _note(claims: Claims, order: Order, border: Constant, wanted: bool) -> None:
    if wanted:
        claims.known = True
        claims.tests.append((order, border))
        if order is Order.EQ:
            claims.narrow({border})
    elif claims.term.kind is not Kind.JSON:
        claims.doubts.append((order.opposite, border))


def _claim_one_of(claims: Claims, node: OneOf, wanted: bool) -> None:
    """The value is one of these; a denied `not in` says so only of a known value, which changes little: passed over."""
    if wanted:
        claims.known = True
        claims.narrow({_folded(value) for value in node.values})


def _claim_none_of(claims: Claims, node: OneOf, wanted: bool) -> None:
    for value in node.values:
        _note(claims, Order.NE if wanted else Order.EQ, _folded(value), wanted)


def _folded(value: Constant) -> Constant:
    return value.casefold() if isinstance(value, str) else value
