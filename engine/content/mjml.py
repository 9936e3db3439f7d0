"""MJML to HTML by mrml; what waits for the lead passes through as comments between elements."""

from __future__ import annotations

import html
import re

import mrml

from engine.content.markup import VOID, Part, tokens
from engine.content.origin import Origin, RefusedError
from engine.content.pieces import Marks, Pieces
from engine.errors import Place


def to_html(marks: Marks, pieces: Pieces, origin: Origin) -> str:
    """HTML with marks. Fonts come from elsewhere only where the template asks for one (`mj-font`): MJML by itself would
    let every reader's mail program ask Google for a font whose name stands in a list, such as Roboto.

    Raises:
        RefusedError: mrml cannot read the document, with the place as near as it is known.
    """
    source = marks.constants(marks.write(pieces), lambda value: html.escape(value, quote=True))
    _check(source, origin)
    try:
        output = mrml.to_html(_commented(marks, source), render_options=mrml.RenderOptions(fonts={}))
    except Exception as error:  # the extension's own kinds differ between versions
        raise RefusedError("E312", f"this is no MJML: {error}", origin.place(1), "is every element closed?") from None
    content = output.content if hasattr(output, "content") else str(output)
    return marks.uncomment(content)


def _commented(marks: Marks, source: str) -> str:
    """Branches and loops between elements as comments; inside of a tag they stay words."""
    word = re.compile(rf"{marks.prefix}[iloe]\d+z")
    parts = []
    for token in tokens(source):
        text = source[token.start : token.end]
        parts.append(word.sub(lambda match: f"<!--{match[0]}-->", text) if token.part is Part.TEXT else text)
    return "".join(parts)


def _check(source: str, origin: Origin) -> None:
    stack: list[str] = []
    for token in tokens(source):
        if token.name == "mj-include":
            raise RefusedError(
                "E312",
                "mj-include is not available here",
                _where(origin, "mj-include"),
                'use {% include "partials/footer.mjml" %}',
            )
        if not token.name.startswith("mj") or token.hidden or token.name in VOID:
            continue
        if token.part is Part.OPEN and not source[: token.end].endswith("/>"):
            stack.append(token.name)
        elif token.part is Part.CLOSE and (not stack or stack.pop() != token.name):
            raise RefusedError(
                "E311", f"</{token.name}> closes nothing that is open here", _where(origin, f"</{token.name}")
            )
    if stack:
        raise RefusedError(
            "E311", f"<{stack[-1]}> is never closed", _where(origin, f"<{stack[-1]}"), f"add </{stack[-1]}>"
        )


def _where(origin: Origin, needle: str) -> Place:
    return next(
        (origin.place(number, needle) for number, line in enumerate(origin.lines, 1) if needle in line), origin.place(1)
    )
