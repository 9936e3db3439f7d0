"""Styles into the elements, for mail programs that ignore `<style>`; the style elements stay for all others.

A `<style data-inline>` has done its work then and goes: its rules stand in the elements.

css-inline works on a copy in which every element has a number; only the `style` attributes that it finds are taken.
"""

from __future__ import annotations

import re

import css_inline

from engine.content.markup import Edit, Part, Token, edited, encoded, tokens
from engine.content.pieces import Marks

_NUMBER = "data-zqn"
_IMPORT = re.compile(r"@import\b[^;{}]*;?", re.IGNORECASE)
_EVERYWHERE = frozenset(("", "all", "screen"))


def inlined(marks: Marks, text: str) -> str:
    """The text with styles in its elements and without `@import`.

    Raises:
        ValueError: a stylesheet cannot be understood; the text says why.
    """
    found = list(tokens(text))
    sheets = [token for token in found if token.part is Part.RAW and token.name == "style" and not token.hidden]
    if not sheets:
        return text
    try:
        copy = css_inline.inline(_numbered(text, found), load_remote_stylesheets=False)
    except css_inline.InlineError as error:
        raise ValueError(str(error)) from None
    styles = {token.value(_NUMBER): token.value("style") for token in tokens(copy) if token.get(_NUMBER)}
    with_styles = edited(text, [*_style_edits(marks, found, styles), *_import_edits(text, sheets)])
    return _without_spent(with_styles)


def _numbered(text: str, found: list[Token]) -> str:
    """The copy: elements numbered, sheets for other media emptied."""
    edits: list[Edit] = []
    media = ""
    for number, token in enumerate(found):
        if token.hidden:
            continue
        if token.part is Part.OPEN:
            media = token.value("media").strip().lower() if token.name == "style" else ""
            name_end = token.start + 1 + len(token.name)
            edits.append(Edit(name_end, name_end, f' {_NUMBER}="{number}"'))
        elif token.part is Part.RAW and token.name == "style" and media not in _EVERYWHERE:
            edits.append(Edit(token.start, token.end, ""))
    return edited(text, edits)


def _style_edits(marks: Marks, found: list[Token], styles: dict[str, str]) -> list[Edit]:
    edits: list[Edit] = []
    for number, token in enumerate(found):
        style = styles.get(str(number), "")
        if not style or token.part is not Part.OPEN or token.hidden:
            continue
        own = token.get("style")
        if own is None:
            name_end = token.start + 1 + len(token.name)
            edits.append(Edit(name_end, name_end, f' style="{encoded(style)}"'))
        elif style != own.value and _marks_in(marks, own.value) <= _marks_in(marks, style):
            edits.append(Edit(own.begin, own.finish, f'style="{encoded(style)}"'))
    return edits


def _marks_in(marks: Marks, text: str) -> set[str]:
    return {match[0] for match in marks.pattern.finditer(text)}


def _import_edits(text: str, sheets: list[Token]) -> list[Edit]:
    return [
        Edit(sheet.start + match.start(), sheet.start + match.end(), "")
        for sheet in sheets
        for match in _IMPORT.finditer(text[sheet.start : sheet.end])
    ]


def _without_spent(text: str) -> str:
    edits: list[Edit] = []
    start: int | None = None
    for token in tokens(text):
        if token.part is Part.OPEN and token.name == "style" and token.get("data-inline") is not None:
            start = token.start
        elif token.part is Part.CLOSE and token.name == "style" and start is not None:
            edits.append(Edit(start, token.end, ""))
            start = None
    return edited(text, edits)
