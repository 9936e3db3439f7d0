"""Reads HTML as mail authors write it, without changing a byte: every tag and attribute with its place in the text.

A parser that rebuilds the document would repair it, and so break Outlook's conditional comments, VML and half tables.
Edits are made by place instead (`edited`), and all else stays as it was.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from html.entities import html5


class Part(Enum):
    TEXT = "text"
    OPEN = "open"
    CLOSE = "close"
    COMMENT = "comment"
    CONDITION = "condition"
    RAW = "raw"


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute: `raw` is its value as written, from `start` to `end`; `begin` to `finish` spans name and quotes."""

    name: str
    raw: str
    start: int
    end: int
    begin: int
    finish: int
    quoted: bool

    @property
    def value(self) -> str:
        return decoded(self.raw)


@dataclass(frozen=True, slots=True)
class Token:
    """A part of the text from `start` to `end`; `hidden` inside a comment that only some Outlooks read."""

    part: Part
    start: int
    end: int
    name: str = ""
    attributes: tuple[Attribute, ...] = ()
    hidden: bool = False

    def get(self, name: str) -> Attribute | None:
        return next((attribute for attribute in self.attributes if attribute.name == name), None)

    def value(self, name: str) -> str:
        attribute = self.get(name)
        return attribute.value if attribute else ""


@dataclass(frozen=True, slots=True)
class Edit:
    """The text between two places is replaced."""

    start: int
    end: int
    text: str


_TAG = re.compile(r"<(?P<slash>/?)(?P<name>[A-Za-z][^\s/>]*)")
_ATTRIBUTE = re.compile(
    r"""[\s/]*(?P<name>[^\s/>=][^\s/>=]*)(?:\s*=\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s>"'][^\s>]*)?))?"""
)
_COMMENT = re.compile(
    r"(?P<open><!--\[if[^\]]*\]>(?:\s*<!-->|-->)?|<!\[if[^\]]*\]>)"
    r"|(?P<close><!--\s*<!\[endif\]-->|<!\[endif\](?:--)?>)"
    r"|(?P<comment><!--.*?(?:-->|\Z)|<[!?][^>]*>)",
    re.DOTALL,
)
_RAW = frozenset(("style", "script", "title", "textarea", "xml"))
VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
)


def tokens(text: str) -> Iterator[Token]:
    """The parts of an HTML text in order; together they cover it."""
    position, hidden, length = 0, False, len(text)
    while position < length:
        start = text.find("<", position)
        start = length if start < 0 else start
        if start > position:
            yield Token(Part.TEXT, position, start, hidden=hidden)
        if start == length:
            return
        token = _comment(text, start, hidden) or _tag(text, start, hidden)
        if token.part is Part.CONDITION:
            hidden = token.name == "hidden"
        yield token
        position = token.end
        if token.part is Part.OPEN and token.name in _RAW:
            end = re.compile(rf"</{token.name}\b", re.IGNORECASE).search(text, position)
            stop = end.start() if end else length
            if stop > position:
                yield Token(Part.RAW, position, stop, token.name, hidden=hidden)
            position = stop


def _comment(text: str, start: int, hidden: bool) -> Token | None:
    match = _COMMENT.match(text, start)
    if not match:
        return None
    if match["open"]:
        revealed = match["open"].endswith("-->") or match["open"].startswith("<![")
        return Token(Part.CONDITION, start, match.end(), "shown" if revealed else "hidden", hidden=hidden)
    part = Part.CONDITION if match["close"] else Part.COMMENT
    return Token(part, start, match.end(), "shown" if match["close"] else "", hidden=hidden)


def _tag(text: str, start: int, hidden: bool) -> Token:
    match = _TAG.match(text, start)
    if not match:
        return Token(Part.TEXT, start, start + 1, hidden=hidden)
    attributes, position = _attributes(text, match.end())
    part = Part.CLOSE if match["slash"] else Part.OPEN
    return Token(part, start, position, match["name"].lower(), attributes, hidden)


def _attributes(text: str, position: int) -> tuple[tuple[Attribute, ...], int]:
    found: list[Attribute] = []
    while position < len(text) and text[position] != ">":
        match = _ATTRIBUTE.match(text, position)
        if not match or match.end() == position:
            position += 1
            continue
        found.append(_attribute(match))
        position = match.end()
    return tuple(found), min(position + 1, len(text))


def _attribute(match: re.Match[str]) -> Attribute:
    kind = next((kind for kind in ("double", "single", "bare") if match[kind] is not None), "")
    start, end = match.span(kind) if kind else (match.end(), match.end())
    name = match["name"].lower()
    return Attribute(name, match[kind] if kind else "", start, end, match.start("name"), match.end(), kind != "bare")


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text with all edits made; they must not overlap."""
    parts, position = [], 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        parts += [text[position : edit.start], edit.text]
        position = edit.end
    return "".join((*parts, text[position:]))


_REFERENCE = re.compile(r"&(#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[A-Za-z][A-Za-z0-9]*;?)(?=(.?))", re.DOTALL)


def decoded(raw: str) -> str:
    """An attribute's value with its character references decoded.

    A named one without a semicolon stays when a letter, digit or `=` follows (HTML, section 13.2.5.73): `?a=1&copy=2`
    is no ©.
    """

    def replaced(match: re.Match[str]) -> str:
        name, following = match[1], match[2]
        if name.endswith(";") or name.startswith("#"):
            return html.unescape(match[0])
        if following == "=" or following.isalnum() or f"{name};" not in html5:
            return match[0]
        return html.unescape(f"&{name};") if name in html5 else match[0]

    return _REFERENCE.sub(replaced, raw) if "&" in raw else raw


def encoded(value: str) -> str:
    """A value as an attribute in double quotes."""
    return value.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
