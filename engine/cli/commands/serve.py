"""Run a tracker or the API alone, behind a balancer.

A tracker answers pixels, links, unsubscribes and the web view; any number may run beside each other. With --api the
JSON API is served instead, where [api] of config.toml says.

Examples:

  ripeline serve
  ripeline serve --api
"""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli.composition import the_processes
from engine.cli.home import HERE, HomeOption, root_of


def command(
    home: HomeOption = HERE,
    api: Annotated[bool, typer.Option("--api", help="The API instead of a tracker.")] = False,
) -> None:
    """Serve until told to stop."""
    processes = the_processes()
    if api:
        processes.serve_api(root_of(home))
    else:
        processes.serve(root_of(home))
