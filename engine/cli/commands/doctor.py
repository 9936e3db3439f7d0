"""Which practices of lead nurturing this home has, judged from its files and data, and what to do next.

Each practice is there (✓), half there (½) or missing (✗), with the home's own figures and the next step: a command, or
the lines to write. Together they make a level: average, good, best. It ends with 0 whatever it finds.

Examples:

  ripeline doctor
  ripeline doctor --format json
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

import typer

from engine.cli.home import HERE, HomeOption, opened
from engine.cli.screen import Line, Segment, as_json, columns, show
from engine.service.doctor.examination import LEVELS, Examination, Examined, examine
from engine.service.doctor.practice import Standing

_MARKS = {Standing.YES: ("✓", "green"), Standing.HALF: ("½", "yellow"), Standing.NO: ("✗", "red")}


class DoctorFormat(StrEnum):
    """How the findings are written."""

    TABLE = "table"
    JSON = "json"


def command(
    home: HomeOption = HERE,
    form: Annotated[DoctorFormat, typer.Option("--format", help="How it is written.")] = DoctorFormat.TABLE,
) -> None:
    """Examine and tell."""
    found = examine(opened(home))
    if form is DoctorFormat.JSON:
        typer.echo(as_json(values(found)))
        return
    show(lines(found))


def values(found: Examination) -> dict[str, object]:
    """The findings for programs; keys are stable."""
    return {
        "level": found.level,
        "practices": [
            {
                "practice": f"N{one.practice.number}",
                "title": one.practice.title,
                "level": one.practice.level,
                "standing": one.finding.standing.value,
                "why": one.finding.why,
                "next": one.finding.step,
            }
            for one in found.found
        ],
    }


def lines(found: Examination) -> Iterator[Line]:
    """The findings by level, and what to do first."""
    for level in LEVELS:
        yield [(level, "bold")]
        yield from columns(
            [row for one in found.found if one.practice.level == level for row in _rows(one)], indent=2, gap=1
        )
        yield []
    yield [("This home is ", ""), (found.level or f"not {LEVELS[0]} yet", "bold"), (".", "")]
    if found.next is not None:
        yield [("Next: ", "bold"), (f"{found.next.practice.title}. {found.next.finding.step}", "")]


def _rows(one: Examined) -> Iterator[list[Segment]]:
    number = f"N{one.practice.number}"
    yield [_MARKS[one.finding.standing], (number, "dim"), (f"{one.practice.title}: {one.finding.why}", "")]
    if one.finding.step:
        yield [("", ""), ("", ""), (f"→ {one.finding.step}", "cyan")]
