"""Make one lead of two that are the same person.

All history goes to the one that can be mailed, else to the older one; it is then found by the names of both. The
stricter permission wins, and of two runs through one campaign the one further on goes on, so that nobody gets a mail
twice. This cannot be undone.

Examples:

  ripeline merge jane@northwind.example jane.park@gmail.example
  ripeline merge jane@northwind.example userId:4711 --yes
"""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli.home import HERE, HomeOption, opened
from engine.cli.screen import say
from engine.service.merge import merge, pair_of


def command(
    one: Annotated[str, typer.Argument(metavar="LEAD", help="An address, a name, an id, or kind:value.")],
    two: Annotated[str, typer.Argument(metavar="LEAD", help="The same person, as known otherwise.")],
    home: HomeOption = HERE,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Show who it is, ask, merge."""
    place = opened(home)
    pair = pair_of(place, one, two)
    say(f"{pair.names[0]}  and  {pair.names[1]}", "bold")
    if not yes and not typer.confirm("This cannot be undone. Make them one?"):
        say("Nothing was changed.")
        raise typer.Exit(1)
    done = merge(place, pair, "hand")
    kept = pair.names[0] if done.kept == pair.one else pair.names[1]
    say(f"Both are {kept} now.", "green")
    if done.ended:
        say(f"Of two runs through {', '.join(done.ended)} the one further on goes on.")
