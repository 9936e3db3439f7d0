"""Works out expressions of templates as far as they are known, by an allow-list over Jinja's syntax tree.

Nothing is ever called or imported: what is not listed here is refused at its place, so a template cannot reach Python's
objects, and cannot ask for more work than its own text is long.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from jinja2 import nodes

from engine.content import expressions as ex
from engine.content.frames import Fragment, Module, Root, Value
from engine.content.names import LOOP_VALUES, Names
from engine.content.origin import Origin, RefusedError
from engine.content.pieces import Branch, Constant, Hole, Pieces
from engine.content.values import (
    FILTERS,
    MAX_TEXT,
    MISSING,
    TOLERANT,
    ValueRefusedError,
    apply_filter,
    compare,
    date_code,
    known,
    show,
)
from engine.errors import Place, did_you_mean

_OPERATORS = {"eq": "==", "ne": "!=", "lt": "<", "lteq": "<=", "gt": ">", "gteq": ">=", "in": "in", "notin": "not in"}
MAX_EXPRESSION = 500
_FORBIDDEN = {nodes.Mul: "*", nodes.Div: "/", nodes.FloorDiv: "//", nodes.Mod: "%", nodes.Pow: "**"}


@dataclass
class Reducer:
    """Turns Jinja's expressions into values or into `Expression`s that wait for the lead."""

    names: Names
    origin: Origin
    links: Mapping[str, Value]

    def place(self, node: nodes.Node, needle: str = "") -> Place:
        return self.origin.place(node.lineno, needle)

    def reduce(self, node: nodes.Node, scope: Mapping[str, Value]) -> Value:
        """The value of an expression.

        Raises:
            RefusedError: it is not allowed, or names what does not exist.
        """
        for kind, symbol in _FORBIDDEN.items():
            if isinstance(node, kind):
                raise RefusedError(
                    "E321",
                    f"'{symbol}' is not allowed in templates",
                    self.place(node, symbol),
                    "compute such values before, in a lead field",
                )
        handler = getattr(self, f"_{type(node).__name__.lower()}", None)
        if handler is None:
            what = type(node).__name__.lower()
            raise RefusedError(
                "E321",
                f"this is not allowed in templates ({what})",
                self.place(node),
                "templates write values, choose with if and repeat with for",
            )
        value = handler(node, scope)
        if isinstance(value, ex.Expression) and ex.is_larger(value, MAX_EXPRESSION):
            raise RefusedError(
                "E324", "this expression grows too large", self.place(node), "write it once, without repeating it"
            )
        return value

    def pieces(self, value: Value, node: nodes.Node) -> Pieces:
        """What a value writes into the mail."""
        if isinstance(value, Fragment):
            return value.pieces
        if isinstance(value, ex.Expression):
            needle = next((str(reference) for reference in ex.references(value)), "")
            return (Hole(value, self.place(node, needle)),)
        if value is None or value is MISSING:
            return ()
        if isinstance(value, str | int | float | bool | list | tuple | date):
            return (Constant(show(value)),) if show(value) else ()
        name = value.name if isinstance(value, Root) else "this"
        raise RefusedError(
            "E322",
            f"'{name}' is not a value that can be written",
            self.place(node, name),
            f"write one of its members: {{{{ {name}.… }}}}",
        )

    def _const(self, node: nodes.Const, _scope: Mapping[str, Value]) -> Value:
        return node.value

    _templatedata = _const

    def _name(self, node: nodes.Name, scope: Mapping[str, Value]) -> Value:
        if node.name in scope:
            return scope[node.name]
        if node.name in self.names.members:
            return Root(node.name)
        if node.name in self.names.plain:
            return ex.Reference(node.name, (), self.place(node, node.name))
        message, hint = self.names.unknown_root(node.name)
        raise RefusedError("E320", message, self.place(node, node.name), hint)

    def _getattr(self, node: nodes.Getattr, scope: Mapping[str, Value]) -> Value:
        return self._member(self.reduce(node.node, scope), node.attr, node)

    def _getitem(self, node: nodes.Getitem, scope: Mapping[str, Value]) -> Value:
        step = self.reduce(node.arg, scope) if not isinstance(node.arg, nodes.Slice) else None
        if isinstance(step, bool) or not isinstance(step, str | int):
            raise RefusedError(
                "E321",
                "only a name or a number may stand in brackets",
                self.place(node, "["),
                'write lead.field or lead["field"]',
            )
        return self._member(self.reduce(node.node, scope), step, node)

    def _member(self, value: Value, step: str | int, node: nodes.Node) -> Value:
        if isinstance(step, str) and step.startswith("_"):
            raise RefusedError(
                "E321",
                f"'{step}' is not allowed in templates",
                self.place(node, step),
                "names that begin with _ are out of reach",
            )
        if isinstance(value, Root):
            return self._root_member(value.name, step, node)
        if isinstance(value, ex.Reference):
            if value.root.startswith("loop_") and step not in LOOP_VALUES:
                raise RefusedError(
                    "E320", f"loop has no '{step}'", self.place(node, str(step)), f"known are {', '.join(LOOP_VALUES)}"
                )
            return ex.Reference(value.root, (*value.path, step), value.place)
        if isinstance(value, Module | Mapping):
            members = value.values if isinstance(value, Module) else value
            if step in members:
                return members[str(step)]
            raise RefusedError(
                "E320",
                f"there is no '{step}' here",
                self.place(node, str(step)),
                did_you_mean(str(step), [str(key) for key in members]),
            )
        if isinstance(value, list | tuple) and isinstance(step, int) and -len(value) <= step < len(value):
            return value[step]
        raise RefusedError(
            "E321",
            f"'{step}' is not allowed: values have no methods here",
            self.place(node, str(step)),
            "use a filter: {{ lead.first_name | upper }}",
        )

    def _root_member(self, root: str, step: str | int, node: nodes.Node) -> Value:
        place = self.place(node, f"{root}.{step}")
        if unknown := self.names.unknown_member(root, str(step)):
            raise RefusedError("E323" if root == "lead" else "E320", unknown[0], place, unknown[1])
        if str(step) in self.names.folded.get(root, {}):
            return self.names.folded[root][str(step)]
        if root == "links":
            return self.links[str(step)]
        return ex.Reference(root, (step,), place)

    def _or(self, node: nodes.Or, scope: Mapping[str, Value]) -> Value:
        return self._logic("or", node, scope)

    def _and(self, node: nodes.And, scope: Mapping[str, Value]) -> Value:
        return self._logic("and", node, scope)

    def _logic(self, operator: str, node: nodes.BinExpr, scope: Mapping[str, Value]) -> Value:
        left = self.reduce(node.left, scope)
        if not isinstance(left, ex.Expression):
            decided = bool(self.truth(left, node)) is (operator == "or")
            return left if decided else self.reduce(node.right, scope)
        right = self.reduce(node.right, scope)
        if isinstance(right, Fragment):
            return Fragment(
                (Branch(left, *((self.pieces(left, node), right.pieces) if operator == "or" else (right.pieces, ()))),)
            )
        return ex.Logic(operator, left, self.expression(right, node))

    def truth(self, value: Value, node: nodes.Node) -> bool:
        """Whether a known value is true.

        Raises:
            RefusedError: that depends on markup with holes.
        """
        if isinstance(value, Fragment):
            if any(not isinstance(piece, Hole) for piece in value.pieces) or not value.pieces:
                return bool(value.pieces)
            raise RefusedError(
                "E322",
                "whether this text is empty depends on the lead",
                self.place(node),
                "ask for the lead's field itself",
            )
        if isinstance(value, Root):
            raise RefusedError(
                "E322",
                f"'{value.name}' is always there",
                self.place(node, value.name),
                f"ask for one of its members: {value.name}.…",
            )
        return bool(value)

    def expression(self, value: Value, node: nodes.Node) -> ex.Expression:
        """The value as part of an expression that waits."""
        if isinstance(value, ex.Expression):
            return value
        if value is None or isinstance(value, str | int | float | date):
            return ex.Literal(value)
        raise RefusedError(
            "E322", "this cannot be combined with a lead's value", self.place(node), "combine texts, numbers and fields"
        )

    def _not(self, node: nodes.Not, scope: Mapping[str, Value]) -> Value:
        value = self.reduce(node.node, scope)
        return ex.Not(value) if isinstance(value, ex.Expression) else not self.truth(value, node)

    def _compare(self, node: nodes.Compare, scope: Mapping[str, Value]) -> Value:
        left, result = self.reduce(node.expr, scope), None
        for operand in node.ops:
            right = self.reduce(operand.expr, scope)
            step = self._compared(left, _OPERATORS[operand.op], right, node)
            result = step if result is None else self._both(result, step)
            left = right
        return result

    def _compared(self, left: Value, operator: str, right: Value, node: nodes.Node) -> Value:
        if isinstance(right, list | tuple) and isinstance(left, ex.Expression):
            tests: list[ex.Expression] = [ex.Comparison(left, "==", self.expression(entry, node)) for entry in right]
            found: ex.Expression = tests[0] if tests else ex.Literal(False)
            for test in tests[1:]:
                found = ex.Logic("or", found, test)
            return found if operator == "in" else ex.Not(found)
        if isinstance(left, ex.Expression) or isinstance(right, ex.Expression):
            return ex.Comparison(self.expression(left, node), operator, self.expression(right, node))
        return compare(known(left), operator, known(right))

    @staticmethod
    def _both(left: Value, right: Value) -> Value:
        if isinstance(left, ex.Expression) and isinstance(right, ex.Expression):
            return ex.Logic("and", left, right)
        if isinstance(left, ex.Expression):
            return left if right else False
        return right if left else False

    def _condexpr(self, node: nodes.CondExpr, scope: Mapping[str, Value]) -> Value:
        test = self.reduce(node.test, scope)
        if not isinstance(test, ex.Expression):
            chosen = node.expr1 if self.truth(test, node) else node.expr2
            return self.reduce(chosen, scope) if chosen is not None else ""
        yes = self.reduce(node.expr1, scope)
        no = self.reduce(node.expr2, scope) if node.expr2 is not None else ""
        return self.choose(test, yes, no, node)

    def choose(self, test: ex.Expression, yes: Value, no: Value, node: nodes.Node) -> Value:
        """One of two values, by a test that waits."""
        if isinstance(yes, Fragment) or isinstance(no, Fragment):
            return Fragment((Branch(test, self.pieces(yes, node), self.pieces(no, node)),))
        choice = ex.Choice(test, self.expression(yes, node), self.expression(no, node))
        if ex.is_larger(choice, MAX_EXPRESSION):
            raise RefusedError(
                "E324", "this value grows too large", self.place(node), "set it once, without repeating it"
            )
        return choice

    def _concat(self, node: nodes.Concat, scope: Mapping[str, Value]) -> Value:
        values = [self.reduce(part, scope) for part in node.nodes]
        if any(isinstance(value, Fragment) for value in values):
            return Fragment(tuple(piece for value in values for piece in self.pieces(value, node)))
        if any(isinstance(value, ex.Expression) for value in values):
            return ex.Joined(tuple(self.expression(value, node) for value in values))
        return self._bounded("".join(show(value) for value in values), node)

    def _bounded(self, text: str, node: nodes.Node) -> str:
        if len(text) > MAX_TEXT:
            raise RefusedError(
                "E324",
                f"this text grows beyond {MAX_TEXT:,} characters",
                self.place(node, "~"),
                "write it once, without repeating it",
            )
        return text

    def _add(self, node: nodes.Add, scope: Mapping[str, Value]) -> Value:
        return self._arithmetic("+", node, scope)

    def _sub(self, node: nodes.Sub, scope: Mapping[str, Value]) -> Value:
        return self._arithmetic("-", node, scope)

    def _arithmetic(self, operator: str, node: nodes.BinExpr, scope: Mapping[str, Value]) -> Value:
        left, right = self.reduce(node.left, scope), self.reduce(node.right, scope)
        for value in (left, right):
            if not isinstance(value, ex.Expression | int | float):
                raise RefusedError(
                    "E321", f"'{operator}' is for numbers", self.place(node, operator), "join texts with ~"
                )
        if isinstance(left, ex.Expression) or isinstance(right, ex.Expression):
            return ex.Arithmetic(self.expression(left, node), operator, self.expression(right, node))
        return left + right if operator == "+" else left - right

    def _neg(self, node: nodes.Neg, scope: Mapping[str, Value]) -> Value:
        value = self.reduce(node.node, scope)
        if not isinstance(value, int | float):
            raise RefusedError("E321", "'-' is for numbers", self.place(node, "-"))
        return -value

    def _list(self, node: nodes.List, scope: Mapping[str, Value]) -> Value:
        return [self.reduce(item, scope) for item in node.items]

    _tuple = _list

    def _dict(self, node: nodes.Dict, scope: Mapping[str, Value]) -> Value:
        return {str(self.reduce(pair.key, scope)): self.reduce(pair.value, scope) for pair in node.items}

    def _test(self, node: nodes.Test, scope: Mapping[str, Value]) -> Value:
        if node.name not in {"defined", "undefined", "none"} or node.args:
            raise RefusedError(
                "E321",
                f"the test 'is {node.name}' is not allowed",
                self.place(node, node.name),
                "use: is defined, is not defined, is none",
            )
        value = self.reduce(node.node, scope)
        present = ex.Known(value) if isinstance(value, ex.Expression) else value is not None
        if node.name == "defined":
            return present
        return ex.Not(present) if isinstance(present, ex.Expression) else not present

    def _filter(self, node: nodes.Filter, scope: Mapping[str, Value]) -> Value:
        if node.node is None:
            raise RefusedError(
                "E321",
                "filter blocks are not allowed",
                self.place(node),
                "put the filter behind each value: {{ lead.city | upper }}",
            )
        return self.filtered(node, self.reduce(node.node, scope), scope)

    def filtered(self, node: nodes.Filter, value: Value, scope: Mapping[str, Value]) -> Value:
        """A value through a filter of the allow-list."""
        arguments = self._arguments(node, scope)
        if node.name == "default" and isinstance(value, ex.Expression):
            other = self.expression(arguments[0], node) if arguments else ex.Literal("")
            return ex.Logic("or", value, other)
        if isinstance(value, ex.Expression):
            return ex.Filtered(value, node.name, arguments)
        if isinstance(value, Fragment | Root | Module):
            raise RefusedError("E322", f"'{node.name}' works on values, not on markup", self.place(node, node.name))
        try:
            return apply_filter(node.name, value if node.name in TOLERANT else known(value), *arguments)
        except (ValueRefusedError, TypeError) as error:
            raise RefusedError("E325", str(error), self.place(node, node.name)) from None

    def _arguments(self, node: nodes.Filter, scope: Mapping[str, Value]) -> tuple[Any, ...]:
        if node.name not in self._filters():
            hint = did_you_mean(node.name, FILTERS) or "known are " + ", ".join(FILTERS)
            raise RefusedError("E321", f"the filter '{node.name}' is not allowed", self.place(node, node.name), hint)
        if node.dyn_args or node.dyn_kwargs:
            raise RefusedError("E321", "* is not allowed in templates", self.place(node, "*"))
        arguments = tuple(
            self.reduce(argument, scope) for argument in (*node.args, *(pair.value for pair in node.kwargs))
        )
        fixed = all(argument is None or isinstance(argument, str | int | float) for argument in arguments)
        if not fixed and node.name != "default":
            raise RefusedError(
                "E321", f"what '{node.name}' is given must stand in the template", self.place(node, node.name)
            )
        if node.name == "date" and arguments:
            self._check_pattern(arguments[0], node)
        return arguments

    def _filters(self) -> Mapping[str, Any]:
        return FILTERS

    def _check_pattern(self, pattern: Any, node: nodes.Node) -> None:
        rest = str(pattern)
        while "%" in rest:
            rest = rest.partition("%")[2]
            code = rest[:2] if rest.startswith("-") else rest[:1]
            try:
                date_code(code)
            except ValueRefusedError as error:
                raise RefusedError("E325", str(error), self.place(node, "%" + code)) from None
            rest = rest[len(code) :]
