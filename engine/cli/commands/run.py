"""Run the home: journey, senders and tracker.

Ends on Ctrl-C or SIGTERM: mails under way are finished first, and nothing is left half done. Only one daemon may run a
home; a second one is refused.

Examples:

  ripeline run
  ripeline run --no-tracker      where `ripeline serve` runs elsewhere
"""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli.composition import the_processes
from engine.cli.home import HERE, HomeOption, root_of


def command(
    home: HomeOption = HERE,
    no_tracker: Annotated[bool, typer.Option("--no-tracker", help="Without the tracker.")] = False,
) -> None:
    """Run until told to stop."""
    the_processes().run(root_of(home), tracker=not no_tracker)
