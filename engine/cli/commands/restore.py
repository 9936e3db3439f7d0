"""Restore a home from a backup.

What is in the home's var/ now is put aside, never deleted. Campaigns, templates and config come from the archive only
where the home has none. Sending is held afterwards: the restored store does not know what was sent since the backup.
Compare with your relay's log, then `ripeline resume`. A database on a server must be empty.

Examples:

  ripeline restore ripeline-2026-11-25.tar.zst --home /srv/nurturing
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.composition import running_daemon
from engine.cli.home import HERE, HomeOption
from engine.cli.screen import counted, doing, say
from engine.errors import RipelineError
from engine.service.restore import restore_backup


def command(
    archive: Annotated[Path, typer.Argument(metavar="FILE", help="An archive that `ripeline backup` made.")],
    home: HomeOption = HERE,
) -> None:
    """Restore, and say what to do next."""
    root = home.resolve()
    daemon = running_daemon(root)
    if daemon is not None:
        raise RipelineError(f"a daemon runs this home (pid {daemon.pid}); stop it first")
    with doing() as told:
        found, aside = restore_backup(archive, root, datetime.now(UTC), told)
    made = f"{found.made_at:%d %b %Y %H:%M} UTC"
    say(f"Restored: {counted(found.leads, 'lead')}, {counted(found.mails, 'mail')}, as of {made}.", "green")
    if aside is not None:
        say(f"What was there before is in {aside}.")
    say("Sending is held, because what went out since then would go out again.", "yellow")
    say("Compare with your relay's log, and stop what must not go:")
    say("`ripeline pause CAMPAIGN`, `ripeline suppress ADDRESS`.")
    say("Then start the daemon, and `ripeline resume`.")
