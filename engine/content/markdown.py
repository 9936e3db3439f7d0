"""Markdown as mail authors write it: tables, `{link=name}` and `{.button}` after links."""

from __future__ import annotations

import re
from functools import cache

from markdown_it import MarkdownIt
from mdit_py_plugins.attrs import attrs_block_plugin, attrs_plugin

from engine.content.pieces import Marks, Pieces

_BUTTON = re.compile(r"<p>\s*(<a\b[^>]*\bclass=\"[^\"]*\bbutton\b[^\"]*\"[^>]*>(?:(?!</a>).)*</a>)\s*</p>", re.DOTALL)
_DATA = '<table class="data" width="100%" cellpadding="0" cellspacing="0" border="0">\n'
_FRAME = (
    '<table role="presentation" class="button-frame" cellpadding="0" cellspacing="0" border="0">'
    '<tr><td class="button-cell">{}</td></tr></table>'
)


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    parser.use(attrs_plugin, after=("image", "link_close", "code_inline", "span_close"), spans=True).use(
        attrs_block_plugin
    )
    parser.normalizeLink = str  # type: ignore[method-assign, assignment] # targets stay as written; links.py judges them
    parser.normalizeLinkText = str  # type: ignore[method-assign, assignment]
    parser.validateLink = lambda _: True  # type: ignore[method-assign, assignment]
    parser.add_render_rule("table_open", lambda *_: _DATA)
    return parser


def to_html(marks: Marks, pieces: Pieces, *, words: bool = False) -> str:
    """HTML with marks. A branch or loop alone on its line goes around blocks, any other around words.

    With `words`, a text that is one paragraph comes without its `<p>`.
    """
    source = _own_lines(marks, marks.write(pieces))
    rendered = marks.uncomment(_parser().render(source))
    html = _BUTTON.sub(lambda match: _FRAME.format(match[1]), _one_list(marks, _hoisted(marks, rendered)))
    only = re.fullmatch(r"\s*<p>((?:(?!<p>).)*)</p>\s*", html, re.DOTALL) if words else None
    return only[1] if only else html


def _own_lines(marks: Marks, text: str) -> str:
    """Marks that stand alone on a line become comments: Markdown then takes what is between them as blocks."""
    word = rf"{marks.prefix}[iloe]\d+z"
    alone = re.compile(rf"^[ \t]*({word}(?:[ \t]*{word})*)[ \t]*$", re.MULTILINE)
    return alone.sub(lambda match: re.sub(rf"({word})[ \t]*", r"<!--\1-->", match[1]), text)


def _hoisted(marks: Marks, rendered: str) -> str:
    """A paragraph that is one branch from end to end is itself in the branch, so that none is left empty."""
    whole = re.compile(rf"<p>({marks.prefix}[il](\d+)z)((?:(?!</p>).)*?)({marks.prefix}e\2z)</p>", re.DOTALL)

    def hoist(match: re.Match[str]) -> str:
        if re.search(rf"{marks.prefix}o{match[2]}z", match[3]):
            return match[0]
        return f"{match[1]}<p>{match[3]}</p>{match[4]}"

    return whole.sub(hoist, rendered)


def _one_list(marks: Marks, rendered: str) -> str:
    """A loop that writes a list per round becomes one list with the loop inside; a branch of entries joins its list."""
    entries = r"<(ul|ol)>((?:(?!<ul|<ol).)*?)</\3>"
    loop = re.compile(rf"({marks.prefix}l(\d+)z)\s*{entries}\s*({marks.prefix}e\2z)", re.DOTALL)
    rendered = loop.sub(r"<\3>\1\4\5</\3>", rendered)
    start, end = rf"({marks.prefix}i(\d+)z)", rf"({marks.prefix}e\2z)"
    branch = re.compile(rf"</ul>\s*{start}\s*<ul>((?:(?!<ul|<ol).)*?)</ul>\s*{end}(\s*<ul>)?", re.DOTALL)
    return branch.sub(lambda match: match[1] + match[3] + match[4] + ("" if match[5] else "</ul>"), rendered)
