"""Tell a lead's story: what it got or did not get, why, and what comes next.

The lead may be named by its address, its whole name, its id, or another system's id. Times are the lead's own.

Examples:

  ripeline why jane@northwind.example
  ripeline why "Jane Park"
  ripeline why userId:4711 --json
"""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli.home import HERE, HomeOption, opened
from engine.cli.screen import as_json
from engine.cli.story import show_story
from engine.service.running import Runner
from engine.service.why import as_values, story_of_lead


def command(
    lead: Annotated[str, typer.Argument(metavar="LEAD", help="Address, whole name, id, or kind:value.")],
    home: HomeOption = HERE,
    json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Find the lead, tell its story."""
    place = opened(home)
    story = story_of_lead(place, Runner(place).current(), lead, place.clock.now())
    if json:
        typer.echo(as_json(as_values(story)))
        return
    show_story(story)
