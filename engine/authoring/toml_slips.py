"""What people mistype in TOML, told in their words: text without quotes, a missing quote, `:` for `=`, and their like.

tomllib stops at its first error and names it in its own terms; here the place is taken from it, and the words are ours.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.authoring.toml_scan import Openings, closing, openings

_TOO_DEEP = "this nests too deeply to be read"
_POSITION = re.compile(
    r"^(?P<what>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$", re.DOTALL
)
_KEY = r"[A-Za-z0-9_-]+"
_WORDS = {"True": "true", "False": "false", "yes": "true", "no": "false", "Yes": "true", "No": "false", "on": "true"}
_CURLY = "“”„‘’«»"
_BARE = re.compile(r"[^\s,\]}#][^,\]}#\n]*")
_STRAIGHT = 'write straight quotes: "…"'


@dataclass(frozen=True, slots=True)
class Slip:
    """One slip: its characters in the text, what to say, and the characters to pass over to look for further ones."""

    code: str
    start: int
    width: int
    message: str
    hint: str = ""
    blank: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class _Error:
    """tomllib's error within the text: `what` it says, `at` which character."""

    text: str
    what: str
    at: int
    state: Openings

    @property
    def line_end(self) -> int:
        end = self.text.find("\n", self.at)
        return len(self.text) if end < 0 else end

    @property
    def statement(self) -> str:
        """The statement's line."""
        end = self.text.find("\n", self.state.statement)
        return self.text[self.state.statement : end if end >= 0 else None]

    def slip(self, code: str, at: int, width: int, message: str, hint: str = "") -> Slip:
        """A slip within the statement's line, which is passed over afterwards."""
        start = self.state.statement
        return Slip(code, at, max(1, width), message, hint, (start, max(self.line_end, start + len(self.statement))))


def read_values(text: str) -> dict[str, Any] | Slip:
    """The values of a TOML text, or the first slip that keeps it from being TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return _diagnose(_located(text, str(error)))
    except RecursionError:
        return Slip("E002", 0, 1, _TOO_DEEP, "write it flatter")


def blanked(text: str, start: int, end: int) -> str:
    """The text with blanks between two characters, so that all other places stay as they are."""
    return text[:start] + "".join("\n" if char == "\n" else " " for char in text[start:end]) + text[end:]


def _located(text: str, message: str) -> _Error:
    found = _POSITION.match(message)
    at = len(text)
    if found and found["line"]:
        lines = text.split("\n")
        at = sum(len(line) + 1 for line in lines[: int(found["line"]) - 1]) + int(found["column"]) - 1
    at = min(at, len(text))
    return _Error(text, found["what"] if found else message, at, openings(text, at))


def _diagnose(error: _Error) -> Slip:
    for diagnosis in _DIAGNOSES:
        if (slip := diagnosis(error)) is not None:
            return slip
    said = error.what[:1].lower() + error.what[1:]
    return error.slip("E002", min(error.at, max(0, len(error.text) - 1)), 1, f"this is not TOML: {said}")


def _repeated(error: _Error) -> Slip | None:
    if not error.what.startswith(("Cannot", "Duplicate")):
        return None
    line = error.statement.rstrip()
    start, width = error.state.statement, len(error.statement.strip())
    name = line.split("#")[0].strip().strip("[]").split("=")[0].strip()
    if name.endswith(".step") and line.lstrip().startswith("["):
        message = f"[{name}] stands here with one bracket and with two: steps are a list"
        return Slip("E013", start, width, message, f"write [[{name}]] above each step, with two brackets")
    message = f"'{name}' was given another meaning further up: a value and a table cannot have the same name"
    if line.lstrip().startswith("["):
        return Slip("E007", start, width, message, "keep one of them")
    return error.slip("E007", start, width, message, "keep one of them")


def _open_quote(error: _Error) -> Slip | None:
    at = error.state.quote
    if at is None:
        return None
    line_end = error.text.find("\n", at)
    rest = error.text[at : line_end if line_end >= 0 else None]
    if error.text[at : at + 3] in ('"""', "'''"):
        return Slip("E004", at, 3, "the three quotes that open this text are never closed", f"add {rest[:3]} behind it")
    if error.text[error.at : error.at + 1] not in ("\n", "") and "\n" not in error.text[at : error.at]:
        return _inside_text(error, at)
    hint = f"write {rest.rstrip().rstrip(',')}{rest[0]}" if len(rest) < 80 else f"add {rest[0]} at its end"
    return error.slip("E004", at, len(rest.rstrip()), "the quote that opens this text is never closed", hint)


def _inside_text(error: _Error, at: int) -> Slip:
    if "\\" in error.text[at : error.at + 1]:
        where = error.text.rfind("\\", at, error.at + 1)
        hint = r"write \\ for one backslash, or put the text in single quotes"
        return error.slip("E002", where, 2, "a backslash means something else in a text", hint)
    char = error.text[error.at]
    return error.slip(
        "E002", error.at, 1, f"the control character U+{ord(char):04X} cannot stand in a text", "take it out"
    )


def _table_over_lines(error: _Error) -> Slip | None:
    """TOML wants `{ … }` on one line."""
    table = next((bracket for bracket in error.state.brackets if bracket.char == "{"), None)
    if table is None or error.text[error.at : error.at + 1] not in ("\n", "#", ""):
        return None
    end = closing(error.text, table.at)
    if end is None:
        line_end = error.text.find("\n", table.at)
        width = (line_end if line_end >= 0 else len(error.text)) - table.at
        return error.slip("E008", table.at, width, "this { is never closed", "add } at its end")
    flat = re.sub(r",\s*}$", " }", " ".join(error.text[table.at : end].split()))
    message = "a table in { } goes over several lines, and TOML wants it on one"
    hint = f"write {flat}" if len(flat) <= 100 and "#" not in flat else "write it on one line"
    return Slip("E006", table.at, 1, message, hint, (error.state.statement, end))


def _header(error: _Error) -> Slip | None:
    line = error.statement
    shown = line.strip()
    if not shown.startswith("["):
        return None
    start = error.state.statement + line.index("[")
    double = shown.startswith("[[")
    opened, closed = ("[[", "]]") if double else ("[", "]")
    name = re.sub(r"[\[\]]", "", shown.split("#")[0]).strip()
    if closed not in shown or (not double and "]]" in shown):
        message = f"this header begins with {opened} and must end with {closed}"
        hint = f"write {opened}{name}{closed}"
    elif re.search(r"[^\w.\s\"'-]", name) or " " in name or not name.isascii():
        message = f"'{name}' cannot be a name in a header"
        hint = "names have letters a-z, digits, - and _ only: [stage.slow-stream]"
    elif not name or ".." in name or name.startswith(".") or name.endswith("."):
        message, hint = "a name is missing in this header", "write for example [stage.aware]"
    else:
        message, hint = "behind a header nothing else can stand", "begin a new line"
    return Slip("E008", start, len(shown), message, hint)


def _key_slip(error: _Error) -> Slip | None:
    """What goes wrong before the value begins: `title: "x"`, `reply to = "x"`, `title "x"`."""
    if error.what.startswith(("Invalid value", "Expected newline", "Unescaped")):
        return None
    line, start = error.statement, error.state.statement
    if error.state.brackets:
        return _behind_value(error) or _key_in_table(error)
    if odd := re.match(r"\s*([\u00a0\u2000-\u200b\u3000\ufeff])", line):
        return error.slip("E002", start + odd.start(1), 1, "an invisible character stands here", "delete it")
    if comment := re.match(r"\s*(//|;|--|/\*)", line):
        return error.slip(
            "E002", start + comment.start(1), len(comment[1]), "this is no statement", "comments begin with #"
        )
    if colon := re.match(rf"\s*({_KEY})\s*(:=?)\s*(.*)", line):
        hint = f"write {colon[1]} = {_quoted(colon[3])}"
        return error.slip("E005", start + colon.start(2), len(colon[2]), f"{colon[2]} stands where = belongs", hint)
    if named := re.match(r"\s*([^=\"']*?[^=\"'\s])\s*=(.*)", line):
        name = named[1]
        if not re.fullmatch(rf"{_KEY}(\s*\.\s*{_KEY})*", name):
            joined = re.sub(r"[^A-Za-z0-9_.-]+", "_", name).strip("_")
            message = f"'{name}' cannot be a key: a key has letters a-z, digits, - and _ only"
            return error.slip("E002", start + named.start(1), len(name), message, f"write {joined} =")
    return _no_equals(error)


def _no_equals(error: _Error) -> Slip | None:
    line = error.statement
    shown = line.strip()
    if "=" in shown or not shown:
        return None
    at = error.state.statement + line.index(shown[0])
    word = re.match(_KEY, shown)
    rest = shown[word.end() :].strip() if word else ""
    hint = f"write {word[0]} = {_quoted(rest)}" if word and rest else "write a key, = and a value"
    return error.slip("E005", at, len(shown), "a key needs = and a value behind it", hint)


def _behind_value(error: _Error) -> Slip | None:
    """Within brackets, a value has ended and something else than a comma follows."""
    if not error.what.startswith("Unclosed"):
        return None
    start = _part_start(error.text, error.at)
    equals = error.text.rfind("=", start, error.at)
    start = equals + 1 if equals >= 0 else start
    value = error.text[start : error.at].lstrip()
    at = error.at - len(value)
    if value and value[0] not in "\"'[{" and not error.text[error.at].isspace():
        return _bare_value(error, at, error.text[at : error.line_end])
    return error.slip("E008", error.at, 1, "a comma is missing before this", 'write a, b: "one", "two"')


def _key_in_table(error: _Error) -> Slip | None:
    found = re.compile(rf"\s*({_KEY})\s*(:)").match(error.text, _part_start(error.text, error.at))
    if found:
        hint = f"write {found[1]} = …"
        return error.slip("E005", found.start(2), 1, ": stands where = belongs", hint)
    if error.text[error.at : error.at + 1] == "}" or error.text[: error.at].rstrip().endswith(","):
        return error.slip("E002", error.at, 1, "a comma before } is not TOML", "take the last comma out")
    bracket = error.state.brackets[-1]
    hint = 'between { and } stand pairs like  when = "…", go = "…"  with commas between them'
    return error.slip("E002", min(error.at, bracket.at + 1), 1, "a key and = were expected here", hint)


def _part_start(text: str, at: int) -> int:
    """Behind the bracket or comma that comes before `at`."""
    return max(text.rfind(char, 0, at) for char in "{,[\n") + 1


def _open_array(error: _Error) -> Slip | None:
    """`[ "a", "b"` without its end: the next statement is met instead."""
    bracket = error.state.brackets[-1] if error.state.brackets else None
    if bracket is None or bracket.char != "[":
        return None
    rest = error.text[error.at :]
    crossed = "\n" in error.text[bracket.at : error.at]
    if rest.strip() and not (crossed and re.match(rf"({_KEY}\s*=|\[)", rest)):
        return None
    line_end = error.text.find("\n", bracket.at)
    width = (line_end if line_end >= 0 else len(error.text)) - bracket.at
    return Slip("E008", bracket.at, width, "this [ is never closed", "add ] at its end")


def _value_slip(error: _Error) -> Slip | None:
    """What goes wrong in a value: text without quotes, curly quotes, `True`, a unit behind a number."""
    at = _value_start(error)
    line_end = error.text.find("\n", at)
    rest = error.text[at : line_end if line_end >= 0 else None]
    if not rest.split("#")[0].strip():
        return error.slip("E002", max(0, at - 1), 1, "a value is missing behind =", 'write it: text in quotes, "…"')
    if rest[0] in "=":
        return error.slip("E005", at, 1, "one = is enough here", "== compares, and only inside a rule's quotes")
    if rest[0] in _CURLY:
        width = len(rest.split("#")[0].rstrip())
        return error.slip("E003", at, width, "these are typographic quotes, which TOML does not know", _STRAIGHT)
    if rest[0] in "\"'":
        return _behind_text(error, at, rest)
    return _bare_value(error, at, rest)


def _bare_value(error: _Error, at: int, rest: str) -> Slip:
    """A value without quotes that is none."""
    found = _BARE.match(rest)
    word = (found[0] if found else rest).rstrip()
    if error.text[error.at : error.at + 1] in (",", ";") and error.at == at + len(word):
        return error.slip("E002", error.at, 1, "a comma ends no line in TOML", "take it out")
    if word in _WORDS:
        return error.slip("E003", at, len(word), f"{word} is not a value that TOML knows", f"write {_WORDS[word]}")
    if date := re.fullmatch(r"(\d{1,2})[./](\d{1,2})[./](\d{4})", word):
        hint = f"write {date[3]}-{int(date[2]):02}-{int(date[1]):02}"
        return error.slip("E003", at, len(word), f"{word} is not how a date is written", hint)
    if re.fullmatch(r"\d{4}-\d\d-\d\d([T ].*)?", word):
        return error.slip("E003", at, len(word), f"there is no date {word}", "write year-month-day, as in 2026-11-30")
    return error.slip("E003", at, len(word), "text stands in quotes", f"write {_quoted(word)}")


def _value_start(error: _Error) -> int:
    if error.what.startswith("Invalid value"):
        return error.at
    start = error.state.statement
    equals = error.text.find("=", start)
    at = equals + 1 if start <= equals < error.at else error.at
    while error.text[at : at + 1] in (" ", "\t"):
        at += 1
    return at


def _behind_text(error: _Error, at: int, rest: str) -> Slip:
    """A text has ended and something follows: `"clicked("x")"`, `'it's'`, a comma."""
    end = min(error.at, at + len(rest.rstrip()) - 1)
    char = error.text[end : end + 1]
    if char in ",;":
        return error.slip(
            "E002", end, 1, f"a {'comma' if char == ',' else 'semicolon'} ends no line in TOML", "take it out"
        )
    if error.text.startswith("//", end):
        return error.slip("E002", end, 2, "// begins no comment", "comments begin with #")
    quote = rest[0]
    inside = "single quotes ' '" if quote == '"' else "nothing but other letters, or put the text in double quotes"
    message = f"the text ends at the {quote} before this, and more follows"
    hint = f"inside {quote} … {quote} use {inside}"
    return error.slip("E004", end, len(error.text[end : at + len(rest)].split("#")[0].rstrip()), message, hint)


def _quoted(words: str) -> str:
    """The value as TOML wants it."""
    bare = words.split(" #", maxsplit=1)[0].strip().rstrip(",;")
    if bare[:1] in ("[", "{") or re.fullmatch(r"true|false|-?\d+(\.\d+)?|\d{4}-\d\d-\d\d|\"[^\"]*\"|'[^']*'", bare):
        return bare
    bare = bare.strip("\"'" + _CURLY)
    return f'"{bare}"' if bare else '"…"'


_DIAGNOSES: tuple[Callable[[_Error], Slip | None], ...] = (
    _repeated,
    _open_quote,
    _open_array,
    _table_over_lines,
    _header,
    _key_slip,
    _value_slip,
)
