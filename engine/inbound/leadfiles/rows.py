"""The rows of a file: cells of a table, or objects of JSON lines."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import orjson

from engine.inbound.leadfiles.opening import LeadFileError, OpenedFile

SEPARATORS = (",", ";", "\t", "|")
MOST_COLUMNS = 2_000
_ROWS_TO_SNIFF = 50
_NEUTRALISED = re.compile(r"'+[=+\-@\t\r]")
_ADDRESS = re.compile(r"[^@\s,;|]+@[^@\s,;|]+\.[^@\s,;|]+")


@dataclass(frozen=True, slots=True)
class Table:
    """A table's heading and how its cells are told apart."""

    header: tuple[str, ...]
    separator: str


@dataclass(frozen=True, slots=True)
class BadRow:
    """A line that is no row, and why."""

    row: int
    reason: str
    raw: tuple[str, ...]


def is_json_lines(file: OpenedFile) -> bool:
    """Whether the file holds JSON objects line by line.

    Raises:
        LeadFileError: one JSON array, which cannot be read as a stream.
    """
    start = file.sample.lstrip("\ufeff \t\r\n")[:1]
    if start == "[":
        raise LeadFileError(f"{file.path.name} is one JSON array; write one object on each line (JSON Lines)")
    return start == "{"


def read_table(file: OpenedFile) -> tuple[Table, Iterator[list[str] | BadRow]]:
    """The heading, and the rows after it as a stream; empty lines are passed over.

    Raises:
        LeadFileError: there is no heading, or a quote is never closed.
    """
    lines = file.lines()
    separator = _announced(file.sample)
    if separator:
        next(lines, None)
    separator = separator or sniff_separator(file.sample)
    rows = csv.reader(lines, delimiter=separator)
    header = _header(next(_guarded(rows, file), []), file)
    return Table(header, separator), _checked(rows, len(header), file)


def _header(cells: Sequence[str], file: OpenedFile) -> tuple[str, ...]:
    header = [cell.strip().lstrip("\ufeff").strip() for cell in cells]
    while header and not header[-1]:
        header.pop()
    if not header:
        raise LeadFileError(f"{file.path.name} has no heading; the first row must name the columns")
    if any(_ADDRESS.fullmatch(cell) for cell in header):
        raise LeadFileError(
            f"{file.path.name} begins with an address where the names of the columns were expected; "
            "add a first row such as: email,first_name,company"
        )
    if len(header) > MOST_COLUMNS:
        raise LeadFileError(f"{file.path.name} has {len(header):,} columns; {MOST_COLUMNS:,} are read at most")
    return tuple(header)


def _announced(sample: str) -> str:
    """The separator that spreadsheets announce in a first line `sep=;`."""
    first = sample.lstrip("\ufeff").split("\n", 1)[0].strip("\r\"' ")
    return first[4:5] if first[:4].lower() == "sep=" and len(first) == 5 else ""


def sniff_separator(sample: str) -> str:
    """The mark that cuts most rows into as many cells as the heading, and into the most."""
    return max(SEPARATORS, key=lambda mark: _fitness(sample, mark))


def _fitness(sample: str, separator: str) -> tuple[float, int]:
    try:
        # the last line of the sample may be cut in the middle
        rows = list(islice(csv.reader(sample.splitlines(keepends=True), delimiter=separator), _ROWS_TO_SNIFF))
    except csv.Error:
        return 0.0, 0
    widths = [len(row) for row in rows if row]
    if not widths or widths[0] < 2:
        return 0.0, 0
    like_header = Counter(width == widths[0] for width in widths)[True]
    return round(like_header / len(widths), 1) + 1, widths[0]


def _guarded(rows: Iterator[list[str]], file: OpenedFile) -> Iterator[list[str]]:
    count = 0
    try:
        for row in rows:
            count += 1
            yield row
    except csv.Error as fault:
        raise LeadFileError(
            f"{file.path.name}: after row {count + 1:,} a cell never ends ({fault}); is a quote left open there? "
            "The rows before it are read."
        ) from fault


def _checked(rows: Iterator[list[str]], width: int, file: OpenedFile) -> Iterator[list[str] | BadRow]:
    number = 1
    for row in _guarded(rows, file):
        number += 1
        if len(row) > width and any(cell.strip() for cell in row[width:]):
            reason = f"has {len(row)} cells, but the heading has {width}; is a quote missing around a cell?"
            yield BadRow(number, reason, tuple(row))
        else:
            yield row


def read_objects(file: OpenedFile) -> Iterator[Mapping[str, object] | BadRow | None]:
    """The objects of JSON lines; None for an empty line, so that rows can be counted."""
    for number, line in enumerate(file.lines(), start=1):
        text = line.strip("\ufeff \t\r\n")
        if not text:
            yield None
            continue
        try:
            found = orjson.loads(text)
        except orjson.JSONDecodeError as fault:
            yield BadRow(number, f"is no JSON: {fault}", (text,))
            continue
        yield found if isinstance(found, dict) else BadRow(number, "is no JSON object, such as {…}", (text,))


def neutralised(cell: str) -> str:
    """The cell with an apostrophe before what a spreadsheet would run as a formula."""
    if cell and (cell[0] in "=+-@\t\r" or (cell[0] == "'" and _NEUTRALISED.match(cell))):
        return "'" + cell
    return cell


def restored(cell: str) -> str:
    """The cell as it was before `neutralised`."""
    return cell[1:] if cell[:1] == "'" and _NEUTRALISED.match(cell) else cell
