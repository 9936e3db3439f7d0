"""The bundles that were applied, by whom and when.

Examples:

  ripeline history
  ripeline history --limit 50 --json
"""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from engine.cli.home import HERE, HomeOption, opened
from engine.cli.screen import Segment, as_json, clock_time, columns, say, show
from engine.domain.timing import zone_named
from engine.service.history import Applied, applied


def command(
    home: HomeOption = HERE,
    limit: Annotated[int, typer.Option(min=1, help="How many, the newest first.")] = 10,
    json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """List what was applied."""
    place = opened(home)
    found = applied(place, limit)
    if json:
        typer.echo(as_json([entry._asdict() for entry in found]))
        return
    if not found:
        say("Nothing was applied yet: `ripeline apply` makes the files what runs.")
        return
    zone = zone_named(place.config.company.zone) or ZoneInfo("UTC")
    today = place.clock.now().astimezone(zone).date()
    show(
        columns(
            [row for n, entry in enumerate(found) for row in _rows(entry, n == 0, clock_time(entry.at, zone, today))]
        )
    )


def _rows(entry: Applied, newest: bool, at: str) -> list[list[Segment]]:
    """A bundle, and below it what it changed, a line each."""
    first, *more = entry.summary.split("\n")
    number = (f"{entry.bundle}{' *' if newest else ''}", "bold green" if newest else "bold")
    head: list[Segment] = [number, (at, ""), (entry.by, ""), (first, "")]
    return [head, *([("", ""), ("", ""), ("", ""), (line, "")] for line in more)]
