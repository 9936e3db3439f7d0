"""What the command line asks of the processes, which it may not know: `engine.app` puts the real ones here."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class Processes(Protocol):
    """Long-running parts of a home."""

    def run(self, home: Path, *, tracker: bool = True) -> None:
        """Run journey, senders and tracker until SIGTERM or Ctrl-C."""

    def serve(self, home: Path) -> None:
        """Run one tracker until SIGTERM or Ctrl-C."""

    def send(self, home: Path, name: str) -> None:
        """Run one sending process until SIGTERM."""

    def demo(self, *, stay: bool, days: int, leads: int) -> None:
        """Show the main job in a temporary home."""


processes: Processes | None = None


def the_processes() -> Processes:
    """The real processes.

    Raises:
        RuntimeError: the command line was started by something else than `engine.app`.
    """
    if processes is None:
        raise RuntimeError("the command line was not started by engine.app")
    return processes
