"""A report in a terminal: figures under each other, a bar beside them, and below what they mean or lack."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from engine.cli.screen import Line, Segment, bar, cells, padded, width
from engine.service.reports.formats import told
from engine.service.reports.report import Column, Kind, Report, Table

GAP = 2
BAR_ROOM, LEAST_BAR = 20, 6
NARROWEST_TEXT = 12
HEAD_ROOM = 9


def report_lines(report: Report, currency: str) -> Iterator[Line]:
    """The whole report, line by line."""
    yield [(report.title, "bold")]
    for table in report.tables:
        yield []
        if table.caption:
            yield [(table.caption, "bold")]
        yield from table_lines(table, currency)
    for note in report.notes:
        yield []
        yield from _note(note)


def _note(note: str) -> Iterator[Line]:
    room = width()
    for line in textwrap.wrap(note, min(room, 100), break_on_hyphens=False) if room else [note]:
        yield [(line, "dim")]


def table_lines(table: Table, currency: str) -> Iterator[Line]:
    """A table with its heads, broken between words where figures are narrower than what stands above them."""
    if not table.rows:
        yield [("  nothing yet", "dim")]
        return
    words = [
        [told(cell, column, currency) for cell, column in zip(row, table.columns, strict=True)] for row in table.rows
    ]
    widths = _widths(table.columns, words)
    yield from _heads(table.columns, widths)
    most = _most(table)
    for row, shown in zip(table.rows, words, strict=True):
        line: list[Segment] = [
            (_placed(text, room, column) + " " * GAP, "")
            for text, room, column in zip(shown, widths, table.columns, strict=True)
        ]
        yield [*line, (_bar(table, row, most, _bar_room(widths)), "cyan")]


def _widths(columns: Sequence[Column], words: Sequence[Sequence[str]]) -> list[int]:
    """How wide each column is: as its cells and the longest word above them; texts shrink where there is no room."""
    widths = [max([cells(row[n]) for row in words] + [_least(column.title)]) for n, column in enumerate(columns)]
    room = width()
    over = sum(widths) + GAP * len(widths) - room if room else 0
    for n, column in enumerate(columns):
        if over > 0 and column.kind is Kind.TEXT and widths[n] > NARROWEST_TEXT:
            less = min(over, widths[n] - NARROWEST_TEXT)
            widths[n] -= less
            over -= less
    return widths


def _least(title: str) -> int:
    """A head is broken between words, but not into slivers."""
    return max([min(cells(title), HEAD_ROOM), *(cells(word) for word in title.split())])


def _heads(columns: Sequence[Column], widths: Sequence[int]) -> Iterator[Line]:
    heads = [
        textwrap.wrap(column.title, max(room, 1), break_long_words=False) or [""]
        for column, room in zip(columns, widths, strict=True)
    ]
    height = max(len(head) for head in heads)
    for n in range(height):
        line = [
            _placed(head[n - (height - len(head))] if n >= height - len(head) else "", room, column)
            for head, room, column in zip(heads, widths, columns, strict=True)
        ]
        yield [((" " * GAP).join(line).rstrip(), "dim")]


def _placed(words: str, room: int, column: Column) -> str:
    """Texts stand on the left, figures on the right; a text that is too long is cut."""
    if cells(words) > room:
        words = words[: max(room - 1, 1)] + "…"
    return padded(words, room) if column.kind is Kind.TEXT else " " * max(0, room - cells(words)) + words


def _most(table: Table) -> float:
    place = _bar_place(table)
    if place is None:
        return 0.0
    return max((float(row[place]) for row in table.rows if isinstance(row[place], int | float)), default=0.0)  # type: ignore[arg-type]


def _bar_place(table: Table) -> int | None:
    names = [column.name for column in table.columns]
    return names.index(table.bar) if table.bar in names else None


def _bar_room(widths: Sequence[int]) -> int:
    room = width()
    left = room - sum(widths) - GAP * len(widths) if room else BAR_ROOM
    return min(BAR_ROOM, left) if left >= LEAST_BAR else 0


def _bar(table: Table, row: Sequence[object], most: float, room: int) -> str:
    place = _bar_place(table)
    value = row[place] if place is not None else None
    if not room or not isinstance(value, int | float) or not most:
        return ""
    return bar(round(value / most * room * 8), room * 8, room)
