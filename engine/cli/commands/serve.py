"""Run a tracker alone, behind a balancer.

It answers pixels, links, unsubscribes and the web view; any number may run beside each other.

Example:

  ripeline serve
"""

from __future__ import annotations

from engine.cli.composition import the_processes
from engine.cli.home import HERE, HomeOption, root_of


def command(home: HomeOption = HERE) -> None:
    """Serve until told to stop."""
    the_processes().serve(root_of(home))
