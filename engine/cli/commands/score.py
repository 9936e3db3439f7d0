"""Show a lead's score line by line, or score all leads anew.

Each line says how often something counted, how many points that was when fresh, and what it is worth today: points
fade, by half after their half-life. The grade says who the lead is, and does not fade.

The daemon keeps scores by itself. After [scoring] changed it scores all leads within minutes; --all does so at once.

Examples:

  ripeline score jane@northwind.example
  ripeline score jane@northwind.example --json
  ripeline score --all
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.home import HERE, HomeOption, opened
from engine.cli.screen import Line, Segment, as_json, columns, counted, padded, say, show
from engine.errors import RipelineError
from engine.service.running import Runner
from engine.service.score import Ripeness, ScoreSheet, score_sheet, sheet_values
from engine.service.scores import rescore_all

if TYPE_CHECKING:
    from engine.service.home import Home


def command(
    lead: Annotated[str, typer.Argument(metavar="LEAD", help="Address, whole name, id, or kind:value.")] = "",
    everybody: Annotated[bool, typer.Option("--all", help="Score all leads anew, now.")] = False,
    home: HomeOption = HERE,
    json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Score all, or show one."""
    if everybody == bool(lead):
        raise RipelineError("name a lead whose score you want to see, or score all of them with --all.")
    place = opened(home)
    if everybody:
        _score_all(place)
        return
    sheet = score_sheet(place, Runner(place).current(), lead, place.clock.now())
    if json:
        typer.echo(as_json(sheet_values(sheet)))
        return
    show(_sheet(sheet))


def _score_all(home: Home) -> None:
    programme = Runner(home).current().programme
    if not programme.policy.scoring.in_use:
        raise RipelineError("config.toml scores nobody: give points under [[scoring.points]] or [[scoring.fit]].")
    done = rescore_all(home, programme, home.clock.now())
    new = [counted(done.leads, "lead")] + ([counted(done.accounts, "company", "companies")] if done.accounts else [])
    say(f"All leads are scored. With a new score: {', '.join(new)}.")
    if done.woken:
        say(f"{counted(done.woken, 'lead')} crossed what a rule asks for: the daemon looks at them now.")


def _sheet(sheet: ScoreSheet) -> Iterator[Line]:
    who = " · ".join(part for part in (sheet.name, sheet.email) if part) or sheet.id
    fit = f" · fit {sheet.graded.fit}" if sheet.graded.fit else ""
    company = f" · company {sheet.account_score:g}" if sheet.account_score else ""
    yield [(who, "bold"), (f" · score {sheet.scored.score:g}{fit}{company}", "")]
    yield []
    yield from columns(list(_behaviour(sheet)), indent=2)
    if sheet.graded.fit:
        yield []
        yield from columns(list(_fit(sheet)), indent=2)
    if sheet.ripe is not None:
        yield []
        verdict, style = ("ripe", "bold green") if sheet.ripe.holds else ("not ripe", "bold")
        yield [(f"{verdict} ", style), (_ripe(sheet.ripe), "")]


def _behaviour(sheet: ScoreSheet) -> Iterator[list[Segment]]:
    yield [
        ("what it did", "dim"),
        (_number("times"), "dim"),
        (_number("fresh"), "dim"),
        (_number("today"), "dim"),
        ("", ""),
    ]
    for line in sheet.scored.lines:
        note = "as much as it may give" if line.capped else ""
        numbers = (f"{line.times}", f"{line.fresh:g}", f"{line.worth:.1f}")
        yield [(line.name, ""), *((_number(number), "") for number in numbers), (note, "dim")]
    if not sheet.scored.lines:
        yield [("nothing that counts yet", ""), ("", "")]
    note = f"between 0 and {sheet.most:g}" if sheet.scored.capped else ""
    yield [
        ("score", "bold"),
        (_number(""), ""),
        (_number(""), ""),
        (_number(f"{sheet.scored.score:.1f}"), "bold"),
        (note, "dim"),
    ]


def _fit(sheet: ScoreSheet) -> Iterator[list[Segment]]:
    yield [("who it is", "dim"), (_number("points"), "dim"), ("", "")]
    for line in sheet.graded.lines:
        points = f"{line.points:g}" if line.holds else "–"
        yield [
            (line.name, "" if line.holds else "dim"),
            (_number(points), ""),
            ("" if line.holds else f"not {line.when}", "dim"),
        ]
    yield [(f"fit {sheet.graded.fit}", "bold"), (_number(f"{sheet.graded.points:g}"), "bold"), ("", "")]


def _ripe(ripe: Ripeness) -> str:
    return f"by {ripe.rule}: {ripe.because}"


def _number(words: str) -> str:
    """Numbers stand under each other at their right ends."""
    return padded("", max(0, 6 - len(words))) + words
