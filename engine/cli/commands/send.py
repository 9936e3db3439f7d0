"""Run one sending process; `ripeline run` starts them, and starts them again.

Example:

  ripeline send sender-1
"""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli.composition import the_processes
from engine.cli.home import HERE, HomeOption, root_of


def command(
    name: Annotated[str, typer.Argument(metavar="NAME", help="How the process signs its claims.")],
    home: HomeOption = HERE,
) -> None:
    """Send until told to stop."""
    the_processes().send(root_of(home), name)
