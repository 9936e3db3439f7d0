"""From a rule's text to Python's syntax tree, and from places in that tree back to places in the file."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from engine.errors import Place, Problem, Severity

LENGTH_LIMIT = 4_000
DEPTH_LIMIT = 40

_MISTYPED = (
    ("&&", "write 'and'"),
    ("||", "write 'or'"),
    ("<>", "write !="),
    ("“", "use straight quotes: \"…\" or '…'"),
    ("”", "use straight quotes: \"…\" or '…'"),
    ("‘", "use straight quotes: \"…\" or '…'"),
    ("’", "use straight quotes: \"…\" or '…'"),
    ("!", "write 'not'"),
)


@dataclass(slots=True)
class Source:
    """A rule's text, where it stands, and the problems found in it so far."""

    text: str
    place: Place
    problems: list[Problem] = field(default_factory=list)
    lines: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.lines = self.text.split("\n")

    def report(self, node: ast.expr | ast.keyword, code: str, message: str, hint: str = "") -> None:
        """Note an error at a place of the tree."""
        line, start = node.lineno - 1, self._column(node.lineno - 1, node.col_offset)
        end_line = (node.end_lineno or node.lineno) - 1
        end = self._column(end_line, node.end_col_offset or 0) if end_line == line else len(self.lines[line])
        self.problems.append(Problem(code, message, self._place(line, start, max(1, end - start)), hint))

    def report_at(self, line: int, column: int, code: str, message: str, hint: str = "") -> None:
        """Note an error at a line and a character of the rule, both from 0."""
        self.problems.append(Problem(code, message, self._place(line, column, 1), hint))

    def warn(self, code: str, message: str) -> Problem:
        """A warning about the rule as a whole."""
        start = len(self.text) - len(self.text.lstrip())
        width = len(self.lines[0].strip()) or 1
        return Problem(code, message, self.place.inside(start, width), severity=Severity.WARNING)

    def segment(self, node: ast.expr) -> str:
        """The words of the rule that this part of the tree was read from, on one line."""
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        start, end = self._column(first, node.col_offset), self._column(last, node.end_col_offset or 0)
        if first == last:
            return " ".join(self.lines[first][start:end].split())
        parts = (self.lines[first][start:], *self.lines[first + 1 : last], self.lines[last][:end])
        return " ".join(" ".join(parts).split())

    def _place(self, line: int, start: int, width: int) -> Place:
        if line == 0:
            return self.place.inside(start, width)
        return Place(self.place.path, self.place.line + line, start + 1, width)

    def _column(self, line: int, byte_offset: int) -> int:
        """Python counts columns in UTF-8 bytes; people count characters."""
        words = self.lines[line]
        return byte_offset if words.isascii() else len(words.encode()[:byte_offset].decode(errors="ignore"))


def read_expression(source: Source) -> ast.expr | None:
    """The syntax tree of a rule, or None after reporting why there is none."""
    text = source.text
    if not text.strip():
        source.report_at(0, 0, "E100", "this rule is empty", "write a condition, such as clicks >= 2")
        return None
    if len(text) > LENGTH_LIMIT:
        source.report_at(0, 0, "E112", f"this rule is longer than {LENGTH_LIMIT:,} characters", "split it")
        return None
    for odd, name in (
        ("\\", "a backslash"),
        ("\0", "a NUL character"),
        ("\r", "a carriage return"),
        ("\f", "a form feed"),
    ):
        if odd in text:
            source.report_at(*_position(text, odd), "E100", f"{name} means nothing in a rule", "take it out")
            return None
    return _parsed(source)


def _position(text: str, part: str) -> tuple[int, int]:
    before = text[: text.index(part)]
    return before.count("\n"), len(before) - before.rfind("\n") - 1


def _parsed(source: Source) -> ast.expr | None:
    try:
        tree = _tree(source.text)
    except SyntaxError as error:
        _report_syntax(source, error)
        return None
    except (RecursionError, MemoryError, ValueError):
        tree = None
    if tree is None:
        source.report_at(0, 0, "E112", "this rule is nested too deeply to be read", "split it")
    return tree


@lru_cache(maxsize=4096)
def _tree(text: str) -> ast.expr | None:
    """The tree of a rule, None if it is too deep; nobody changes it, as a check reads the same rules more than once.

    Raises:
        SyntaxError: this is no expression of Python's.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(_one_expression(text), mode="eval").body
    if "\n" in text or text != text.lstrip():
        _shift_first_line(tree, text)
    return None if _too_deep([tree]) else tree


def _one_expression(text: str) -> str:
    """Parentheses let a rule go over several lines, and let it begin with a space."""
    return f"({text}\n)" if "\n" in text else text.lstrip()


def _first_line_shift(text: str) -> int:
    """How many characters further right a place of the parsed text stands in the rule."""
    return -1 if "\n" in text else len(text) - len(text.lstrip())


def _shift_first_line(tree: ast.expr, text: str) -> None:
    by = _first_line_shift(text)
    by_bytes = len(text[:by].encode()) if by > 0 else by
    for node in ast.walk(tree):
        if isinstance(node, (ast.expr, ast.keyword)):
            if node.lineno == 1:
                node.col_offset += by_bytes
            if node.end_lineno == 1 and node.end_col_offset is not None:
                node.end_col_offset += by_bytes


def _too_deep(level: list[ast.AST]) -> bool:
    for _ in range(DEPTH_LIMIT):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return False
    return True


def _report_syntax(source: Source, error: SyntaxError) -> None:
    if not error.offset:
        _report_end(source)
        return
    line = min(max((error.lineno or 1) - 1, 0), len(source.lines) - 1)
    column = max(error.offset - 1, 0)
    if line == 0:
        column = max(column + _first_line_shift(source.text), 0)
    column = min(column, max(len(source.lines[line]) - 1, 0))
    single = source.lines[line][column : column + 1] == "="
    message, hint = _said_plainly(error.msg or "", _without_texts(source.text), single)
    code = "E112" if "too many nested" in (error.msg or "") else "E100"
    source.report_at(line, column, code, message, hint)


def _report_end(source: Source) -> None:
    """The rule stops where something must follow."""
    used = source.text.rstrip()
    line = used.count("\n")
    column = len(used) - used.rfind("\n") - 2
    source.report_at(line, column, "E100", "this rule stops before its end", "add what is missing")


def _said_plainly(message: str, code: str, single_equals: bool) -> tuple[str, str]:
    if "unterminated" in message:
        return "this text has no closing quote", "end it with the same quote it began with"
    if "'=='" in message or single_equals:
        return "a single = compares nothing", "write =="
    if "too many nested" in message:
        return "this rule is nested too deeply to be read", "split it"
    if "never closed" in message:
        return "this bracket is never closed", "add the closing one"
    if "unmatched" in message or "does not match" in message:
        return f"the brackets do not match: {message}", "each ( needs its ), each [ its ]"
    for wrong, hint in _MISTYPED:
        if wrong in code.replace("!=", ""):
            return f"{wrong} is not part of the rule language", hint
    return "this is not a rule: a comparison, a name or a function was expected here", _example()


def _without_texts(text: str) -> str:
    """The rule without what stands between quotes, so that no word inside a text is taken for a mistake."""
    kept: list[str] = []
    quote = ""
    for character in text:
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        else:
            kept.append(character)
    return "".join(kept)


def _example() -> str:
    return "for example: source == 'webinar' and clicks >= 2"


def quoted(words: Iterable[str]) -> str:
    """'a', 'b' or 'c'."""
    parts = [f"'{word}'" for word in words]
    return " or ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
