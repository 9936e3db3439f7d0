"""Addresses in a finished document: links through the table, pictures through the assets; holes where none may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.content.assets import CSS_URL, AssetTable, is_asset
from engine.content.expressions import Reference
from engine.content.links import LinkError, LinkTable, depends_on_lead, encode_holes
from engine.content.markup import Attribute, Edit, Part, Token, edited, encoded, tokens
from engine.content.origin import Origin
from engine.content.pieces import Marks
from engine.errors import Place, Problem, Severity

_PICTURES = {
    "img": ("src",),
    "input": ("src",),
    "video": ("poster",),
    "v:fill": ("src",),
    "v:image": ("src",),
    "v:imagedata": ("src",),
}
_NO_LINKS = frozenset(("link", "base"))
_NO = "no"


@dataclass
class Rewriter:
    """Rewrites one document and collects what is wrong with it, at the place where the author wrote it."""

    marks: Marks
    table: LinkTable
    assets: AssetTable
    origins: Sequence[Origin]
    names_links_by_name: bool = False
    problems: list[Problem] = field(default_factory=list)

    def rewritten(self, document: str) -> str:
        """The document with marks for its links and addresses for its pictures; everything else as it was."""
        edits: list[Edit] = []
        for token in tokens(document):
            if token.part is Part.OPEN:
                edits += self._tag(token, document)
            elif token.part is Part.RAW:
                edits += self._raw(token, document)
        return edited(document, edits)

    def with_pixel(self, document: str) -> str:
        """The document with the mark of the open pixel at its end."""
        pixel = self.marks.hole(Reference("pixel"))
        ends = [
            token.start
            for token in tokens(document)
            if token.part is Part.CLOSE and token.name == "body" and not token.hidden
        ]
        position = ends[-1] if ends else len(document)
        return document[:position] + pixel + document[position:]

    def target(self, target: str, name: str, origin: Origin | None = None, *, counts: bool = True) -> str:
        """What to write in place of a link's target; a mistake leaves it as it is."""
        try:
            return self.table.add(target, name, counts=counts)
        except LinkError as error:
            self._report(error, target, origin)
            return target

    def _tag(self, token: Token, document: str) -> list[Edit]:
        edits: list[Edit] = []
        href = token.get("href")
        if href and token.name not in _NO_LINKS:
            edits += self._link(token, href, document)
        for attribute in token.attributes:
            if attribute is not href:
                edits += self._attribute(token, attribute)
        if token.name == "img" and token.get("alt") is None and not token.hidden:
            self._warn(
                "W406", "this picture has no alt text; many people read mail without pictures", token.value("src")
            )
        return edits

    def _link(self, token: Token, href: Attribute, document: str) -> list[Edit]:
        named = token.get("link") or token.get("data-link")
        name = named.value if named else token.value("name") if self.names_links_by_name else ""
        counted = token.get("count") or token.get("data-count")
        written = self.target(href.value, name, counts=counted is None or counted.value.strip().lower() != _NO)
        edits = (
            [Edit(href.start, href.end, encoded(written) if href.quoted else f'"{encoded(written)}"')]
            if written != href.value or not href.quoted
            else []
        )
        ours = (one for one in (named, counted) if one is not None)
        edits += [Edit(len(document[: one.begin].rstrip()), one.finish, "") for one in ours]
        return edits

    def _attribute(self, token: Token, attribute: Attribute) -> list[Edit]:
        value = attribute.value
        if attribute.name.startswith("on") and depends_on_lead(self.marks, value):
            self._error(
                "E315",
                f"a lead's value may not stand in '{attribute.name}'",
                attribute.name,
                "mail programs run no scripts",
            )
        if not attribute.quoted and self.marks.has_holes(attribute.raw):
            self._error(
                "E314",
                f"put quotes around the value of '{attribute.name}'",
                f"{attribute.name}=",
                f'{attribute.name}="…"',
            )
        if attribute.name in _PICTURES.get(token.name, ()) or attribute.name == "background":
            return self._picture(attribute)
        if attribute.name == "style" and "assets/" in value:
            return [Edit(attribute.start, attribute.end, encoded(self._css(value)))]
        return []

    def _picture(self, attribute: Attribute) -> list[Edit]:
        value = attribute.value.strip()
        if self.marks.has_holes(value):
            return [Edit(attribute.start, attribute.end, encoded(encode_holes(self.marks, value)))]
        if not is_asset(value):
            return []
        try:
            return [Edit(attribute.start, attribute.end, encoded(self.assets.address(value)))]
        except LinkError as error:
            self._report(error, attribute.raw)
            return []

    def _raw(self, token: Token, document: str) -> list[Edit]:
        text = document[token.start : token.end]
        if token.name in {"script", "style"} and depends_on_lead(self.marks, text):
            self._error(
                "E315", f"a lead's value may not stand in <{token.name}>", f"<{token.name}", "put it into the text"
            )
        if token.name == "style" and "assets/" in text:
            return [Edit(token.start, token.end, self._css(text))]
        return []

    def _css(self, css: str) -> str:
        parts, position = [], 0
        for match in CSS_URL.finditer(css):
            try:
                address = self.assets.address(match["path"])
            except LinkError as error:
                self._report(error, match["path"])
                continue
            parts += [css[position : match.start()], f"url({match['quote']}{address}{match['quote']})"]
            position = match.end()
        return "".join((*parts, css[position:]))

    def _report(self, error: LinkError, needle: str, origin: Origin | None = None) -> None:
        self.problems.append(Problem(error.code, error.message, self._where(needle, origin), error.hint))

    def _error(self, code: str, message: str, needle: str, hint: str) -> None:
        self.problems.append(Problem(code, message, self._where(needle), hint))

    def _warn(self, code: str, message: str, needle: str) -> None:
        problem = Problem(code, message, self._where(needle), 'add alt="…", or alt="" for decoration', Severity.WARNING)
        if problem not in self.problems:
            self.problems.append(problem)

    def _where(self, needle: str, origin: Origin | None = None) -> Place:
        """Where the author wrote it: the first place, in the page before its layout, with the text up to a hole."""
        plain = self.marks.pattern.split(needle)[0] or needle
        for candidate in (origin,) if origin else self.origins:
            for text in dict.fromkeys((plain, encoded(plain))):
                for number, line in enumerate(candidate.lines, 1):
                    if text and text in line:
                        return candidate.place(number, text)
        return Place(self.origins[0].shown)
