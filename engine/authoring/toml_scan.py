"""A walk over TOML text that may be broken: which brackets and quotes are open at a place, and where they close."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bracket:
    char: str
    at: int


@dataclass(frozen=True, slots=True)
class Openings:
    """What is open where tomllib stopped: brackets, and the beginning of a text; and where the statement begins."""

    statement: int
    brackets: tuple[Bracket, ...]
    quote: int | None


def openings(text: str, until: int) -> Openings:
    """Everything before an error is well-formed, so a simple walk knows what is open there."""
    statement, index = 0, 0
    brackets: list[Bracket] = []
    while index < until:
        char = text[index]
        if char in "\"'":
            end = end_of_text(text, index, until)
            if end is None:
                return Openings(statement, tuple(brackets), index)
            index = end
            continue
        if char == "#":
            end = text.find("\n", index)
            index = min(until, end if end >= 0 else until)
            continue
        if char in "[{":
            brackets.append(Bracket(char, index))
        elif char in "]}" and brackets:
            brackets.pop()
        elif char == "\n" and not brackets:
            statement = index + 1
        index += 1
    return Openings(statement, tuple(brackets), None)


def end_of_text(text: str, start: int, until: int) -> int | None:
    """Behind the closing quote, or None if it is not closed before `until`."""
    fence = text[start : start + 3] if text[start : start + 3] in ('"""', "'''") else text[start]
    index = start + len(fence)
    while index < until:
        if text[index] == "\\" and fence[0] == '"':
            index += 2
        elif text.startswith(fence, index):
            return index + len(fence)
        elif text[index] == "\n" and len(fence) == 1:
            return None
        else:
            index += 1
    return None


def closing(text: str, start: int) -> int | None:
    """Behind the bracket that closes a table which begins at `start`; None if another statement comes first."""
    depth, index = 0, start
    while index < len(text):
        char = text[index]
        if char in "\"'":
            end = end_of_text(text, index, len(text))
            if end is None:
                return None
            index = end
            continue
        if char == "#":
            index = text.find("\n", index)
            if index < 0:
                return None
            continue
        if char == "\n" and re.match(r"\n[ \t]*\[", text[index : index + 80]) and depth == 1:
            return None
        depth += (char in "[{") - (char in "]}")
        index += 1
        if depth == 0:
            return index
    return None
