"""A mail as programs show it that follow the reader's dark mode: with the rules of its dark media query in force."""

from __future__ import annotations

from dataclasses import replace

from engine.content.lint.css import rules_of_media
from engine.content.lint.draft import Draft
from engine.content.markup import Edit, Part, edited, tokens
from engine.content.styles import inlined

_QUERY = "prefers-color-scheme:dark"


def darkened(draft: Draft) -> Draft | None:
    """The mail in dark mode; None for one that says nothing of it, because each program then has its own way."""
    sheets = [token for token in tokens(draft.markup) if token.part is Part.RAW and token.name == "style"]
    seen = [sheet for sheet in sheets if not sheet.hidden]
    rules = "\n".join(rules_of_media(draft.markup[sheet.start : sheet.end], _QUERY) for sheet in seen).strip()
    if not rules:
        return None
    edits = [Edit(sheet.start, sheet.end, rules if sheet is seen[0] else "") for sheet in seen]
    try:
        return replace(draft, markup=inlined(draft.marks, edited(draft.markup, edits)))
    except ValueError:  # the rules of the media query alone cannot be understood
        return None
