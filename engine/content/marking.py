"""Marks a finished mail as a test: a field in its head for programs, a banner on its top for people.

The mail is rendered as for anybody; the mark is laid on what came out.
"""

from __future__ import annotations

import html
import quopri
import re

from msgspec import Struct
from msgspec.structs import replace

from engine.content.context import Rendered
from engine.content.headers import unstructured
from engine.content.quoted import fragment

FIELD = "X-Ripeline-Test"
"""The field of a test's head; its value says which mail it is."""

_TOP = re.compile(
    r"<body\b[^>]*>(?:\s*<div\b[^>]*display:\s*none[^>]*>(?:(?!<div\b).)*?</div>)?", re.IGNORECASE | re.DOTALL
)
_BOX = (
    "margin:0;padding:12px 16px;background-color:#fff3c4;color:#3a2f00;text-align:left;"
    "font-family:Arial,Helvetica,sans-serif;font-size:13px;line-height:19px"
)


class Mark(Struct, frozen=True, gc=False):
    """What a test says of itself: `name` in its head, `banner` line by line on its top (none without lines)."""

    name: str
    banner: tuple[str, ...] = ()


def with_banner(rendered: Rendered, mark: Mark) -> Rendered:
    """The mail with the banner above both of its parts.

    In HTML it stands behind the hidden preheader, so that mail programs go on showing that one beside the subject.
    """
    if not mark.banner:
        return rendered
    text = "".join(f"{line}\n" for line in mark.banner)
    markup = _decoded(rendered.html)
    top = _TOP.search(markup)
    place = top.end() if top else 0
    return replace(
        rendered,
        text=fragment(f"{text}\n{_decoded(rendered.text)}"),
        html=fragment(f"{markup[:place]}\n{_box(mark)}\n{markup[place:]}"),
    )


def with_field(message: bytes, mark: Mark) -> bytes:
    """The message with the mark's field before all others.

    Raises:
        HeaderError: the name holds what no header may.
    """
    return unstructured(FIELD, mark.name) + message


def _box(mark: Mark) -> str:
    first, *more = (html.escape(line) for line in mark.banner)
    words = "<br>".join((f"<strong>{first}</strong>", *more))
    return f'<div role="note" style="{_BOX}">{words}</div>'


def _decoded(part: bytes) -> str:
    return quopri.decodestring(part).decode("utf-8").replace("\r\n", "\n")
