"""The text part of a mail, derived from its HTML: for readers without HTML, and for filters that compare the two."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from engine.content.markup import VOID, Part, Token, tokens
from engine.content.pieces import Address, Marks

_BLOCKS = frozenset(
    [
        "p",
        "div",
        "table",
        "tr",
        "section",
        "article",
        "header",
        "footer",
        "main",
        "center",
        "blockquote",
        "pre",
        "ul",
        "ol",
        "dl",
        "dt",
        "dd",
        "figure",
        "figcaption",
        "address",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "td",
        "th",
        "tbody",
        "thead",
    ]
)
_APART = frozenset(["p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "blockquote", "pre", "table", "dl"])
_CELLS = frozenset(("td", "th", "thead", "tbody"))
_SKIPPED = frozenset(["head", "style", "script", "title", "template", "svg", "noscript", "xml"])
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all|visibility\s*:\s*hidden", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\r\n\f]+")
_INVISIBLE = re.compile("[\u200b\u200c\u200d\u00ad\u034f\u2007\ufeff]+")


def text_part(marks: Marks, markup: str, targets: Mapping[int, str], uncounted: Collection[str] = ()) -> str:
    """A text with the marks of the markup: links as `words (address)`, lists with dashes, tables row by row.

    `targets` are the links' own by number: a link whose words are its target is written once. One of the `uncounted`
    that stands alone before all other words is the letterhead, and is left out.
    """
    writer = _Writer(marks, targets, uncounted)
    for token in tokens(markup):
        writer.take(token, markup[token.start : token.end])
    return writer.finished()


@dataclass
class _Writer:
    marks: Marks
    targets: Mapping[int, str]
    uncounted: Collection[str]
    out: list[str] = field(default_factory=list)
    skipping: list[str] = field(default_factory=list)
    links: list[tuple[str, int]] = field(default_factory=list)
    lists: list[int] = field(default_factory=list)
    data_tables: list[bool] = field(default_factory=list)
    preformatted: int = 0

    def take(self, token: Token, text: str) -> None:
        if token.hidden or token.part in {Part.COMMENT, Part.CONDITION, Part.RAW}:
            return
        if token.part is Part.TEXT:
            self._text(text)
        elif token.part is Part.OPEN:
            self._open(token)
        else:
            self._close(token.name)

    def _text(self, text: str) -> None:
        if self.skipping:
            self.out += [
                mark[0]
                for mark in self.marks.pattern.finditer(text)
                if mark[1] in "iloe" and self.skipping[0] != "head"
            ]
            return
        plain = _INVISIBLE.sub("", html.unescape(text)).replace("\u00a0", " ")
        self.out.append(plain if self.preformatted else _SPACES.sub(" ", plain))

    def _open(self, token: Token) -> None:
        name = token.name
        if self.skipping or name in _SKIPPED or _is_hidden(token):
            if name not in VOID:
                self.skipping.append(name)
            return
        self._around(name)
        opener = getattr(self, f"_open_{name}", None)
        if opener:
            opener(token)

    def _close(self, name: str) -> None:
        if self.skipping:
            if name in self.skipping:
                while self.skipping.pop() != name:
                    pass
            return
        closer = getattr(self, f"_close_{name}", None)
        if closer:
            closer()
        self._around(name)

    def _around(self, name: str) -> None:
        """The break before and after a block; the cells of a table of data stay on one line."""
        if self._in_data() and name in _CELLS:
            return
        if name in _BLOCKS:
            self._break(2 if name in _APART and not (self._in_data() and name != "table") else 1)

    def _in_data(self) -> bool:
        return self.data_tables[-1:] == [True]

    def _break(self, lines: int) -> None:
        self.out.append("\x01" * lines)

    def _open_br(self, _token: Token) -> None:
        self.out.append("\n")

    def _open_hr(self, _token: Token) -> None:
        self.out.append("\x01\x01---\x01\x01")

    def _open_img(self, token: Token) -> None:
        alternative = token.value("alt").strip()
        if alternative:
            self.out.append(alternative)

    def _open_a(self, token: Token) -> None:
        self.links.append((token.value("href").strip(), len(self.out)))

    def _close_a(self) -> None:
        if not self.links:
            return
        target, start = self.links.pop()
        self._write_link(target, start)
        if target in self.uncounted:
            self.out[start:] = ["\x03", *self.out[start:], "\x03"]

    def _write_link(self, target: str, start: int) -> None:
        words = _SPACES.sub(" ", "".join(self.out[start:]).replace("\x01", " ")).strip()
        shown = target.removeprefix("mailto:").removeprefix("tel:")
        if not target or target.startswith("#") or words in {target, shown}:
            return
        if words == self._own_target(target):
            self.out[start:] = [target]
            return
        self.out.append(f" ({shown})" if words else shown)

    def _own_target(self, target: str) -> str | None:
        mark = self.marks.pattern.fullmatch(target)
        piece = self.marks.pieces[int(mark[2])] if mark else None
        return self.targets.get(piece.index) if isinstance(piece, Address) else None

    def _open_ul(self, _token: Token) -> None:
        self.lists.append(-1)

    def _open_ol(self, token: Token) -> None:
        start = token.value("start")
        self.lists.append(int(start) - 1 if start.isdigit() else 0)

    def _close_ul(self) -> None:
        if self.lists:
            self.lists.pop()

    _close_ol = _close_ul

    def _open_li(self, _token: Token) -> None:
        indent = "  " * max(len(self.lists) - 1, 0)
        if self.lists and self.lists[-1] >= 0:
            self.lists[-1] += 1
            self.out.append(f"\x01{indent}{self.lists[-1]}. ")
        else:
            self.out.append(f"\x01{indent}- ")

    def _open_table(self, token: Token) -> None:
        layout = any(token.get(name) for name in ("role", "cellpadding", "width"))
        self.data_tables.append("data" in token.value("class").split() or not layout)

    def _close_table(self) -> None:
        if self.data_tables:
            self.data_tables.pop()

    def _close_td(self) -> None:
        if self._in_data():
            self.out.append("\x02")

    _close_th = _close_td

    def _open_pre(self, _token: Token) -> None:
        self.preformatted += 1

    def _close_pre(self) -> None:
        self.preformatted = max(0, self.preformatted - 1)

    def finished(self) -> str:
        """Breaks as lines, at most one of them empty; what is asked of the lead leaves no gaps."""
        text = self._without_letterhead("".join(self.out))
        text = re.sub(r"\s*\x02\s*(?=\x01|\Z)", "", text)
        text = re.sub(r"\s*\x02\s*", " | ", text)
        text = re.sub(r"[ \n]*(\x01[\x01 \n]*)", _lines, text)
        text = re.sub(r"[ \t]+\n", "\n", text)
        text = re.sub(r"\n[ \t]+(?!- |\d+\. )", "\n", text)
        mark = rf"{self.marks.prefix}[iloe]\d+z"
        text = re.sub(rf"(\s*\n[ ]*)?{mark}(?:\s*{mark})*(\s*\n[ ]*)?", _breaks_after, text)
        return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"

    def _without_letterhead(self, text: str) -> str:
        mark = rf"{self.marks.prefix}[iloe]\d+z"
        before, behind = rf"((?:[\s\x01]|{mark})*)", rf"(?=\s*(?:{mark}\s*)*\x01)"
        return re.sub(rf"\A{before}\x03[^\x03]*\x03{behind}", r"\1", text).replace("\x03", "")


def _lines(match: re.Match[str]) -> str:
    return "\n" if match[1].count("\x01") == 1 else "\n\n" if max(map(len, re.findall("\x01+", match[1]))) > 1 else "\n"


def _breaks_after(match: re.Match[str]) -> str:
    """Empty lines around marks of branches move behind them: a branch not taken then leaves no gap."""
    lines = max(run.count("\n") for run in (re.findall(r"\s+", match[0]) or [""]))
    words = match[0].split()
    return "".join(words) + "\n" * lines if lines else match[0]


def _is_hidden(token: Token) -> bool:
    return bool(_HIDDEN_STYLE.search(token.value("style"))) or token.get("hidden") is not None


_ADDRESS = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)\]']")


def written_text(marked: str, target: Callable[[str], str]) -> str:
    """A text part that its author wrote, with its addresses replaced by what `target` gives."""
    return _ADDRESS.sub(lambda match: target(match[0]), marked.strip() + "\n")
