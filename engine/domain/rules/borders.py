"""The numbers with which rules compare a name: only where its value crosses one of them can an answer change."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from engine.domain.rules.nodes import Arithmetic, Compare, LeadName, Literal, Node, OneOf, Order, Term
from engine.domain.rules.rule import Rule
from engine.domain.rules.walking import conditions


@dataclass(frozen=True, slots=True)
class Borders:
    """Numbers at which an answer changes: when a value reaches one of `at` (>=, <), or goes over one of `over` (>, <=).

    Both ascend. `everywhere`: some rule compares the name with something that is no number in its text, so that every
    change may matter.
    """

    at: tuple[float, ...] = ()
    over: tuple[float, ...] = ()
    everywhere: bool = False

    @property
    def known(self) -> bool:
        """Whether any change can matter."""
        return bool(self.at or self.over or self.everywhere)

    def part(self, value: float) -> int:
        """Between which borders a value lies: two values in the same part mean the same to rules."""
        return bisect_right(self.at, value) + bisect_left(self.over, value)

    def crossed(self, before: float, after: float) -> float:
        """The border nearest to `after` of those between two values that lie in different parts."""
        found = [number for number in self.at if (before >= number) is not (after >= number)]
        found += [number for number in self.over if (before > number) is not (after > number)]
        return max(found) if after > before else min(found)

    def between(self, before: float, after: float) -> bool:
        """Whether a change from one value to another may change what a rule answers."""
        return before != after and (self.everywhere or self.part(before) != self.part(after))


def borders_of(rules: Iterable[Rule], name: str) -> Borders:
    """Where these rules draw lines on a number of the lead."""
    found = [border for rule in rules for condition in conditions(rule.node) for border in _borders(condition, name)]
    at = {number for order, number in found if order in _AT}
    over = {number for order, number in found if order in _OVER}
    return Borders(tuple(sorted(at)), tuple(sorted(over)), any(order is None for order, _ in found))


_AT = (Order.GE, Order.LT, Order.EQ, Order.NE)
_OVER = (Order.GT, Order.LE, Order.EQ, Order.NE)


def _borders(condition: Node, name: str) -> Iterator[tuple[Order | None, float]]:
    """How one condition compares the name, with which numbers; None where that is not known before."""
    match condition:
        case Compare(order=order, left=LeadName(name=found), right=Literal(value=float() as number)) if found == name:
            yield order, number
        case Compare(order=order, left=Literal(value=float() as number), right=LeadName(name=found)) if found == name:
            yield order.swapped, number
        case OneOf(term=LeadName(name=found), values=values) if found == name:
            yield from ((Order.EQ, value) for value in values if isinstance(value, float))
        case Compare(left=left, right=right) if _within(left, name) or _within(right, name):
            yield None, 0.0
        case OneOf(term=term) if _within(term, name):
            yield None, 0.0
        case _:
            return


def _within(term: Term, name: str) -> bool:
    if isinstance(term, Arithmetic):
        return _within(term.left, name) or _within(term.right, name)
    return isinstance(term, LeadName) and term.name == name
