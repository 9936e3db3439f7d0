"""Finds the statement that a template opens and never closes, for which Jinja names only the file's end."""

from __future__ import annotations

import re

_STATEMENT = re.compile(r"\{#.*?#\}|\{\{.*?\}\}|\{%[-+]?\s*(?P<word>\w+)(?P<rest>.*?)[-+]?%\}", re.DOTALL)
_PAIRED = frozenset(("if", "for", "block", "macro", "call", "filter", "with", "raw"))


def unclosed_statement(source: str) -> tuple[int, int, str] | None:
    """Line, column and word of the innermost statement that is never closed, or None."""
    open_statements: list[tuple[int, str]] = []
    for match in _STATEMENT.finditer(source):
        word = match["word"] or ""
        if word in _PAIRED or (word == "set" and "=" not in match["rest"]):
            open_statements.append((match.start(), word))
        elif word.startswith("end") and open_statements and open_statements[-1][1] == word[3:]:
            open_statements.pop()
        elif word.startswith("end"):
            return None
    if not open_statements:
        return None
    offset, word = open_statements[-1]
    return source.count("\n", 0, offset) + 1, offset - source.rfind("\n", 0, offset), word
