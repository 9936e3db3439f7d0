"""Writes the Python that renders a mail: fixed parts as finished bytes, and one call for each hole.

The functions take one `Call` (see `engine.content.form`) and return bytes in quoted-printable, or text for headers.
Every hole has a line of its own, so that a failure's line tells which hole it was.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.content import expressions as ex
from engine.content.pieces import Address, Branch, Constant, Hole, Loop, Pieces, Text
from engine.content.quoted import FragmentCache, escaped, fragment
from engine.content.values import (
    MISSING,
    add,
    apply_filter,
    compare,
    entries,
    joined,
    known,
    look_up,
    rounds,
    show,
    subtract,
)

_SLOTS = ("lead", "owner", "sender", "trigger", "campaign", "vars", "mail")
_ADDRESSES = ("unsubscribe_url", "view_url", "preferences_url", "share_link")


class MissingValueError(Exception):
    """A hole's value is missing and the template has no default."""


@dataclass(frozen=True, slots=True)
class Target:
    """A link's static address, ready for the mail: what stands before and after the mail's token, or all of it."""

    before: str
    after: str = ""
    bound: bool = False
    raw: bool = False


@dataclass(frozen=True)
class Function:
    """A compiled part: `run` renders it; `holes` maps lines of its code to the expressions that stand there."""

    run: Callable[[Any], Any]
    holes: Mapping[int, ex.Expression]
    fixed: tuple[bytes, ...] = ()


def bytes_function(pieces: Pieces, targets: Mapping[int, Target], pixel: Target | None, *, markup: bool) -> Function:
    """A function that writes a part of a mail as quoted-printable."""
    writer = _BytesWriter(targets, pixel, markup)
    return writer.function(pieces)


def text_function(pieces: Pieces, targets: Mapping[int, Target]) -> Function:
    """A function that writes one line of text."""
    code = _Code(targets)
    lines = ["def run(call):", "    return ''.join(("]
    holes: dict[int, ex.Expression] = {}
    for piece in pieces:
        lines.append(f"        {code.text(piece)},")
        if isinstance(piece, Hole):
            holes[len(lines)] = piece.expression
    lines.append("    ))")
    return _built(code, lines, holes, ())


@dataclass
class _Code:
    """Expressions as Python; looks up each value once per mail."""

    targets: Mapping[int, Target]
    hoisted: dict[str, str] = field(default_factory=dict)

    def expression(self, expression: ex.Expression) -> str:
        match expression:
            case ex.Literal(value):
                return repr(value)
            case ex.Reference():
                return self._reference(expression)
            case ex.Logic(operator, left, right):
                return f"({self.expression(left)} {operator} {self.expression(right)})"
            case ex.Not(value):
                return f"(not {self.expression(value)})"
            case ex.Known(value):
                return f"has({self.expression(value)})"
            case ex.Comparison(left, operator, right):
                return f"compare({self.expression(left)}, {operator!r}, {self.expression(right)})"
            case ex.Choice(test, yes, no):
                return f"({self.expression(yes)} if {self.expression(test)} else {self.expression(no)})"
            case ex.Joined(parts):
                return f"joined(({', '.join(self.expression(part) for part in parts)},))"
            case ex.Arithmetic(left, operator, right):
                return f"{'add' if operator == '+' else 'subtract'}({self.expression(left)}, {self.expression(right)})"
            case ex.Filtered(value, name, arguments):
                listed = "".join(f", {argument!r}" for argument in arguments)
                return f"apply_filter({name!r}, {self.expression(value)}{listed})"

    def _reference(self, reference: ex.Reference) -> str:
        if reference.root in _ADDRESSES:
            return f"call.{reference.root}"
        if reference.root in _SLOTS and reference.path:
            steps = "".join(f"{step}_" for step in reference.path)
            name = f"v{len(self.hoisted)}"
            value = f"known(call.{reference.root}.get({reference.path[0]!r}))"
            for step in reference.path[1:]:
                value = f"look_up({value}, {step!r})"
            return self.hoisted.setdefault(value, name) if steps else name
        value = f"x_{reference.root}"
        for step in reference.path:
            value = f"look_up({value}, {step!r})"
        return value

    def text(self, piece: Any) -> str:
        """A piece as an expression of type str."""
        match piece:
            case Text(text) | Constant(text):
                return repr(text)
            case Hole(expression):
                return f"need({self.expression(expression)})"
            case Branch(test, body, otherwise):
                return f"({self.joined(body)} if {self.expression(test)} else {self.joined(otherwise)})"
            case Address(index, pieces=pieces):
                return self.joined(pieces) if pieces else repr(self.targets[index].before)
            case Loop(variable, over, body):
                rounds = f"rounds(entries({self.expression(over)}))"
                return f"''.join({self.joined(body)} for x_loop_{variable}, x_{variable} in {rounds})"
        raise TypeError(piece)

    def joined(self, pieces: Pieces) -> str:
        return f"''.join(({''.join(self.text(piece) + ', ' for piece in pieces)}))" if pieces else "''"


@dataclass
class _BytesWriter:
    targets: Mapping[int, Target]
    pixel: Target | None
    markup: bool
    lines: list[str] = field(default_factory=list)
    holes: dict[int, ex.Expression] = field(default_factory=dict)
    constants: list[bytes] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    run: list[tuple[str, ex.Expression | None]] = field(default_factory=list)
    shared: dict[str, str] = field(default_factory=dict)
    code: _Code = field(init=False)

    def __post_init__(self) -> None:
        self.code = _Code(self.targets)

    def function(self, pieces: Pieces) -> Function:
        self.lines = ["def run(call):", "    out = []", "    token = call.token"]
        self._pieces((*pieces, Text("\n")) if not _ends_line(pieces) else pieces, 1)
        self._close(1)
        self.lines.append("    return b''.join(out)")
        return _built(self.code, self.lines, self.holes, tuple(self.constants), markup=self.markup)

    def _pieces(self, pieces: Pieces, depth: int) -> None:
        for piece in pieces:
            match piece:
                case Text(text):
                    self.waiting.append(text)
                case Constant(value):
                    self.waiting.append(self._escape(value))
                case Hole(expression):
                    self._hole(expression, depth)
                case Address():
                    self._address(piece)
                case Branch(test, body, otherwise):
                    self._branch(test, body, otherwise, depth)
                case Loop():
                    self._loop(piece, depth)

    def _escape(self, value: str) -> str:
        return escaped(value) if self.markup else value

    def _flush(self) -> None:
        """What is fixed so far becomes one constant."""
        text = "".join(self.waiting)
        self.waiting.clear()
        if text:
            self.run.append((f"K{len(self.constants)}", None))
            self.constants.append(fragment(text))

    def _item(self, code: str, expression: ex.Expression | None = None) -> None:
        self._flush()
        self.run.append((code, expression))

    def _close(self, depth: int) -> None:
        """Everything since the last branch or loop is put out at once, an item a line."""
        self._flush()
        if not self.run:
            return
        self.lines.append("    " * depth + "out += (")
        for code, expression in self.run:
            self.lines.append("    " * (depth + 1) + code + ",")
            if expression is not None:
                self.holes[len(self.lines)] = expression
        self.lines.append("    " * depth + ")")
        self.run.clear()

    def _line(self, depth: int, code: str, expression: ex.Expression | None = None) -> None:
        self._close(depth)
        self.lines.append("    " * depth + code)
        if expression is not None:
            self.holes[len(self.lines)] = expression

    def _shared(self, code: str, depth: int) -> str:
        """A value written before by a part that always runs is not encoded again."""
        if code in self.shared:
            return self.shared[code]
        if depth > 1:
            return code
        self.shared[code] = name = f"h{len(self.shared)}"
        return f"({name} := {code})"

    def _hole(self, expression: ex.Expression, depth: int) -> None:
        match expression:
            case ex.Reference("pixel"):
                self._target(self.pixel)
            case ex.Reference("link", (int(index),)):
                self._target(self.targets[index])
            case ex.Reference(root) if root in _ADDRESSES:
                self._item(f"call.{root}_bytes")
            case _:
                self._item(self._shared(f"hole({self.code.expression(expression)})", depth), expression)

    def _target(self, target: Target | None) -> None:
        if target is None:
            return
        write = str if target.raw else self._escape
        self.waiting.append(write(target.before))
        if target.bound:
            self._item("token")
            self.waiting.append(write(target.after))

    def _address(self, address: Address) -> None:
        target = self.code.joined(address.pieces)
        first = next((piece.expression for piece in address.pieces if isinstance(piece, Hole)), None)
        self._item(f"call.link({address.index}, {target}, {self.markup})", first)

    def _branch(self, test: ex.Expression, body: Pieces, otherwise: Pieces, depth: int) -> None:
        self._line(depth, f"if {self.code.expression(test)}:", test)
        self._block(body, depth + 1)
        if otherwise:
            self._line(depth, "else:")
            self._block(otherwise, depth + 1)

    def _block(self, pieces: Pieces, depth: int) -> None:
        self.lines.append("    " * depth + "pass")
        self._pieces(pieces, depth)
        self._close(depth)

    def _loop(self, loop: Loop, depth: int) -> None:
        name = f"x_{loop.variable}"
        self._line(depth, f"all_{name} = entries({self.code.expression(loop.over)})", loop.over)
        self._line(depth, f"for x_loop_{loop.variable}, {name} in rounds(all_{name}):")
        self._block(loop.body, depth + 1)
        if loop.otherwise:
            self._line(depth, f"if not all_{name}:")
            self._block(loop.otherwise, depth + 1)


def _ends_line(pieces: Pieces) -> bool:
    return bool(pieces) and isinstance(pieces[-1], Text) and pieces[-1].text.endswith("\n")


def need(value: Any) -> str:
    """A value as text.

    Raises:
        MissingValueError: there is none.
    """
    if value.__class__ is str:
        return str(value)
    if value is MISSING:
        raise MissingValueError
    return show(value)


def _hole_function(*, markup: bool) -> Callable[[Any], bytes]:
    cache = FragmentCache(escape=markup)

    def hole(value: Any) -> bytes:
        if value.__class__ is str:
            return cache[value]
        if value is MISSING:
            raise MissingValueError
        return cache[show(value)]

    return hole


def _built(
    code: _Code,
    lines: list[str],
    holes: Mapping[int, ex.Expression],
    constants: tuple[bytes, ...],
    *,
    markup: bool = False,
) -> Function:
    """Python's own function for the lines; look-ups go before all else."""
    lookups = [f"    {name} = {value}" for value, name in code.hoisted.items()]
    shifted = {number + len(lookups): expression for number, expression in holes.items()}
    source = "\n".join((lines[0], *lookups, *lines[1:]))
    scope: dict[str, Any] = {
        "datetime": datetime,
        "need": need,
        "hole": _hole_function(markup=markup),
        "has": lambda value: value is not MISSING,
        **{
            function.__name__: function
            for function in (known, look_up, compare, joined, add, subtract, apply_filter, entries, rounds)
        },
        **{f"K{number}": constant for number, constant in enumerate(constants)},
    }
    exec(compile(source, "<mail>", "exec"), scope)  # noqa: S102 - written by this module from checked expressions only
    return Function(scope["run"], shifted, constants)
