"""The composition root: the only place that knows every part, and puts the command line together with the processes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from engine.domain.journey.facts import Lead
    from engine.domain.journey.programme import Winners


def main() -> None:
    """The command `ripeline`; a shell that asks what to complete is answered without loading it."""
    if sys.argv[1:2] == ["__complete"]:
        from engine.cli.completion import answer

        sys.stdout.write(answer(sys.argv[2], sys.argv[3:]) if len(sys.argv) > 2 else "")
        return
    from engine.cli import composition
    from engine.cli.main import run

    composition.processes = Processes()
    sys.exit(run())


class Processes:
    """Starts what the command line may only ask for; implements `engine.cli.composition.Processes`."""

    def run(self, home: Path, *, tracker: bool = True) -> None:
        from engine.processes.daemon import run_daemon

        run_daemon(home, tracker=tracker)

    def serve(self, home: Path) -> None:
        from engine.processes.tracker import run_tracker

        run_tracker(home)

    def serve_api(self, home: Path) -> None:
        from engine.processes.api import run_api

        run_api(home)

    def api_schema(self) -> dict[str, object]:
        from engine.processes.api import api_schema

        return api_schema()

    def send(self, home: Path, name: str) -> None:
        from engine.processes.sender import run_sender

        run_sender(home, name)

    def demo(self, *, stay: bool, days: int, leads: int) -> None:
        from engine.demo.show import show_demo

        show_demo(stay=stay, days=days, leads=leads)

    def preview(
        self, home: Path, lead: Lead | None, winners: Winners, port: int, path: str, tell: Callable[[str], None]
    ) -> None:
        from engine.processes.preview import run_preview

        run_preview(home, lead, winners, port, path, tell)

    def daemon(self, home: Path) -> tuple[int, datetime, str] | None:
        from engine.runtime.lock import holder

        return holder(home / "var" / "daemon.lock")


if __name__ == "__main__":
    main()
