"""Printing: styled lines, aligned and wrapped for a terminal, plain and never wrapped for a file or a pipe."""

from __future__ import annotations

import sys
import textwrap
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import typer

if TYPE_CHECKING:
    from rich.console import Console

Segment = tuple[str, str]
"""Words and their style; an empty style is plain."""

Line = Sequence[Segment]

NARROWEST = 24
"""A last column is not wrapped narrower than this; the terminal breaks it instead."""

BAR_CELLS = 20
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def width() -> int | None:
    """How many columns the terminal has; None where no terminal reads."""
    return console().width if sys.stdout.isatty() else None


def console(*, errors: bool = False) -> Console:
    """A console that colours where a terminal reads, breaks lines between words, and invents no markup."""
    from rich.console import Console

    return Console(stderr=errors, highlight=False, markup=False, emoji=False)


def show(lines: Iterable[Line]) -> None:
    """Print styled lines."""
    if not sys.stdout.isatty():
        for line in lines:
            typer.echo("".join(words for words, _ in line).rstrip())
        return
    from rich.text import Text

    out = console()
    for line in lines:
        out.print(Text.assemble(*line))


def say(words: str = "", style: str = "") -> None:
    """Print one line in one style."""
    show([[(words, style)]])


def columns(rows: Sequence[Sequence[Segment]], *, gap: int = 2, indent: int = 0) -> Iterator[Line]:
    """Rows of cells, aligned; the last cell is wrapped under itself where a terminal is too narrow for it."""
    count = max((len(row) for row in rows), default=0)
    widths = [max((cells(row[n][0]) for row in rows if n < len(row) - 1), default=0) for n in range(count)]
    for row in rows:
        yield from _row(row, widths, gap, indent)


def _row(row: Sequence[Segment], widths: Sequence[int], gap: int, indent: int) -> Iterator[Line]:
    line: list[Segment] = [(" " * indent, "")]
    used = indent
    for number, (words, style) in enumerate(row[:-1]):
        room = widths[number] + gap
        line.append((padded(words, room), style))
        used += room
    words, style = row[-1] if row else ("", "")
    first, *more = _wrapped(words, used)
    yield [*line, (first, style)]
    for rest in more:
        yield [(" " * used, ""), (rest, style)]


def _wrapped(words: str, used: int) -> list[str]:
    total = width()
    if total is None or total - used < NARROWEST or used + cells(words) <= total:
        return [words]
    return textwrap.wrap(words, total - used, break_on_hyphens=False, break_long_words=False) or [""]


def padded(words: str, room: int) -> str:
    """The words, filled up with spaces to this many columns of a terminal."""
    return words + " " * max(0, room - cells(words))


def cells(words: str) -> int:
    """How many columns of a terminal the words take."""
    return sum(_cells(char) for char in words)


def _cells(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def bar(value: int, most: int, room: int = BAR_CELLS) -> str:
    """A bar of at most `room` columns, in eighths; anything above nothing shows at least a sliver."""
    if value <= 0 or most <= 0:
        return ""
    eighths = max(1, round(value / most * room * 8))
    full, rest = divmod(eighths, 8)
    return "█" * full + (_EIGHTHS[rest] if rest else "")


def counted(count: int, unit: str, units: str = "") -> str:
    """`1 lead`, `1,204 leads`."""
    return f"{count:,} {unit}" if count == 1 else f"{count:,} {units or unit + 's'}"


def clock_time(instant: datetime, zone: ZoneInfo, today: date) -> str:
    """` 2 Nov 10:12`, with the year where it is another one than today's."""
    local = instant.astimezone(zone)
    year = f" {local.year}" if local.year != today.year else ""
    return f"{local.day:>2} {_MONTHS[local.month - 1]}{year} {local:%H:%M}"


@contextmanager
def doing() -> Iterator[Callable[[str, float], None] | None]:
    """Something to tell what is being done and which share of it is, as a bar; None where no terminal reads."""
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    screen = console(errors=True)
    if not screen.is_terminal:
        yield None
        return
    parts = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*parts, console=screen, transient=True) as shown:
        task = shown.add_task("", total=1.0)
        yield lambda words, share: shown.update(task, description=words, completed=share)


def as_json(value: object) -> str:
    """The value for programs: UTF-8, instants in ISO 8601."""
    import json

    return json.dumps(value, ensure_ascii=False, indent=2, default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat().replace("+00:00", "Z")
    return str(value)
