"""The composition root: the only place that knows every part, and puts the command line together with the processes."""

from __future__ import annotations

import sys


def main() -> None:
    """The command `ripeline`."""
    from engine.cli import composition
    from engine.cli.main import run

    composition.processes = Processes()
    sys.exit(run())


class Processes:
    """Starts what the command line may only ask for; implements `engine.cli.composition.Processes`."""


if __name__ == "__main__":
    main()
