"""Flattens templates: inheritance, includes, macros and everything known is worked out; what waits for the lead stays.

This is a partial evaluator over Jinja's syntax tree. It runs no template code; every step consumes a budget, so that a
template cannot ask for more than it may have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from jinja2 import Environment, TemplateSyntaxError, nodes

from engine.content import expressions as ex
from engine.content.library import Library, OutsideError
from engine.content.names import Names
from engine.content.pieces import Branch, Constant, Loop, Piece, Pieces, Text
from engine.content.reduce import Fragment, Module, Origin, Reducer, Refused, Value
from engine.content.unclosed import unclosed_statement
from engine.errors import Place, Problem, did_you_mean

MAX_PIECES = 50_000
MAX_CHARACTERS = 2_000_000
MAX_DEPTH = 25

PARSER = Environment(autoescape=True, keep_trailing_newline=True)  # parses only: nothing is ever rendered by it


@dataclass(frozen=True)
class Unit:
    """A parsed file."""

    origin: Origin
    tree: nodes.Template


@dataclass(frozen=True)
class Definition:
    """What fills a block: a block of a file, or what a page wrote before it met its layout."""

    unit: Unit | None
    body: Sequence[nodes.Node] = ()
    pieces: Pieces = ()


@dataclass(frozen=True)
class MacroValue:
    """A macro with the file and the scope that it was written in."""

    unit: Unit
    node: nodes.Macro | nodes.CallBlock
    scope: Mapping[str, Any]


Chain = Mapping[str, tuple[Definition, ...]]


@dataclass
class Flattener:
    """Flattens the files of one mail; mistakes that do not end the work are collected in `problems`."""

    library: Library
    names: Names
    links: Mapping[str, Value] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    units: dict[str, Unit] = field(default_factory=dict)
    _pieces_left: int = MAX_PIECES
    _characters_left: int = MAX_CHARACTERS
    _depth: int = 0
    _loops: int = 0

    def parse(self, origin: Origin, source: str) -> Unit:
        """Raises Refused at the place of a syntax error."""
        try:
            return Unit(origin, PARSER.parse(source))
        except TemplateSyntaxError as error:
            raise _syntax(origin, error) from None
        except RecursionError:
            raise Refused("E324", "this template is nested too deeply", origin.place(1)) from None

    def load(
        self, name: str, asked_by: Place, folders: tuple[str, ...] = ("", "layouts", "partials", "shared")
    ) -> Unit:
        """A layout or partial by its name; `.html` may be left out."""
        path = self._locate(name, asked_by, folders)
        if path not in self.units:
            source = decode(self.library.read(path), self.library.place(path))
            origin = Origin(path, source.split("\n"), str(self.library.place(path)))
            self.units[path] = self.parse(origin, source)
        return self.units[path]

    def _locate(self, name: str, asked_by: Place, folders: tuple[str, ...]) -> str:
        try:
            self.library.resolve(name)
            path = self.library.find(name, folders) or self.library.find(f"{name}.html", folders)
        except OutsideError as error:
            raise Refused("E301", str(error), asked_by, "templates use only files below templates/") from None
        if path is None:
            known = [file for folder in folders if folder for file in self.library.names(folder)]
            looked = ", ".join(f"{self.library.shown}/{folder + '/' if folder else ''}" for folder in folders)
            raise Refused("E302", f"there is no file '{name}'; looked in {looked}", asked_by, did_you_mean(name, known))
        return path

    def page(self, unit: Unit, scope: dict[str, Value], chain: Chain, layout: Unit | None) -> Pieces:
        """A file with all that it extends; `layout` is a parent that the file does not name itself."""
        extends = next((node for node in unit.tree.body if isinstance(node, nodes.Extends)), None)
        own = {block.name: (Definition(unit, block.body),) for block in unit.tree.find_all(nodes.Block)}
        merged = {**own, **{name: chain[name] + own.get(name, ()) for name in chain}}
        if extends is None and layout is None:
            return self.body(unit, unit.tree.body, scope, merged)
        with_sets = [node for node in unit.tree.body if is_silent(node)]
        self.body(unit, with_sets, scope, merged)
        parent = layout or self._parent(unit, extends, scope)
        self._enter(unit.origin.place(extends.lineno if extends else 1))
        pieces = self.page(parent, scope, merged, None)
        self._depth -= 1
        return pieces

    def _parent(self, unit: Unit, extends: nodes.Extends | None, scope: dict[str, Value]) -> Unit:
        assert extends is not None
        return self.load(*self._file_name(unit, extends, extends.template, scope), ("", "layouts"))

    def _file_name(
        self, unit: Unit, node: nodes.Node, named: nodes.Expr, scope: Mapping[str, Value]
    ) -> tuple[str, Place]:
        name = self._reducer(unit).reduce(named, scope)
        place = unit.origin.place(node.lineno, name if isinstance(name, str) else "")
        if not isinstance(name, str):
            raise Refused(
                "E321",
                "the name of a file must stand in the template",
                place,
                'write {% include "partials/card.html" %}',
            )
        return name, place

    def _enter(self, place: Place) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Refused(
                "E324",
                f"files and macros call each other more than {MAX_DEPTH} deep",
                place,
                "does one include itself?",
            )

    def _reducer(self, unit: Unit, chain: Chain | None = None, block: str = "") -> MacroReducer:
        return MacroReducer(self.names, unit.origin, self.links, self, unit, chain or {}, block)

    def body(
        self, unit: Unit, body: Sequence[nodes.Node], scope: dict[str, Value], chain: Chain, block: str = ""
    ) -> Pieces:
        """The pieces of statements; mistakes are collected, so that all are found at once."""
        pieces: list[Piece] = []
        for node in body:
            if isinstance(node, nodes.Output):
                for part in node.nodes:
                    pieces += self._attempt(self._output, unit, part, scope, chain, block)
            else:
                pieces += self._attempt(self._statement, unit, node, scope, chain, block)
        return tuple(pieces)

    def _attempt(
        self, step: Any, unit: Unit, node: nodes.Node, scope: dict[str, Value], chain: Chain, block: str
    ) -> Pieces:
        try:
            pieces: Pieces = step(unit, node, scope, chain, block)
        except Refused as refusal:
            if refusal.code == "E324":  # a budget is spent: going on would spend more
                raise
            self.problems.append(Problem(refusal.code, refusal.message, refusal.place, refusal.hint))
            return ()
        self._spend(pieces, unit, node)
        return pieces

    def _spend(self, pieces: Pieces, unit: Unit, node: nodes.Node) -> None:
        waiting = list(pieces)
        while waiting and self._pieces_left >= 0 and self._characters_left >= 0:
            piece = waiting.pop()
            self._pieces_left -= 1
            self._characters_left -= len(piece.text) if isinstance(piece, Text) else 0
            self._characters_left -= len(piece.value) if isinstance(piece, Constant) else 0
            if isinstance(piece, Branch | Loop):
                waiting += (*piece.body, *piece.otherwise)
        if self._pieces_left < 0 or self._characters_left < 0:
            message = "this template grows beyond what a mail may hold"
            raise Refused("E324", message, unit.origin.place(node.lineno), "does a file or macro repeat itself?")

    def _output(self, unit: Unit, node: nodes.Node, scope: dict[str, Value], chain: Chain, block: str) -> Pieces:
        if isinstance(node, nodes.TemplateData):
            return (Text(node.data),)
        reducer = self._reducer(unit, chain, block)
        return reducer.pieces(reducer.reduce(node, scope), node)

    def _statement(self, unit: Unit, node: nodes.Node, scope: dict[str, Value], chain: Chain, block: str) -> Pieces:
        handler = getattr(self, f"_{type(node).__name__.lower()}", None)
        if handler is None:
            raise Refused(
                "E321", f"'{type(node).__name__.lower()}' is not allowed in templates", unit.origin.place(node.lineno)
            )
        pieces: Pieces = handler(unit, node, scope, chain, block)
        return pieces

    def _if(self, unit: Unit, node: nodes.If, scope: dict[str, Value], chain: Chain, block: str) -> Pieces:
        test = self._reducer(unit, chain, block).reduce(node.test, scope)
        otherwise: Sequence[nodes.Node] = node.else_
        if node.elif_:
            first, rest = node.elif_[0], node.elif_[1:]
            otherwise = [nodes.If(first.test, first.body, rest, node.else_, lineno=first.lineno)]
        if not isinstance(test, ex.Expression):
            chosen = node.body if self._reducer(unit).truth(test, node) else otherwise
            return self.body(unit, chosen, scope, chain, block)
        yes, no = dict(scope), dict(scope)
        branch = Branch(
            test, self.body(unit, node.body, yes, chain, block), self.body(unit, otherwise, no, chain, block)
        )
        self._merge(unit, node, test, scope, yes, no)
        return (branch,)

    def _merge(
        self,
        unit: Unit,
        node: nodes.Node,
        test: ex.Expression,
        scope: dict[str, Value],
        yes: dict[str, Value],
        no: dict[str, Value],
    ) -> None:
        """After a branch, a name that both sides set differently holds a choice."""
        for name in {*yes, *no} - {"loop", "caller"}:
            first, second = yes.get(name, ""), no.get(name, "")
            if first is not second and first != second:
                scope[name] = self._reducer(unit).choose(test, first, second, node)
            else:
                scope[name] = first

    def _for(self, unit: Unit, node: nodes.For, scope: dict[str, Value], chain: Chain, block: str) -> Pieces:
        if node.recursive or node.test is not None or not isinstance(node.target, nodes.Name):
            hint = "write {% for item in lead.interests %}, and an if inside"
            raise Refused("E321", "this kind of loop is not allowed", unit.origin.place(node.lineno, "for"), hint)
        over = self._reducer(unit, chain, block).reduce(node.iter, scope)
        if isinstance(over, list | tuple):
            return self._unrolled(unit, node, over, scope, chain, block)
        if not isinstance(over, ex.Reference):
            raise Refused(
                "E321", "loops go only through lists of the lead or the trigger", unit.origin.place(node.lineno, "for")
            )
        if self._loops >= 2:
            raise Refused("E324", "more than two loops inside each other", unit.origin.place(node.lineno, "for"))
        self._loops += 1
        number = MAX_PIECES - self._pieces_left
        variable = f"{node.target.name}_{number}"
        place = unit.origin.place(node.lineno, node.target.name)
        inner = {
            **scope,
            node.target.name: ex.Reference(variable, (), place),
            "loop": ex.Reference(f"loop_{variable}", (), place),
        }
        body = self.body(unit, node.body, inner, chain, block)
        self._loops -= 1
        return (Loop(variable, over, body, self.body(unit, node.else_, dict(scope), chain, block)),)

    def _unrolled(
        self, unit: Unit, node: nodes.For, over: Sequence[Value], scope: dict[str, Value], chain: Chain, block: str
    ) -> Pieces:
        if not over:
            return self.body(unit, node.else_, dict(scope), chain, block)
        pieces: list[Piece] = []
        for number, value in enumerate(over):
            loop = {
                "index": number + 1,
                "index0": number,
                "first": not number,
                "last": number + 1 == len(over),
                "length": len(over),
            }
            inner = {**scope, str(getattr(node.target, "name", "")): value, "loop": loop}
            pieces += self.body(unit, node.body, inner, chain, block)
        return tuple(pieces)

    def _assign(self, unit: Unit, node: nodes.Assign, scope: dict[str, Value], chain: Chain, block: str) -> Pieces:
        if not isinstance(node.target, nodes.Name):
            raise Refused("E321", "set takes one name", unit.origin.place(node.lineno, "set"))
        scope[node.target.name] = self._reducer(unit, chain, block).reduce(node.node, scope)
        return ()

    def _assignblock(
        self, unit: Unit, node: nodes.AssignBlock, scope: dict[str, Value], chain: Chain, block: str
    ) -> Pieces:
        if not isinstance(node.target, nodes.Name) or node.filter is not None:
            raise Refused("E321", "a set block takes one name and no filter", unit.origin.place(node.lineno, "set"))
        scope[node.target.name] = Fragment(self.body(unit, node.body, dict(scope), chain, block))
        return ()

    def _with(self, unit: Unit, node: nodes.With, scope: dict[str, Value], chain: Chain, block: str) -> Pieces:
        reducer = self._reducer(unit, chain, block)
        named = {
            getattr(target, "name", ""): reducer.reduce(value, scope)
            for target, value in zip(node.targets, node.values, strict=True)
        }
        return self.body(unit, node.body, {**scope, **named}, chain, block)

    def _scope(self, unit: Unit, node: nodes.Scope, scope: dict[str, Value], chain: Chain, block: str) -> Pieces:
        return self.body(unit, node.body, dict(scope), chain, block)

    def _block(self, unit: Unit, node: nodes.Block, scope: dict[str, Value], chain: Chain, _block: str) -> Pieces:
        definitions = chain.get(node.name) or (Definition(unit, node.body),)
        return self.fill(node.name, definitions, scope, chain)

    def fill(self, name: str, definitions: tuple[Definition, ...], scope: Mapping[str, Value], chain: Chain) -> Pieces:
        """A block from its most derived definition; `super()` reaches the next."""
        first = definitions[0]
        if first.unit is None:
            return first.pieces
        return self.body(first.unit, first.body, dict(scope), {**chain, name: definitions}, name)

    def _include(self, unit: Unit, node: nodes.Include, scope: dict[str, Value], chain: Chain, block: str) -> Pieces:
        name, place = self._file_name(unit, node, node.template, scope)
        if node.ignore_missing and self.library.find(name, ("", "layouts", "partials", "shared")) is None:
            return ()
        included = self.load(name, place)
        self._enter(place)
        pieces = self.page(included, dict(scope), {}, None)
        self._depth -= 1
        return pieces

    def _import(self, unit: Unit, node: nodes.Import, scope: dict[str, Value], chain: Chain, block: str) -> Pieces:
        scope[node.target] = self._module(unit, node, scope)
        return ()

    def _fromimport(
        self, unit: Unit, node: nodes.FromImport, scope: dict[str, Value], chain: Chain, block: str
    ) -> Pieces:
        module = self._module(unit, node, scope)
        for entry in node.names:
            name, alias = entry if isinstance(entry, tuple) else (entry, entry)
            if name not in module.values:
                raise Refused(
                    "E320",
                    f"the file has no macro '{name}'",
                    unit.origin.place(node.lineno, name),
                    did_you_mean(name, module.values),
                )
            scope[alias] = module.values[name]
        return ()

    def _module(self, unit: Unit, node: nodes.Import | nodes.FromImport, scope: Mapping[str, Value]) -> Module:
        name, place = self._file_name(unit, node, node.template, scope)
        imported = self.load(name, place)
        own: dict[str, Value] = {}
        self._enter(place)
        self.body(imported, [entry for entry in imported.tree.body if is_silent(entry)], own, {})
        self._depth -= 1
        return Module(own)

    def _macro(self, unit: Unit, node: nodes.Macro, scope: dict[str, Value], chain: Chain, block: str) -> Pieces:
        scope[node.name] = MacroValue(unit, node, scope)
        return ()

    def _callblock(
        self, unit: Unit, node: nodes.CallBlock, scope: dict[str, Value], chain: Chain, block: str
    ) -> Pieces:
        caller = MacroValue(unit, node, dict(scope))
        reducer = self._reducer(unit, chain, block)
        return reducer.pieces(reducer.called(node.call, scope, caller), node)

    def call(self, macro: MacroValue, given: Mapping[str, Value], place: Place) -> Fragment:
        """What a macro writes for these arguments."""
        self._enter(place)
        pieces = self.body(macro.unit, macro.node.body, {**macro.scope, **given}, {})
        self._depth -= 1
        return Fragment(pieces)


@dataclass
class MacroReducer(Reducer):
    """Expressions that may also call macros, `caller()` and `super()`."""

    flattener: Flattener = field(default=None)  # type: ignore[assignment]
    unit: Unit = field(default=None)  # type: ignore[assignment]
    chain: Chain = field(default_factory=dict)
    block: str = ""

    def _call(self, node: nodes.Call, scope: Mapping[str, Value]) -> Value:
        return self.called(node, scope, None)

    def called(self, node: nodes.Call, scope: Mapping[str, Value], caller: MacroValue | None) -> Value:
        """A call of a macro; nothing else can be called."""
        name = node.node.name if isinstance(node.node, nodes.Name) else getattr(node.node, "attr", "")
        place = self.place(node, name)
        if name == "super" and isinstance(node.node, nodes.Name) and self.block:
            return self._super(scope, place)
        if isinstance(node.node, nodes.Name) and name not in scope:
            raise Refused(
                "E321", f"'{name}' cannot be called in templates", place, did_you_mean(name, scope) or "only macros can"
            )
        macro = self.reduce(node.node, scope)
        if not isinstance(macro, MacroValue):
            raise Refused(
                "E321",
                f"'{name}' cannot be called in templates",
                place,
                "only macros can; values have filters: {{ lead.first_name | upper }}",
            )
        return self.flattener.call(macro, self._given(macro, node, scope, caller, place), place)

    def _super(self, scope: Mapping[str, Value], place: Place) -> Fragment:
        rest = self.chain.get(self.block, ())[1:]
        if not rest:
            raise Refused("E320", "there is no block above this one", place, "remove super()")
        return Fragment(self.flattener.fill(self.block, rest, scope, self.chain))

    def _given(
        self, macro: MacroValue, node: nodes.Call, scope: Mapping[str, Value], caller: MacroValue | None, place: Place
    ) -> dict[str, Value]:
        if node.dyn_args or node.dyn_kwargs:
            raise Refused("E321", "* is not allowed in templates", place)
        names = [argument.name for argument in macro.node.args]
        given = dict(zip(names, (self.reduce(argument, scope) for argument in node.args), strict=False))
        given |= {pair.key: self.reduce(pair.value, scope) for pair in node.kwargs}
        wrong = next((name for name in given if name not in names), None)
        if wrong is not None or len(node.args) > len(names):
            raise Refused("E320", f"this macro takes ({', '.join(names)})", place, did_you_mean(wrong or "", names))
        defaults = dict(zip(names[len(names) - len(macro.node.defaults) :], macro.node.defaults, strict=True))
        inner = replace(self, origin=macro.unit.origin, unit=macro.unit)
        for name in names:
            if name not in given:
                if name not in defaults:
                    raise Refused("E320", f"'{name}' is missing: this macro takes ({', '.join(names)})", place)
                given[name] = inner.reduce(defaults[name], {**macro.scope, **given})
        return given | ({"caller": caller} if caller else {})


def is_silent(node: nodes.Node) -> bool:
    """Statements that define names and write nothing."""
    return isinstance(node, nodes.Assign | nodes.AssignBlock | nodes.Import | nodes.FromImport | nodes.Macro)


def decode(content: bytes, place: Place) -> str:
    """A template's text.

    Raises:
        Refused: it is not UTF-8.
    """
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        where = Place(place.path, line, error.start - content.rfind(b"\n", 0, error.start))
        raise Refused("E308", "this file is not UTF-8", where, "save it as UTF-8") from None


def _syntax(origin: Origin, error: TemplateSyntaxError) -> Refused:
    message = (error.message or "syntax error").rstrip(".")
    if opened := unclosed_statement("\n".join(origin.lines)):
        line, column, word = opened
        place = replace(origin.place(line), column=column, width=len(word))
        return Refused("E309", f"this '{word}' is never closed", place, f"add {{% end{word} %}}")
    quoted = message.split("'")
    return Refused(
        "E309",
        f"Jinja: {message[:1].lower()}{message[1:]}",
        origin.place(error.lineno, quoted[1] if len(quoted) > 2 else ""),
        "",
    )
