"""Flattens templates: inheritance, includes, macros and everything known is worked out; what waits for the lead stays.

This is a partial evaluator over Jinja's syntax tree. It runs no template code; every step consumes a budget, so that a
template cannot ask for more than it may have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from jinja2 import Environment, TemplateSyntaxError, nodes

from engine.content import expressions as ex
from engine.content.frames import Definition, Fragment, Frame, MacroValue, Module, Unit, Value
from engine.content.library import Library, OutsideError
from engine.content.names import Names
from engine.content.origin import Origin, RefusedError
from engine.content.pieces import Branch, Constant, Loop, Piece, Pieces, Text
from engine.content.reduce import Reducer
from engine.content.unclosed import unclosed_statement
from engine.content.values import rounds
from engine.errors import Place, Problem, did_you_mean

MAX_PIECES = 50_000
MAX_CHARACTERS = 2_000_000
MAX_DEPTH = 25
MAX_LOOPS = 2
PARTIALS = ("", "layouts", "partials", "shared")

PARSER = Environment(autoescape=True, keep_trailing_newline=True)  # parses only: nothing is ever rendered by it

_PARSED: dict[tuple[str, bytes], Unit] = {}


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
        """Raises RefusedError at the place of a syntax error."""
        try:
            return Unit(origin, PARSER.parse(source))
        except TemplateSyntaxError as error:
            raise _syntax(origin, error) from None
        except RecursionError:
            raise RefusedError("E324", "this template is nested too deeply", origin.place(1)) from None

    def load(self, name: str, asked_by: Place, folders: tuple[str, ...] = PARTIALS) -> Unit:
        """A layout or partial by its name; `.html` may be left out."""
        path = self._locate(name, asked_by, folders)
        if path not in self.units:
            self.units[path] = self._parsed(path, self.library.read(path))
        return self.units[path]

    def _parsed(self, path: str, content: bytes) -> Unit:
        """A layout's tree; one is enough for all the mails that use it."""
        shown = str(self.library.place(path))
        if (shown, content) not in _PARSED:
            if len(_PARSED) >= 200:
                _PARSED.clear()
            source = decode(content, self.library.place(path))
            _PARSED[shown, content] = self.parse(Origin(path, source.split("\n"), shown), source)
        return _PARSED[shown, content]

    def _locate(self, name: str, asked_by: Place, folders: tuple[str, ...]) -> str:
        try:
            self.library.resolve(name)
            path = self.library.find(name, folders) or self.library.find(f"{name}.html", folders)
        except OutsideError as error:
            raise RefusedError("E301", str(error), asked_by, "templates use only files below templates/") from None
        if path is None:
            known = [file for folder in folders if folder for file in self.library.names(folder)]
            looked = ", ".join(f"{self.library.shown}/{folder + '/' if folder else ''}" for folder in folders)
            raise RefusedError(
                "E302", f"there is no file '{name}'; looked in {looked}", asked_by, did_you_mean(name, known)
            )
        return path

    def page(self, frame: Frame) -> Pieces:
        """A file with all that it extends."""
        body = frame.unit.tree.body
        extends = next((node for node in body if isinstance(node, nodes.Extends)), None)
        own = {block.name: (Definition(frame.unit, block.body),) for block in frame.unit.tree.find_all(nodes.Block)}
        merged = {**own, **{name: above + own.get(name, ()) for name, above in frame.chain.items()}}
        frame = replace(frame, chain=merged)
        if extends is None:
            return self.body(body, frame)
        self.body([node for node in body if is_silent(node)], frame)
        name, place = self._file_name(extends, extends.template, frame)
        parent = self.load(name, place, ("", "layouts"))
        return self._deeper(place, lambda: self.page(replace(frame, unit=parent)))

    def _file_name(self, node: nodes.Node, named: nodes.Expr, frame: Frame) -> tuple[str, Place]:
        name = self.reducer(frame).reduce(named, frame.scope)
        if isinstance(name, str):
            return name, frame.place(node, name)
        hint = 'write {% include "partials/card.html" %}'
        raise RefusedError("E321", "the name of a file must stand in the template", frame.place(node), hint)

    def _deeper(self, place: Place, work: Callable[[], Pieces]) -> Pieces:
        """Work inside of another file or macro."""
        if self._depth >= MAX_DEPTH:
            message = f"files and macros call each other more than {MAX_DEPTH} deep"
            raise RefusedError("E324", message, place, "does one include itself?")
        self._depth += 1
        try:
            return work()
        finally:
            self._depth -= 1

    def reducer(self, frame: Frame) -> Reducer:
        """Works out the expressions of a frame."""
        return MacroReducer(self.names, frame.unit.origin, self.links, self, frame)

    def body(self, body: Sequence[nodes.Node], frame: Frame) -> Pieces:
        """The pieces of statements; mistakes are collected, so that all are found at once."""
        pieces: list[Piece] = []
        for node in body:
            if isinstance(node, nodes.Output):
                for part in node.nodes:
                    pieces += self._attempt(self._output, part, frame)
            else:
                pieces += self._attempt(self._statement, node, frame)
        return tuple(pieces)

    def _attempt(self, step: Callable[[Any, Frame], Pieces], node: nodes.Node, frame: Frame) -> Pieces:
        try:
            pieces = step(node, frame)
        except RefusedError as refusal:
            if refusal.code == "E324":  # a budget is spent: going on would spend more
                raise
            self.problems.append(Problem(refusal.code, refusal.message, refusal.place, refusal.hint))
            return ()
        self._spend(pieces, node, frame)
        return pieces

    def _spend(self, pieces: Pieces, node: nodes.Node, frame: Frame) -> None:
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
            raise RefusedError("E324", message, frame.place(node), "does a file or macro repeat itself?")

    def _output(self, node: nodes.Node, frame: Frame) -> Pieces:
        if isinstance(node, nodes.TemplateData):
            return (Text(node.data),)
        reducer = self.reducer(frame)
        return reducer.pieces(reducer.reduce(node, frame.scope), node)

    def _statement(self, node: nodes.Node, frame: Frame) -> Pieces:
        name = type(node).__name__.lower()
        handler: Callable[[Any, Frame], Pieces] | None = getattr(self, f"_{name}", None)
        if handler is None:
            raise RefusedError("E321", f"'{name}' is not allowed in templates", frame.place(node))
        return handler(node, frame)

    def _if(self, node: nodes.If, frame: Frame) -> Pieces:
        reducer = self.reducer(frame)
        test = reducer.reduce(node.test, frame.scope)
        otherwise: Sequence[nodes.Node] = node.else_
        if node.elif_:
            first, rest = node.elif_[0], node.elif_[1:]
            otherwise = [nodes.If(first.test, first.body, rest, node.else_, lineno=first.lineno)]
        if not isinstance(test, ex.Expression):
            return self.body(node.body if reducer.truth(test, node) else otherwise, frame)
        yes, no = frame.inner(), frame.inner()
        branch = Branch(test, self.body(node.body, yes), self.body(otherwise, no))
        for name in {*yes.scope, *no.scope} - {"loop", "caller"}:  # a name set differently becomes a choice
            first_value, second_value = yes.scope.get(name, ""), no.scope.get(name, "")
            same = first_value is second_value or first_value == second_value
            frame.scope[name] = first_value if same else reducer.choose(test, first_value, second_value, node)
        return (branch,)

    def _for(self, node: nodes.For, frame: Frame) -> Pieces:
        if node.recursive or node.test is not None or not isinstance(node.target, nodes.Name):
            hint = "write {% for item in lead.interests %}, and an if inside"
            raise RefusedError("E321", "this kind of loop is not allowed", frame.place(node, "for"), hint)
        over = self.reducer(frame).reduce(node.iter, frame.scope)
        if isinstance(over, list | tuple):
            return self._unrolled(node, node.target.name, over, frame)
        if not isinstance(over, ex.Reference):
            message = "loops go only through lists of the lead or the trigger"
            raise RefusedError("E321", message, frame.place(node, "for"))
        return self._looped(node, node.target.name, over, frame)

    def _looped(self, node: nodes.For, name: str, over: ex.Reference, frame: Frame) -> Pieces:
        """A loop that waits for the lead; its variable gets a name of its own."""
        if self._loops >= MAX_LOOPS:
            raise RefusedError("E324", f"more than {MAX_LOOPS} loops inside each other", frame.place(node, "for"))
        variable, place = f"{name}_{MAX_PIECES - self._pieces_left}", frame.place(node, name)
        self._loops += 1
        item, loop = ex.Reference(variable, (), place), ex.Reference(f"loop_{variable}", (), place)
        body = self.body(node.body, frame.inner(**{name: item, "loop": loop}))
        self._loops -= 1
        return (Loop(variable, over, body, self.body(node.else_, frame.inner())),)

    def _unrolled(self, node: nodes.For, name: str, over: Sequence[Value], frame: Frame) -> Pieces:
        """A loop over a list that stands in the template."""
        if not over:
            return self.body(node.else_, frame.inner())
        pieces: list[Piece] = []
        for loop, value in rounds(over):
            pieces += self.body(node.body, frame.inner(**{name: value, "loop": loop}))
        return tuple(pieces)

    def _assign(self, node: nodes.Assign, frame: Frame) -> Pieces:
        if not isinstance(node.target, nodes.Name):
            raise RefusedError("E321", "set takes one name", frame.place(node, "set"))
        frame.scope[node.target.name] = self.reducer(frame).reduce(node.node, frame.scope)
        return ()

    def _assignblock(self, node: nodes.AssignBlock, frame: Frame) -> Pieces:
        if not isinstance(node.target, nodes.Name) or node.filter is not None:
            raise RefusedError("E321", "a set block takes one name and no filter", frame.place(node, "set"))
        frame.scope[node.target.name] = Fragment(self.body(node.body, frame.inner()))
        return ()

    def _with(self, node: nodes.With, frame: Frame) -> Pieces:
        reducer = self.reducer(frame)
        pairs = zip(node.targets, node.values, strict=True)
        named = {getattr(target, "name", ""): reducer.reduce(value, frame.scope) for target, value in pairs}
        return self.body(node.body, frame.inner(**named))

    def _scope(self, node: nodes.Scope, frame: Frame) -> Pieces:
        return self.body(node.body, frame.inner())

    def _block(self, node: nodes.Block, frame: Frame) -> Pieces:
        return self.fill(node.name, frame.chain.get(node.name) or (Definition(frame.unit, node.body),), frame)

    def fill(self, name: str, definitions: tuple[Definition, ...], frame: Frame) -> Pieces:
        """A block from its most derived definition; `super()` reaches the next."""
        first = definitions[0]
        if first.unit is None:
            return first.pieces
        return self.body(first.body, Frame(first.unit, dict(frame.scope), {**frame.chain, name: definitions}, name))

    def _include(self, node: nodes.Include, frame: Frame) -> Pieces:
        name, place = self._file_name(node, node.template, frame)
        if node.ignore_missing and self.library.find(name, PARTIALS) is None:
            return ()
        included = Frame(self.load(name, place), dict(frame.scope))
        return self._deeper(place, lambda: self.page(included))

    def _import(self, node: nodes.Import, frame: Frame) -> Pieces:
        frame.scope[node.target] = self._module(node, frame)
        return ()

    def _fromimport(self, node: nodes.FromImport, frame: Frame) -> Pieces:
        module = self._module(node, frame)
        for entry in node.names:
            name, alias = entry if isinstance(entry, tuple) else (entry, entry)
            if name not in module.values:
                hint = did_you_mean(name, module.values)
                raise RefusedError("E320", f"the file has no macro '{name}'", frame.place(node, name), hint)
            frame.scope[alias] = module.values[name]
        return ()

    def _module(self, node: nodes.Import | nodes.FromImport, frame: Frame) -> Module:
        name, place = self._file_name(node, node.template, frame)
        own = Frame(self.load(name, place), {})
        self._deeper(place, lambda: self.body([entry for entry in own.unit.tree.body if is_silent(entry)], own))
        return Module(own.scope)

    def _macro(self, node: nodes.Macro, frame: Frame) -> Pieces:
        frame.scope[node.name] = MacroValue(frame, node)
        return ()

    def _callblock(self, node: nodes.CallBlock, frame: Frame) -> Pieces:
        caller = MacroValue(frame.inner(), node)
        reducer = MacroReducer(self.names, frame.unit.origin, self.links, self, frame)
        return reducer.pieces(reducer.called(node.call, frame.scope, caller), node)

    def call(self, macro: MacroValue, given: Mapping[str, Value], place: Place) -> Fragment:
        """What a macro writes for these arguments."""
        frame = Frame(macro.frame.unit, {**macro.frame.scope, **given})
        return Fragment(self._deeper(place, lambda: self.body(macro.node.body, frame)))


@dataclass
class MacroReducer(Reducer):
    """Expressions that may also call macros, `caller()` and `super()`."""

    flattener: Flattener
    frame: Frame

    def _call(self, node: nodes.Call, scope: Mapping[str, Value]) -> Value:
        return self.called(node, scope, None)

    def called(self, node: nodes.Call, scope: Mapping[str, Value], caller: MacroValue | None) -> Value:
        """A call of a macro; nothing else can be called."""
        plain = isinstance(node.node, nodes.Name)
        name = str(getattr(node.node, "name" if plain else "attr", ""))
        place = self.place(node, name)
        if name == "super" and plain and self.frame.block:
            return self._super(scope, place)
        macro = self.reduce(node.node, scope) if not plain or name in scope else None
        if not isinstance(macro, MacroValue):
            hint = did_you_mean(name, scope) or "only macros can; values have filters: {{ lead.first_name | upper }}"
            raise RefusedError("E321", f"'{name}' cannot be called in templates", place, hint)
        given = self._given(macro, node, scope, place)
        return self.flattener.call(macro, {**given, **({"caller": caller} if caller else {})}, place)

    def _super(self, scope: Mapping[str, Value], place: Place) -> Fragment:
        rest = self.frame.chain.get(self.frame.block, ())[1:]
        if not rest:
            raise RefusedError("E320", "there is no block above this one", place, "remove super()")
        return Fragment(self.flattener.fill(self.frame.block, rest, replace(self.frame, scope=dict(scope))))

    def _given(self, macro: MacroValue, node: nodes.Call, scope: Mapping[str, Value], place: Place) -> dict[str, Value]:
        """A macro's arguments by name, with its defaults."""
        if node.dyn_args or node.dyn_kwargs:
            raise RefusedError("E321", "* is not allowed in templates", place)
        names = [argument.name for argument in macro.node.args]
        given = dict(zip(names, (self.reduce(argument, scope) for argument in node.args), strict=False))
        given |= {pair.key: self.reduce(pair.value, scope) for pair in node.kwargs}
        wrong = next((name for name in given if name not in names), None)
        if wrong is not None or len(node.args) > len(names):
            raise RefusedError(
                "E320", f"this macro takes ({', '.join(names)})", place, did_you_mean(wrong or "", names)
            )
        defaults = dict(zip(names[len(names) - len(macro.node.defaults) :], macro.node.defaults, strict=True))
        inner = self.flattener.reducer(macro.frame)
        for name in names:
            if name not in given and name not in defaults:
                raise RefusedError("E320", f"'{name}' is missing: this macro takes ({', '.join(names)})", place)
            if name not in given:
                given[name] = inner.reduce(defaults[name], {**macro.frame.scope, **given})
        return given


def is_silent(node: nodes.Node) -> bool:
    """Statements that define names and write nothing."""
    return isinstance(node, nodes.Assign | nodes.AssignBlock | nodes.Import | nodes.FromImport | nodes.Macro)


def decode(content: bytes, place: Place) -> str:
    """A template's text.

    Raises:
        RefusedError: it is not UTF-8.
    """
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        where = Place(place.path, line, error.start - content.rfind(b"\n", 0, error.start))
        raise RefusedError("E308", "this file is not UTF-8", where, "save it as UTF-8") from None


def _syntax(origin: Origin, error: TemplateSyntaxError) -> RefusedError:
    message = (error.message or "syntax error").rstrip(".")
    if opened := unclosed_statement("\n".join(origin.lines)):
        line, column, word = opened
        place = replace(origin.place(line), column=column, width=len(word))
        return RefusedError("E309", f"this '{word}' is never closed", place, f"add {{% end{word} %}}")
    quoted = message.split("'")
    return RefusedError(
        "E309",
        f"Jinja: {message[:1].lower()}{message[1:]}",
        origin.place(error.lineno, quoted[1] if len(quoted) > 2 else ""),
        "",
    )
