"""See it all work: 200 leads, 30 days, about a minute.

In a temporary home the shipped campaigns run on a stepped clock. Mail goes to a server that is part of the demo, to
people of different tempers who really open and click, a scanner among them. Nothing leaves this machine.

Examples:

  ripeline demo
  ripeline demo --exit --leads 50
"""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli.composition import the_processes


def command(
    ends: Annotated[bool, typer.Option("--exit", help="End by itself, without the page of all mails.")] = False,
    days: Annotated[int, typer.Option(min=1, max=365, help="Days to play.")] = 30,
    leads: Annotated[int, typer.Option(min=1, max=5000, help="Leads to play with.")] = 200,
) -> None:
    """Play, and tell what happened."""
    the_processes().demo(stay=not ends, days=days, leads=leads)
