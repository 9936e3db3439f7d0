"""One template to one compiled mail: a pipeline from the author's file to sources that only wait for leads."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from jinja2 import nodes

from engine.authoring.silence import Silence
from engine.content import markdown, mjml
from engine.content.assets import AssetTable
from engine.content.checks import mail_problems, open_tags
from engine.content.expressions import Reference
from engine.content.flatten import Flattener, decode
from engine.content.foreign import foreign_placeholders
from engine.content.frames import Definition, Fragment, Frame, Value
from engine.content.frontmatter import Head, read_head
from engine.content.library import Library, OutsideError, Page
from engine.content.links import LinkTable
from engine.content.lint.draft import Draft, longest
from engine.content.lint.lines import subject_findings
from engine.content.mails import CompiledMail, VariableUse
from engine.content.names import Names
from engine.content.origin import Origin, RefusedError
from engine.content.pieces import Constant, MarkCollisionError, Marks, Pieces, Text, guarded_references
from engine.content.plain import text_part, written_text
from engine.content.rewrite import Rewriter
from engine.content.settings import CompileSettings
from engine.content.styles import inlined
from engine.errors import Place, Problem, did_you_mean

_TAGS = ("a", "b", "c", "d", "qa", "qb", "qc", "qd")

_UNREADABLE = frozenset(("E304", "E305"))


def compile_page(
    library: Library, page: Page, settings: CompileSettings
) -> tuple[CompiledMail | None, list[Problem], tuple[Silence, ...]]:
    """A mail, or None and every mistake found; warnings may come with a mail, also those that its head silences."""
    for tag in _TAGS:
        try:
            work = Compilation(library, page, settings, Marks(tag))
            return *work.run(), work.silences
        except MarkCollisionError:
            continue
    message = "this text cannot be told apart from the compiler's own marks"
    return None, [Problem("E324", message, library.place(page.path))], ()


@dataclass
class Compilation:
    """The work on one page."""

    library: Library
    page: Page
    settings: CompileSettings
    marks: Marks
    problems: list[Problem] = field(default_factory=list)
    seen: list[Pieces] = field(default_factory=list)
    lines: dict[str, Pieces] = field(default_factory=dict)
    silences: tuple[Silence, ...] = ()
    layout: str = ""

    def run(self) -> tuple[CompiledMail | None, list[Problem]]:
        """Raises MarkCollisionError if the marks must be spelled differently."""
        try:
            mail = self._compile()
        except RefusedError as refusal:
            self.problems.append(Problem(refusal.code, refusal.message, refusal.place, refusal.hint))
            mail = None
        except OutsideError as error:
            self.problems.append(Problem("E301", str(error), self.library.place(self.page.path)))
            mail = None
        return (None if any(problem.is_error for problem in self.problems) else mail), self.problems

    def _compile(self) -> CompiledMail | None:
        source = decode(self.library.read(self.page.path), self.library.place(self.page.path))
        self.marks.check(source)
        head, mistakes = read_head(self.library, self.page.path, source)
        self.problems += mistakes
        self.silences = head.silences
        if any(mistake.code in _UNREADABLE for mistake in mistakes):
            return None  # without its head a mail has more mistakes than its author made
        names = Names.for_authors(self.settings, head.links)
        flattener = Flattener(self.library, names, problems=self.problems)
        flattener.links = {name: self._link(flattener, head, name) for name in head.links}
        lines = {key: self._line(flattener, head, key) for key in ("subject", "preheader", "from", "reply_to")}
        marked = self._body(flattener, head)
        for unit in flattener.units.values():
            self.marks.check("\n".join(unit.origin.lines))
        return self._finish(flattener, head, lines, marked)

    def _line(self, flattener: Flattener, head: Head, key: str) -> str:
        """A value of the head as Jinja source."""
        if key not in head.values:
            return ""
        self.lines[key] = self._flat_line(flattener, head.values[key], head.places.get(key))
        return line_source(self.marks, self.lines[key])

    def _flat_line(self, flattener: Flattener, value: str, place: Place | None) -> Pieces:
        place = place or self.library.place(self.page.path, 1, 1)
        origin = Origin(self.page.path, value.split("\n"), place.path, place.line, place.column)
        unit = flattener.parse(origin, value)
        pieces = flattener.body(unit.tree.body, Frame(unit, {}))
        self.seen.append(pieces)
        return pieces

    def _link(self, flattener: Flattener, head: Head, name: str) -> Value:
        pieces = self._flat_line(flattener, head.links[name], head.places.get(f"links.{name}"))
        return Fragment(tuple(Constant(piece.text) if isinstance(piece, Text) else piece for piece in pieces))

    def _body(self, flattener: Flattener, head: Head) -> str:
        """The whole mail as HTML with marks."""
        shown = str(self.library.place(self.page.path))
        origin = Origin(self.page.path, head.body.split("\n"), shown, head.body_line)
        unit = flattener.parse(origin, head.body)
        scope: dict[str, Value] = {
            "title": head.values.get("title", ""),
            "language": self.page.key.language or self.settings.language,
            "operational": self.page.operational,
        }
        extends = next((node for node in unit.tree.body if isinstance(node, nodes.Extends)), None)
        self.problems += foreign_placeholders(head, origin, self.library.place(self.page.path))
        if self.page.format != ".md":
            self.problems += open_tags(head.body, origin)
        if self.page.format != ".md" and (extends is not None or _is_complete(head)):
            pieces = flattener.page(Frame(unit, scope))
            self.layout = str(getattr(extends.template, "value", "")) if extends else ""
        else:
            pieces = self._within_layout(flattener, Frame(unit, scope), head, extends)
        self.seen.append(pieces)
        if self.page.format == ".mjml":
            return mjml.to_html(self.marks, pieces, origin)
        return self.marks.constants(self.marks.write(pieces), html.escape)

    def _within_layout(self, flattener: Flattener, frame: Frame, head: Head, extends: nodes.Extends | None) -> Pieces:
        """The page's own words inside of its layout's `content`, its blocks inside of the layout's blocks."""
        body = frame.unit.tree.body
        blocks = {node.name: node for node in body if isinstance(node, nodes.Block)}
        rest = [node for node in body if not isinstance(node, nodes.Block | nodes.Extends)]
        content = self._written(flattener.body(rest, frame))
        chain: dict[str, tuple[Definition, ...]] = {
            name: (Definition(None, pieces=self._written(flattener.body(block.body, frame.inner()), words=True)),)
            for name, block in blocks.items()
        }
        if extends is None or any(isinstance(piece, Text) and piece.text.strip() for piece in content):
            chain.setdefault("content", (Definition(None, pieces=content),))
        layout = flattener.load(*self._layout(frame, head, extends), ("layouts", ""))
        pieces = flattener.page(Frame(layout, frame.scope, chain))
        self._check_blocks(flattener, frame, blocks)
        return pieces

    def _layout(self, frame: Frame, head: Head, extends: nodes.Extends | None) -> tuple[str, Place]:
        """The layout's file name, and who asks for it."""
        self.layout = head.values.get("layout", "") or "default"
        place = head.places.get("layout") or self.library.place(self.page.path, 1, 1)
        if extends is not None:
            self.layout = str(getattr(extends.template, "value", ""))
            place = frame.place(extends, self.layout)
        ending = ".mjml" if self.page.format == ".mjml" else ".html"
        return self.layout if self.layout.endswith(ending) else self.layout + ending, place

    def _check_blocks(self, flattener: Flattener, frame: Frame, blocks: Mapping[str, nodes.Block]) -> None:
        known = {block.name for unit in flattener.units.values() for block in unit.tree.find_all(nodes.Block)}
        for name, block in blocks.items():
            if name not in known:
                hint = did_you_mean(name, known) or f"it has {', '.join(sorted(known))}"
                message = f"the layout '{self.layout}' has no block '{name}'"
                self.problems.append(Problem("E328", message, frame.place(block, name), hint))

    def _written(self, pieces: Pieces, *, words: bool = False) -> Pieces:
        """A page's own words as markup; `words` may stand inside of a layout's paragraph."""
        if self.page.format != ".md":
            return pieces
        self.seen.append(pieces)
        return (Text(markdown.to_html(self.marks, pieces, words=words)),)

    def _finish(self, flattener: Flattener, head: Head, lines: Mapping[str, str], marked: str) -> CompiledMail:
        origins = [self._whole_file(), *(unit.origin for unit in flattener.units.values())]
        table = LinkTable(self.marks, self.settings, self.page.key, self._link_names(flattener))
        assets = AssetTable(self.library, self.marks, self._asset_folders())
        rewriter = Rewriter(self.marks, table, assets, origins, self.page.format == ".mjml")
        styled = self._with_styles(_with_preheader(self.marks, marked, self.seen, lines["preheader"]))
        document = rewriter.rewritten(styled)
        text = self._text(flattener, rewriter, document)
        self.problems += rewriter.problems
        mail = CompiledMail(
            key=self.page.key,
            path=self.page.path,
            subject=lines["subject"],
            preheader=lines["preheader"],
            sender=lines["from"],
            reply_to=lines["reply_to"],
            html=self.marks.restore(rewriter.with_pixel(document)),
            text=self.marks.restore(text),
            links=tuple(table.links),
            variables=self._variables(),
            assets=tuple(sorted(assets.assets.values())),
            layout=self.layout,
        )
        self.problems += mail_problems(
            mail, head, self.settings, self.library.place(self.page.path), self.page.operational
        )
        if not any(problem.is_error for problem in self.problems):
            from engine.content.lint.judge import judge  # only where mails are compiled, which is in a child

            self.problems += judge(self._draft(head, styled, origins))
        return mail

    def _draft(self, head: Head, styled: str, origins: Sequence[Origin]) -> Draft:
        """The mail as it is judged: with its styles, before links lead through the tracker."""
        whole, *others = origins
        body = replace(whole, lines=whole.lines[head.body_line - 1 :], first_line=head.body_line)
        above = replace(whole, lines=whole.lines[: head.body_line - 1])
        return Draft(
            marks=self.marks,
            markup=styled,
            origins=[body, *(origin for origin in others if origin.path != whole.path), above],
            lines=self.lines,
            places=head.places,
            page=self.library.place(self.page.path),
            language=self.page.key.language or self.settings.language,
            clients=self.settings.clients,
        )

    def _whole_file(self) -> Origin:
        source = decode(self.library.read(self.page.path), self.library.place(self.page.path))
        return Origin(self.page.path, source.split("\n"), str(self.library.place(self.page.path)))

    def _with_styles(self, marked: str) -> str:
        try:
            return inlined(self.marks, marked)
        except ValueError as error:
            message = f"a style cannot be understood: {error}"
            self.problems.append(Problem("E313", message, self.library.place(self.page.path)))
            return marked

    def _link_names(self, flattener: Flattener) -> dict[str, str]:
        named = {}
        for name, value in flattener.links.items():
            target = self.marks.constants(self.marks.write(value.pieces), str)
            named[self.marks.restore(target)] = name
        return named

    def _asset_folders(self) -> tuple[str, ...]:
        folder = self.page.path.rpartition("/")[0]
        above = folder.rpartition("/")[0]
        return tuple(dict.fromkeys((folder, above, "shared", "layouts", "")))

    def _text(self, flattener: Flattener, rewriter: Rewriter, document: str) -> str:
        if not self.page.text_path:
            targets = {link.index: link.target for link in rewriter.table.links}
            return text_part(self.marks, document, targets, rewriter.table.uncounted)
        source = decode(self.library.read(self.page.text_path), self.library.place(self.page.text_path))
        self.marks.check(source)
        origin = Origin(self.page.text_path, source.split("\n"), str(self.library.place(self.page.text_path)))
        unit = flattener.parse(origin, source)
        pieces = flattener.page(Frame(unit, {"operational": self.page.operational}))
        self.seen.append(pieces)
        marked = self.marks.constants(self.marks.write(pieces), str)
        return written_text(marked, lambda target: rewriter.target(target, "", origin))

    def _variables(self) -> tuple[VariableUse, ...]:
        found = {
            VariableUse(_path(reference), reference.place, safe)
            for pieces in self.seen
            for reference, safe in guarded_references(pieces)
            if reference.root in {"lead", "trigger", "owner", "vars", "sender"}
        }
        return tuple(sorted(found))


def _path(reference: Reference) -> str:
    return f"{reference.root}.{reference.path[0]}" if reference.path else reference.root


def compile_line(source: str, place: Place, settings: CompileSettings) -> tuple[str, list[Problem]]:
    """A subject that stands in a campaign, as `RenderContext.subject` wants it, and its mistakes.

    `place` is where the text begins, after its opening quote.
    """
    problems: list[Problem] = []
    flattener = Flattener(Library(Path()), Names.for_authors(settings, {}), {}, problems)
    try:
        origin = Origin(place.path, source.split("\n"), place.path, place.line, place.column)
        unit = flattener.parse(origin, source)
        pieces = flattener.body(unit.tree.body, Frame(unit, {}))
    except RefusedError as refusal:
        return "", [*problems, Problem(refusal.code, refusal.message, refusal.place, refusal.hint)]
    return line_source(Marks(), pieces), [*problems, *subject_findings(longest(pieces), place)]


def line_source(marks: Marks, pieces: Pieces) -> str:
    """Pieces of one line as Jinja source, constants in place."""
    return marks.restore(marks.constants(marks.write(pieces), str))


def _is_complete(head: Head) -> bool:
    """Whether an HTML or MJML file is a document of its own."""
    return (
        head.values.get("layout") == "none"
        or re.search(r"<(!doctype|html|mjml)\b", head.body, re.IGNORECASE) is not None
    )


_PREHEADER = (
    '<div style="display:none;font-size:1px;line-height:1px;max-height:0;max-width:0;opacity:0;overflow:hidden;'
    'mso-hide:all;">{}</div>'
)


def _with_preheader(marks: Marks, document: str, seen: list[Pieces], preheader: str) -> str:
    """A document that does not place its preheader gets it, unseen, where mail programs look for it."""
    used = any(
        reference == Reference("mail", ("preheader",)) for pieces in seen for reference, _ in guarded_references(pieces)
    )
    body = re.search(r"<body\b[^>]*>", document, re.IGNORECASE)
    if used or not preheader or not body:
        return document
    return (
        document[: body.end()]
        + _PREHEADER.format(marks.hole(Reference("mail", ("preheader",))))
        + document[body.end() :]
    )
