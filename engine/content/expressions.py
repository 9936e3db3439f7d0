"""Expressions that wait for a lead: what is left of Jinja's once all that is known beforehand has been worked out.

They are written back as Jinja source (`source`), and become Python in `engine.content.generate`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from engine.errors import Place

Scalar = str | int | float | bool | date | None


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that stands in the template."""

    value: Scalar


@dataclass(frozen=True, slots=True)
class Reference:
    """A value looked up at send time: `lead.first_name`, `trigger.plan`, `item_1.title`, `link[3]`."""

    root: str
    path: tuple[str | int, ...] = ()
    place: Place = field(default=Place(""), compare=False)

    def __str__(self) -> str:
        return self.root + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path)


@dataclass(frozen=True, slots=True)
class Logic:
    """`or` and `and`: the value of the side that decides."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Not:
    value: Expression


@dataclass(frozen=True, slots=True)
class Comparison:
    left: Expression
    operator: str
    right: Expression


@dataclass(frozen=True, slots=True)
class Choice:
    """`yes if test else no`."""

    test: Expression
    yes: Expression
    no: Expression


@dataclass(frozen=True, slots=True)
class Filtered:
    """A value through a filter; the arguments stand in the template."""

    value: Expression
    name: str
    arguments: tuple[Scalar, ...] = ()


@dataclass(frozen=True, slots=True)
class Joined:
    """Texts one after another (`~`)."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`+` or `-` of two numbers."""

    left: Expression
    operator: str
    right: Expression


@dataclass(frozen=True, slots=True)
class Known:
    """`is defined`: whether the lead has a value here."""

    value: Expression


Expression = Literal | Reference | Logic | Not | Comparison | Choice | Filtered | Joined | Arithmetic | Known


def children(expression: Expression) -> tuple[Expression, ...]:
    """The expressions directly inside."""
    match expression:
        case Logic(_, left, right) | Comparison(left, _, right) | Arithmetic(left, _, right):
            return (left, right)
        case Not(value) | Known(value) | Filtered(value):
            return (value,)
        case Choice(test, yes, no):
            return (test, yes, no)
        case Joined(parts):
            return parts
    return ()


def is_larger(expression: Expression, limit: int) -> bool:
    """Whether the expression has more than `limit` parts, counting no further (shared parts count each time)."""
    waiting, seen = [expression], 0
    while waiting:
        seen += 1
        if seen > limit:
            return True
        waiting += children(waiting.pop())
    return False


def references(expression: Expression) -> Iterator[Reference]:
    """Every value that the expression looks up."""
    if isinstance(expression, Reference):
        yield expression
    for child in children(expression):
        yield from references(child)


def source(expression: Expression) -> str:
    """The expression as Jinja source; parentheses wherever precedence could matter."""
    match expression:
        case Literal(value):
            return literal_source(value)
        case Reference():
            return str(expression)
        case Logic(operator, left, right) | Comparison(left, operator, right) | Arithmetic(left, operator, right):
            return f"({source(left)} {operator} {source(right)})"
        case Not(value):
            return f"(not {source(value)})"
        case Known(value):
            return f"({source(value)} is defined)"
        case Choice(test, yes, no):
            return f"({source(yes)} if {source(test)} else {source(no)})"
        case Joined(parts):
            return "(" + " ~ ".join(source(part) for part in parts) + ")"
        case Filtered(value, name, arguments):
            listed = ", ".join(literal_source(argument) for argument in arguments)
            return f"{source(value)}|{name}" + (f"({listed})" if listed else "")


def bare_source(expression: Expression) -> str:
    """As `source`, without the outermost parentheses."""
    text = source(expression)
    grouped = isinstance(expression, Logic | Comparison | Arithmetic | Not | Known | Choice | Joined)
    return text[1:-1] if grouped else text


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def literal_source(value: Scalar) -> str:
    """A constant as Jinja reads it."""
    if not isinstance(value, str):
        return (
            {None: "none", True: "true", False: "false"}[value]
            if value is None or value is True or value is False
            else repr(value)
        )
    return '"' + "".join(_ESCAPES.get(char) or (char if char >= " " else f"\\x{ord(char):02x}") for char in value) + '"'
