"""Shows what `check` found: for people with the lines of the files, for programs as JSON, for GitHub as annotations."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import groupby

from engine.errors import Problem, Severity
from engine.service.check import CheckReport
from engine.service.coverage import Coverage
from engine.service.source_lines import Sources, header_above

LONGEST_LINE = 110
_NUMBER_WIDTH = 5
_BAR = " │ "


class Format(StrEnum):
    """How problems are shown."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


Segment = tuple[str, str]
"""Words and their style; an empty style is plain."""

Line = list[Segment]


def show_report(report: CheckReport, form: Format = Format.TEXT, table: Coverage | None = None) -> None:
    """Print a report; coloured where a terminal reads it. Programs get the table of themes and stages with it."""
    match form:
        case Format.JSON:
            print(as_json(report, table))  # noqa: T201
        case Format.GITHUB:
            print("\n".join(as_annotations(report.problems)))  # noqa: T201
        case Format.TEXT:
            _print([*problem_lines(report.problems, Sources(report.root, report.texts)), *summary(report)])


def as_text(report: CheckReport) -> str:
    """The report as plain text."""
    lines = [*problem_lines(report.problems, Sources(report.root, report.texts)), *summary(report)]
    return "\n".join(_plain(line) for line in lines)


def as_json(report: CheckReport, table: Coverage | None = None) -> str:
    """The report for programs; lines and columns count from 1, 0 means the whole file."""
    found = [
        {
            "code": problem.code,
            "severity": problem.severity.value,
            "message": problem.message,
            "hint": problem.hint,
            "path": problem.place.path,
            "line": problem.place.line,
            "column": problem.place.column,
            "width": problem.place.width,
        }
        for problem in report.problems
    ]
    counts = {"errors": report.errors, "warnings": report.warnings, "campaigns": report.read, "mails": report.wanted}
    covered = {"coverage": {"stages": table.stages, "themes": table.themes}} if table is not None else {}
    return json.dumps({**counts, "problems": found, **covered}, ensure_ascii=False, indent=2)


def as_annotations(problems: Iterable[Problem]) -> Iterator[str]:
    """GitHub's workflow commands, which put each problem beside its line."""
    for problem in problems:
        place = problem.place
        level = "error" if problem.is_error else "warning"
        where = [f"file={_property(place.path)}"]
        if place.line:
            where += [f"line={place.line}", f"col={place.column}", f"endColumn={place.column + place.width}"]
        text = problem.message + (f"\n{problem.hint}" if problem.hint else "")
        yield f"::{level} {','.join([*where, f'title={problem.code}'])}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def problem_lines(problems: Iterable[Problem], sources: Sources) -> Iterator[Line]:
    """Each problem with the line it stands in, file by file."""
    for _, group in groupby(problems, key=lambda problem: problem.place.path):
        of_file = list(group)
        width = max(len(str(problem.place)) for problem in of_file)
        for problem in of_file:
            yield _headline(problem, width)
            yield from _excerpt(problem, sources)


def _headline(problem: Problem, width: int) -> Line:
    style = "bold red" if problem.is_error else "bold yellow"
    return [(f"{problem.place!s:<{width}}", "bold"), ("  ", ""), (problem.code, style), (f"  {problem.message}", "")]


def _excerpt(problem: Problem, sources: Sources) -> Iterator[Line]:
    """The line with its place underlined, below the header that it stands under; a header itself needs no showing."""
    place = problem.place
    lines = sources.lines(place.path) if place.line else []
    text = lines[place.line - 1] if 0 < place.line <= len(lines) else ""
    if not text.strip() or (place.path.endswith(".toml") and text.lstrip().startswith("[")):
        if problem.hint:
            yield _hint(problem.hint)
        return
    header = header_above(lines, place)
    if header is not None:
        yield _numbered(header, lines[header - 1], 0)
    cut = max(0, place.column + place.width - LONGEST_LINE) if len(text.rstrip()) > LONGEST_LINE else 0
    yield _numbered(place.line, text, cut)
    yield from _underlined(problem, text, cut)


def _numbered(number: int, text: str, cut: int) -> Line:
    shown = "…" + text[cut + 1 :] if cut else text
    if len(shown.rstrip()) > LONGEST_LINE:
        shown = shown[: LONGEST_LINE - 1] + "…"
    return [(f"{number:>{_NUMBER_WIDTH}}{_BAR}", "dim"), (shown.rstrip(), "")]


def _underlined(problem: Problem, text: str, cut: int) -> Iterator[Line]:
    start = problem.place.column - 1
    marked = text[start : start + problem.place.width] or " "
    before = "".join("\t" if char == "\t" else " " * _cells(char) for char in text[cut:start])
    carets = "^" * max(1, min(sum(_cells(char) for char in marked), LONGEST_LINE - min(len(before), LONGEST_LINE - 1)))
    margin = " " * _NUMBER_WIDTH + _BAR
    line: Line = [(margin, "dim"), (before + carets, "red" if problem.is_error else "yellow")]
    if not problem.hint:
        yield line
    elif len(before) + len(carets) + len(problem.hint) <= LONGEST_LINE:
        yield [*line, (f"  {problem.hint}", "green")]
    else:
        yield line
        yield _hint(problem.hint)


def _cells(char: str) -> int:
    """How many columns of a terminal a character takes."""
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _hint(hint: str) -> Line:
    return [(" " * _NUMBER_WIDTH + _BAR, "dim"), (hint, "green")]


def summary(report: CheckReport) -> Iterator[Line]:
    """How much was looked at, and what was found."""
    looked_at = f"{_counted(report.read, 'campaign')}, {_counted(report.wanted, 'mail')}"
    if not report.problems:
        yield [(f"{looked_at}: no mistakes.", "bold green")]
        return
    found = [
        _counted(count, severity.value)
        for count, severity in ((report.errors, Severity.ERROR), (report.warnings, Severity.WARNING))
        if count
    ]
    yield []
    style = "bold red" if report.errors else "bold yellow"
    yield [(", ".join(found), style), (f" in {looked_at}.  Nothing that runs has changed.", "")]
    if not report.errors:
        code = report.problems[0].code
        yield [(f"Why, how to mend it, how to silence it if it is meant:  ripeline check --explain {code}", "dim")]


def _counted(count: int, unit: str) -> str:
    return f"{count:,} {unit}" if count == 1 else f"{count:,} {unit}s"


def _plain(line: Line) -> str:
    return "".join(words for words, _ in line).rstrip()


def _print(lines: list[Line]) -> None:
    if not sys.stdout.isatty():
        print("\n".join(_plain(line) for line in lines))  # noqa: T201
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    for line in lines:
        console.print(Text.assemble(*line))
