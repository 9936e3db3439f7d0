"""A flattened template: text that is known, and what waits for a lead.

While the text passes through Markdown, MJML and CSS, what waits is represented by a mark: a lower-case word that no
such tool touches, wherever it stands – in text, in an attribute, in an address. At the end the marks are turned back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from engine.content.expressions import (
    Choice,
    Comparison,
    Expression,
    Filtered,
    Known,
    Logic,
    Not,
    Reference,
    bare_source,
    children,
    references,
)
from engine.errors import Place


@dataclass(frozen=True, slots=True)
class Text:
    """Markup as the author wrote it."""

    text: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A value known when compiling, to be escaped for the place where it stands."""

    value: str


@dataclass(frozen=True, slots=True)
class Hole:
    """A value that waits for the lead."""

    expression: Expression
    place: Place = field(default=Place(""), compare=False)


@dataclass(frozen=True, slots=True)
class Branch:
    """One of two texts, by a test that waits for the lead."""

    test: Expression
    body: Pieces
    otherwise: Pieces = ()


@dataclass(frozen=True, slots=True)
class Loop:
    """A text for each entry of a list of the lead's; `otherwise` for an empty one."""

    variable: str
    over: Expression
    body: Pieces
    otherwise: Pieces = ()


@dataclass(frozen=True, slots=True)
class Address:
    """Where a link leads, through the tracker.

    A target that waits for the lead is kept here: with marks while compiling (`marked`), as pieces when read back;
    otherwise the link table has it.
    """

    index: int
    marked: str = ""
    pieces: Pieces = ()


Piece = Text | Constant | Hole | Branch | Loop | Address
Pieces = tuple[Piece, ...]


class MarkCollisionError(Exception):
    """A template happens to contain what looks like a mark; another spelling must be taken."""


class Marks:
    """Gives out marks and knows what each stands for.

    Kinds: c constant, h hole, i if, l loop, o otherwise, e end. `tag` spells the marks, so that templates can contain
    any text.
    """

    def __init__(self, tag: str = "a") -> None:
        self.prefix = f"zq{tag}x"
        self.pattern = re.compile(rf"{self.prefix}([chiloe])(\d+)z")
        self.comment = re.compile(rf"<!--\s*({self.prefix}[iloe]\d+z)\s*-->")
        self.pieces: list[Piece] = []

    def write(self, pieces: Iterable[Piece], control: str = "{}") -> str:
        """The pieces as text with marks; `control` wraps the marks of branches and loops."""
        return "".join(self._write(piece, control) for piece in pieces)

    def _write(self, piece: Piece, control: str) -> str:
        if isinstance(piece, Text):
            return piece.text
        number = len(self.pieces)
        self.pieces.append(piece)
        if isinstance(piece, Constant | Hole | Address):
            return self._word("c" if isinstance(piece, Constant) else "h", number)
        start = "i" if isinstance(piece, Branch) else "l"
        inner = control.format(self._word(start, number)) + self.write(piece.body, control)
        if piece.otherwise:
            inner += control.format(self._word("o", number)) + self.write(piece.otherwise, control)
        return inner + control.format(self._word("e", number))

    def _word(self, kind: str, number: int) -> str:
        return f"{self.prefix}{kind}{number}z"

    def check(self, source: str) -> None:
        """Raises MarkCollisionError if a template's own text contains this spelling."""
        if self.prefix in source.casefold():
            raise MarkCollisionError

    def hole(self, expression: Expression) -> str:
        """A new hole's mark."""
        return self._write(Hole(expression), "{}")

    def address(self, address: Address) -> str:
        """A new address's mark."""
        return self._write(address, "{}")

    def expression(self, mark: re.Match[str]) -> Expression | None:
        """What a hole's mark stands for; None for every other kind."""
        piece = self.pieces[int(mark[2])]
        return piece.expression if isinstance(piece, Hole) else None

    def has_holes(self, text: str) -> bool:
        return self.pattern.search(text) is not None

    def constants(self, text: str, escape: Callable[[str], str]) -> str:
        """The text with the marks of known values replaced by these values, escaped."""

        def known(mark: re.Match[str]) -> str:
            piece = self.pieces[int(mark[2])]
            return escape(piece.value) if isinstance(piece, Constant) else mark[0]

        return self.pattern.sub(known, text)

    def uncomment(self, text: str) -> str:
        """Marks of branches and loops that stand in comments of their own, without these comments."""
        return self.comment.sub(r"\1", text)

    def restore(self, text: str) -> str:
        """The text as Jinja source."""
        parts, position = [], 0
        for mark in self.pattern.finditer(text):
            parts.append(_literal(text[position : mark.start()], before_tag=True))
            parts.append(self._jinja(mark[1], int(mark[2])))
            position = mark.end()
        return "".join(parts) + _literal(text[position:], before_tag=False)

    def _jinja(self, kind: str, number: int) -> str:
        piece = self.pieces[number]
        match piece:
            case Constant(value):
                return _literal(value, before_tag=True)
            case Hole(expression):
                return "{{ " + bare_source(expression) + " }}"
            case Address(index, marked):
                return (
                    f"{{% call link({index}) %}}{self.restore(marked)}{{% endcall %}}"
                    if marked
                    else f"{{{{ link[{index}] }}}}"
                )
            case Branch(test):
                words = {"i": f"if {bare_source(test)}", "o": "else", "e": "endif"}
            case Loop(variable, over):
                words = {"l": f"for {variable} in {bare_source(over)}", "o": "else", "e": "endfor"}
            case Text():  # never numbered
                return piece.text
        return "{% " + words[kind] + " %}"


_DELIMITER = re.compile(r"\{(?=[{%#])")


def _literal(text: str, *, before_tag: bool) -> str:
    """Text so that Jinja takes it as it stands, also when a tag follows."""
    safe = _DELIMITER.sub('{{ "{" }}', text)
    return safe[:-1] + '{{ "{" }}' if before_tag and safe.endswith("{") else safe


def guarded_references(pieces: Pieces, guards: frozenset[str] = frozenset()) -> Iterator[tuple[Reference, bool]]:
    """Every value that is looked up, and whether the mail can do without it (a default, or asked for before)."""
    for piece in pieces:
        match piece:
            case Hole(expression):
                yield from _uses(expression, guards)
            case Branch(test, body, otherwise):
                yield from ((reference, True) for reference in references(test))
                yield from guarded_references(body, guards | _proven(test, True))
                yield from guarded_references(otherwise, guards | _proven(test, False))
            case Address(pieces=inner):
                yield from guarded_references(inner, guards)
            case Loop(_, over, body, otherwise):
                yield from ((reference, True) for reference in references(over))
                yield from guarded_references(body, guards)
                yield from guarded_references(otherwise, guards)


def _uses(expression: Expression, guards: frozenset[str]) -> Iterator[tuple[Reference, bool]]:

    match expression:
        case Reference():
            yield expression, str(expression) in guards
        case Logic("or", left, right):
            yield from ((reference, True) for reference in references(left))
            yield from _uses(right, guards | _proven(left, False))
        case Logic("and", left, right):
            yield from ((reference, True) for reference in references(left))
            yield from _uses(right, guards | _proven(left, True))
        case Choice(test, yes, no):
            yield from ((reference, True) for reference in references(test))
            yield from _uses(yes, guards | _proven(test, True))
            yield from _uses(no, guards | _proven(test, False))
        case Filtered(value, "default" | "length"):
            yield from ((reference, True) for reference in references(value))
        case _ if _is_question(expression):
            yield from ((reference, True) for reference in references(expression))
        case _:
            for child in children(expression):
                yield from _uses(child, guards)


def _is_question(expression: Expression) -> bool:

    return isinstance(expression, Comparison | Known | Not)


def _proven(test: Expression, outcome: bool) -> frozenset[str]:
    """The values that must be there when the test came out so."""

    match test:
        case Reference() if outcome:
            return frozenset((str(test),))
        case Not(value):
            return _proven(value, not outcome)
        case Known(value) if outcome:
            return _proven(value, True)
        case Filtered(value) if outcome:
            return _proven(value, True)
        case Comparison(left, _, right) if outcome:
            return _proven(left, True) | _proven(right, True)
        case Logic("and", left, right) if outcome:
            return _proven(left, True) | _proven(right, True)
        case Logic("or", left, right) if not outcome:
            return _proven(left, False) | _proven(right, False)
    return frozenset()
