"""What the command line asks of the processes, which it may not know: `engine.app` puts the real ones here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:  # leads are known to few commands, and `ripeline --help` is to start fast
    from engine.domain.journey.facts import Lead
    from engine.domain.journey.programme import Winners


class Processes(Protocol):
    """Long-running parts of a home."""

    def run(self, home: Path, *, tracker: bool = True) -> None:
        """Run journey, senders and tracker until SIGTERM or Ctrl-C."""

    def serve(self, home: Path) -> None:
        """Run one tracker until SIGTERM or Ctrl-C."""

    def serve_api(self, home: Path) -> None:
        """Run the API until SIGTERM or Ctrl-C."""

    def api_schema(self) -> dict[str, object]:
        """The description of the API (OpenAPI 3.1)."""

    def send(self, home: Path, name: str) -> None:
        """Run one sending process until SIGTERM."""

    def demo(self, *, stay: bool, days: int, leads: int) -> None:
        """Show the main job in a temporary home."""

    def preview(
        self, home: Path, lead: Lead | None, winners: Winners, port: int, path: str, tell: Callable[[str], None]
    ) -> None:
        """Serve the preview page until Ctrl-C; `tell` hears its address, which ends in `path`."""

    def daemon(self, home: Path) -> tuple[int, datetime, str] | None:
        """The process that runs this home on this machine, since when, and the digest of its config; None if none."""


class Running(NamedTuple):
    """A daemon at work; `config` is the digest of the `config.toml` that it read."""

    pid: int
    since: datetime
    config: str = ""


processes: Processes | None = None


def the_processes() -> Processes:
    """The real processes.

    Raises:
        RuntimeError: the command line was started by something else than `engine.app`.
    """
    if processes is None:
        raise RuntimeError("the command line was not started by engine.app")
    return processes


def running_daemon(home: Path) -> Running | None:
    """The daemon of this home, as far as this machine knows; None also where nothing can be asked."""
    found = processes.daemon(home) if processes is not None else None
    return Running(*found) if found is not None else None
