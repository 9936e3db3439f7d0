"""From Python's syntax tree to a rule's own typed tree: the only place that decides what the language allows."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TypeAlias

from engine.domain.rules.calls import check_call
from engine.domain.rules.comparisons import Side, compare, has_tag, membership
from engine.domain.rules.literals import is_literal, literal
from engine.domain.rules.names import resolve
from engine.domain.rules.nodes import (
    TERMS,
    All,
    AnyOf,
    Arithmetic,
    IsTrue,
    LeadName,
    Literal,
    Node,
    Not,
    Order,
    Sign,
    StageName,
    Term,
    TriggerName,
    Truth,
    VarName,
)
from engine.domain.rules.scope import Scope
from engine.domain.rules.syntax import Source
from engine.domain.rules.values import FAMILY_OF, Family, Kind

OPERANDS_LIMIT = 8
"""More factors could leave the range of doubles, which PostgreSQL treats as an error."""

Checked: TypeAlias = Term | Node

_ORDERS: dict[type[ast.cmpop], Order] = {
    ast.Eq: Order.EQ,
    ast.NotEq: Order.NE,
    ast.Lt: Order.LT,
    ast.LtE: Order.LE,
    ast.Gt: Order.GT,
    ast.GtE: Order.GE,
}
_SIGNS: dict[type[ast.operator], Sign] = {ast.Add: Sign.PLUS, ast.Sub: Sign.MINUS, ast.Mult: Sign.TIMES}
_FOREIGN: dict[type[ast.AST], tuple[str, str]] = {
    ast.Div: ("/ is not part of the rule language", "multiply the other side instead"),
    ast.FloorDiv: ("// is not part of the rule language", "multiply the other side instead"),
    ast.Mod: ("% is not part of the rule language", ""),
    ast.Pow: ("** is not part of the rule language", ""),
    ast.BitAnd: ("& is not part of the rule language", "write 'and'"),
    ast.BitOr: ("| is not part of the rule language", "write 'or'"),
    ast.Is: ("'is' is not part of the rule language", "write =="),
    ast.IsNot: ("'is not' is not part of the rule language", "write !="),
    ast.IfExp: ("'if … else' is not part of the rule language", "write and, or, not"),
    ast.Lambda: ("functions of one's own are not part of the rule language", ""),
    ast.Subscript: (
        "square brackets behind a name mean nothing in a rule",
        "reach a property with a dot: trigger.plan",
    ),
    ast.JoinedStr: ("texts with holes are not part of the rule language", "write a plain text"),
    ast.Dict: ("{ } is not part of the rule language", ""),
    ast.Set: ("a list stands in square brackets", "write ['webinar', 'whitepaper']"),
    ast.Tuple: ("a comma means nothing here", "join conditions with and, or"),
    ast.List: ("a list stands only behind in and not in", "write source in ['webinar', 'whitepaper']"),
    ast.NamedExpr: (":= is not part of the rule language", "write =="),
}


@dataclass(slots=True)
class Checker:
    """Walks one rule; notes every problem in `source` and goes on, so that all are told at once."""

    scope: Scope
    source: Source

    def condition(self, node: ast.expr) -> Node | None:
        """The part as a condition; a boolean name is one, any other value is an error."""
        checked = self.check(node)
        if checked is None or not isinstance(checked, TERMS):
            return checked
        if isinstance(checked, Literal) and isinstance(checked.value, bool):
            return Truth(checked.value, self.source.segment(node))
        named = (LeadName, StageName, TriggerName, VarName)
        if isinstance(checked, named) and checked.kind in (Kind.BOOLEAN, Kind.JSON):
            return IsTrue(checked, self.source.segment(node))
        self._report_no_condition(node, checked)
        return None

    def check(self, node: ast.expr) -> Checked | None:
        """Any part of a rule as a term or a condition, or None after reporting."""
        match node:
            case ast.Name() | ast.Constant() | ast.UnaryOp() if is_literal(node):
                return literal(node, self.source)
            case ast.Name() | ast.Attribute():
                return resolve(node, self.scope, self.source)
            case ast.Call():
                return check_call(node, self.scope, self.source)
            case ast.Compare():
                return self._comparison(node)
            case ast.BoolOp():
                return self._joined(node)
            case ast.UnaryOp():
                return self._unary(node)
            case ast.BinOp():
                return self._arithmetic(node)
            case _:
                self._foreign(node, node)
                return None

    def _foreign(self, node: ast.expr, what: ast.AST) -> None:
        default = f"{self.source.segment(node)} is not part of the rule language", ""
        self.source.report(node, "E101", *_FOREIGN.get(type(what), default))

    def _report_no_condition(self, node: ast.expr, term: Term) -> None:
        words = self.source.segment(node)
        if FAMILY_OF[term.kind] in (Family.NUMBER, Family.DAYS):
            hint = f"write {words} > 0"
        elif isinstance(term, Literal):
            hint = "compare it with something"
        else:
            hint = f"known({words}) asks whether there is a value; {words} == … compares it"
        self.source.report(node, "E108", f"{words} is a value, not a condition", hint)

    def _joined(self, node: ast.BoolOp) -> Node | None:
        items = [self.condition(value) for value in node.values]
        found = tuple(item for item in items if item is not None)
        if len(found) < len(items):
            return None
        text = self.source.segment(node)
        return All(found, text) if isinstance(node.op, ast.And) else AnyOf(found, text)

    def _unary(self, node: ast.UnaryOp) -> Checked | None:
        if isinstance(node.op, ast.Not):
            item = self.condition(node.operand)
            return None if item is None else Not(item, self.source.segment(node))
        if isinstance(node.op, ast.Invert):
            self.source.report(node, "E101", "~ is not part of the rule language", "write 'not'")
            return None
        number = self._operand(node.operand)
        if number is None or isinstance(node.op, ast.UAdd):
            return number
        return self._within_limit(node, Arithmetic(Sign.MINUS, Literal(0.0, Kind.NUMBER), number))

    def _arithmetic(self, node: ast.BinOp) -> Term | None:
        sign = _SIGNS.get(type(node.op))
        if sign is None:
            self._foreign(node, node.op)
            return None
        left, right = self._operand(node.left), self._operand(node.right)
        if left is None or right is None:
            return None
        return self._within_limit(node, Arithmetic(sign, left, right))

    def _operand(self, node: ast.expr) -> Term | None:
        checked = self.check(node)
        if checked is None:
            return None
        if isinstance(checked, TERMS) and FAMILY_OF[checked.kind] in (Family.NUMBER, Family.JSON):
            return checked
        words = self.source.segment(node)
        if isinstance(checked, TERMS) and checked.kind is Kind.DAYS:
            self.source.report(node, "E102", f"{words} can only be compared", f"for example: {words} >= 14")
        else:
            self.source.report(node, "E102", f"+ - * take numbers, and {words} is none")
        return None

    def _within_limit(self, node: ast.expr, term: Arithmetic) -> Arithmetic | None:
        if _operands(term) <= OPERANDS_LIMIT:
            return term
        self.source.report(node, "E112", f"a rule calculates with at most {OPERANDS_LIMIT} numbers at once", "split it")
        return None

    def _comparison(self, node: ast.Compare) -> Node | None:
        lefts = [node.left, *node.comparators]
        single = len(node.ops) == 1
        pairs = []
        for left, op, right in zip(lefts, node.ops, node.comparators, strict=False):
            words = f"{self.source.segment(left)} {_SPELLED[type(op)]} {self.source.segment(right)}"
            pairs.append(self._pair(left, op, right, self.source.segment(node) if single else words))
        found = tuple(pair for pair in pairs if pair is not None)
        if len(found) < len(pairs):
            return None
        return found[0] if single else All(found, self.source.segment(node))

    def _pair(self, left_node: ast.expr, op: ast.cmpop, right_node: ast.expr, text: str) -> Node | None:
        if isinstance(op, (ast.Is, ast.IsNot)):
            self.source.report(right_node, "E101", *_FOREIGN[type(op)])
            return None
        left = self.check(left_node)
        is_in = isinstance(op, (ast.In, ast.NotIn))
        negated = isinstance(op, ast.NotIn)
        if is_in and isinstance(right_node, (ast.List, ast.Tuple)):
            if left is None:
                return None
            return membership(negated, Side(left_node, left), right_node, text, self.source)
        right = self.check(right_node)
        if left is None or right is None:
            return None
        sides = Side(left_node, left), Side(right_node, right)
        if is_in:
            return has_tag(negated, *sides, text, self.source)
        return compare(_ORDERS[type(op)], *sides, text, self.source)


_SPELLED: dict[type[ast.cmpop], str] = {
    **{kind: str(order) for kind, order in _ORDERS.items()},
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Is: "is",
    ast.IsNot: "is not",
}


def _operands(term: Term) -> int:
    return _operands(term.left) + _operands(term.right) if isinstance(term, Arithmetic) else 1
