"""`ripeline preview` as a process: the preview's site over a home's files, on the loopback only."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.clock import SystemClock
from engine.domain.journey.facts import Lead
from engine.domain.journey.programme import Winners
from engine.rehearsal.studio import Studio
from engine.web.preview import PreviewSite
from engine.web.server import Conditions, Role, ServerThread

PREVIEW = Role("preview", "Choose another port with --port, or leave it out to get a free one.")
_CONDITIONS = Conditions(connections=200, finish=1)


def run_preview(
    home: Path, lead: Lead | None, winners: Winners, port: int, path: str, tell: Callable[[str], None]
) -> None:
    """Serve until Ctrl-C.

    Raises:
        RipelineError: the port cannot be had.
    """
    with serving(home, lead, port, winners) as address:
        tell(f"{address}/{path}")
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


@contextmanager
def serving(home: Path, lead: Lead | None = None, port: int = 0, winners: Winners | None = None) -> Iterator[str]:
    """The preview's address while the block runs. It cannot be guessed, as other users of this machine can reach it."""
    root = f"/{secrets.token_urlsafe(12)}"
    app = PreviewSite(Studio(home, lead, winners=winners), root, SystemClock().now).app()
    with ServerThread(app, port=port, conditions=_CONDITIONS, role=PREVIEW) as server:
        yield f"{server.url}{root}"
