"""A mail as the checks see it: its elements with their styles, its texts, its head, and where its author wrote each.

What waits for the lead is one character, `HOLE`; both ways of a branch stand one behind the other.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from engine.content.lint.css import Declaration, declarations
from engine.content.markup import VOID, Part, Token, tokens
from engine.content.origin import Origin
from engine.content.pieces import Branch, Constant, Hole, Marks, Pieces, Text
from engine.errors import Place, Problem, Severity

HOLE = "\N{OBJECT REPLACEMENT CHARACTER}"

_CLOSE_THEMSELVES = frozenset(("p", "li", "td", "th", "tr", "option", "dt", "dd"))
_FEWEST_WORDS = 2
_DEEPEST = 200
"""What is nested deeper is seen beside its surroundings: no reader nests so, and Python would not follow."""


@dataclass(eq=False, slots=True)
class Element:
    """An element with what is inside of it; texts among it are as people read them. `marked` is with the marks."""

    name: str
    attributes: Mapping[str, str]
    marked: Mapping[str, str]
    parent: Element | None = None
    inside: list[Element | str] = field(default_factory=list)

    @property
    def style(self) -> tuple[Declaration, ...]:
        return declarations(self.attributes.get("style", ""))

    @property
    def above(self) -> Iterator[Element]:
        """The elements around it, the nearest first."""
        element = self.parent
        while element is not None:
            yield element
            element = element.parent

    @property
    def words(self) -> str:
        """Its text, and that of its pictures."""
        parts = [part if isinstance(part, str) else part.words for part in self.inside]
        return " ".join(" ".join((*parts, self.attributes.get("alt", ""))).split())

    def within(self) -> Iterator[Element]:
        """Every element inside of it, in the order of the mail."""
        for part in self.inside:
            if isinstance(part, Element):
                yield part
                yield from part.within()


@dataclass
class Draft:
    """One mail. `lines` are the values of its head as pieces.

    `origins` are where its words can stand: the page below its head, its layout and partials, and the head.
    """

    marks: Marks
    markup: str
    origins: Sequence[Origin]
    lines: Mapping[str, Pieces]
    places: Mapping[str, Place]
    page: Place
    language: str
    clients: tuple[str, ...]

    @cached_property
    def root(self) -> Element:
        return _tree(self)

    @cached_property
    def elements(self) -> Sequence[Element]:
        return tuple(self.root.within())

    def named(self, *names: str) -> Iterator[Element]:
        return (element for element in self.elements if element.name in names)

    def plain(self, marked: str) -> str:
        """A text with what waits for the lead as one character, branches without their marks."""
        return self.marks.pattern.sub(lambda mark: HOLE if mark[1] == "h" else "", marked)

    def texts(self) -> Iterator[str]:
        """All texts, also those that are not shown."""
        return (part for element in self.elements for part in element.inside if isinstance(part, str))

    def read_words(self) -> Iterator[str]:
        """The texts of the body that are shown, one after the other."""
        for body in self.named("body"):
            yield from _shown(body)

    def line(self, key: str) -> str:
        """A value of the head as a reader may see it: of two ways the longer one."""
        return longest(self.lines.get(key, ()))

    def warning(self, code: str, message: str, place: Place, hint: str = "") -> Problem:
        return Problem(code, message, place, hint, Severity.WARNING)

    def where(self, *patterns: str) -> Place:
        """Where the author wrote it: the first place at which a regular expression matches, else the page."""
        for pattern in patterns:
            compiled = re.compile(pattern, re.IGNORECASE)
            for origin in self.origins:
                for number, line in enumerate(origin.lines, 1):
                    if found := compiled.search(line):
                        return origin.place(number, found[0]) if found[0] else origin.place(number)
        return self.page

    def says(self, *words: str) -> bool:
        """Whether one of these stands in the page itself, not only in its layout."""
        page = "\n".join(self.origins[0].lines).casefold()
        return any(word.casefold() in page for word in words if word)

    def where_words(self, words: str, *otherwise: str) -> Place:
        """Where a text stands, found by as many of its first words as stand on one line of a file."""
        known = known_part(words).split() or words.replace(HOLE, " ").split()
        least = min(_FEWEST_WORDS, len(known))
        tries = [_spelled(known[:count]) for count in range(min(len(known), 8), least - 1, -1) if count]
        return self.where(*tries, *otherwise)


def known_part(text: str) -> str:
    """What of an address is known before the first value of a lead."""
    return text.partition(HOLE)[0]


def _shown(element: Element) -> Iterator[str]:
    for part in element.inside:
        if isinstance(part, str):
            yield part
        elif Declaration("display", "none") not in part.style:
            yield from _shown(part)


def _spelled(words: Sequence[str]) -> str:
    """Words with blanks between them, as typed or as entities."""
    return r"\s+".join(f"(?:{re.escape(word)}|{re.escape(html.escape(word))})" for word in words)


def longest(pieces: Pieces) -> str:
    """A line as its longest reader sees it: of two ways the longer one, `HOLE` for each value."""
    return "".join(_as_read(piece) for piece in pieces)


def _as_read(piece: object) -> str:
    match piece:
        case Text(text):
            return text
        case Constant(value):
            return value
        case Hole():
            return HOLE
        case Branch(body=body, otherwise=otherwise):
            return max(longest(body), longest(otherwise), key=len)
    return ""


def _tree(draft: Draft) -> Element:
    """The elements as a tree; what only some Outlooks read is left out, and nothing is repaired but open ends."""
    root = Element("", {}, {})
    open_now = [root]
    for token in tokens(draft.markup):
        if token.hidden:
            continue
        if token.part is Part.TEXT:
            text = html.unescape(draft.plain(draft.markup[token.start : token.end]))
            if text.strip():
                open_now[-1].inside.append(text)
        elif token.part is Part.OPEN:
            _opened(draft, token, open_now)
        elif token.part is Part.CLOSE and any(element.name == token.name for element in open_now[1:]):
            while open_now.pop().name != token.name:
                pass
    return root


def _opened(draft: Draft, token: Token, open_now: list[Element]) -> None:
    if token.name in _CLOSE_THEMSELVES and open_now[-1].name == token.name:
        open_now.pop()
    marked = {attribute.name: attribute.value for attribute in token.attributes}
    attributes = {name: draft.plain(value) for name, value in marked.items()}
    element = Element(token.name, attributes, marked, open_now[-1])
    open_now[-1].inside.append(element)
    closed = token.name in VOID or draft.markup.endswith("/>", 0, token.end)
    if not closed and len(open_now) < _DEEPEST:
        open_now.append(element)
