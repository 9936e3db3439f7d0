"""Back up a home: store, keys, spool and files in one archive.

The daemon may run meanwhile. The archive is proven by restoring it to a temporary place before it takes its name. It
holds people's data and the keys of all links: only you can read it, and nobody else should.

Examples:

  ripeline backup ripeline-2026-11-25.tar.zst
  ripeline backup --check ripeline-2026-11-25.tar.zst     only prove an archive that is there
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.home import HERE, HomeOption, opened
from engine.cli.screen import counted, doing, say
from engine.service.backup import Manifest, check_backup, make_backup


def command(
    archive: Annotated[Path, typer.Argument(metavar="FILE", help="The archive; a .tar.zst.")],
    home: HomeOption = HERE,
    check: Annotated[bool, typer.Option("--check", help="Only prove an archive that is there.")] = False,
) -> None:
    """Back up or check, and say what is in it."""
    if check:
        with doing() as told:
            found = check_backup(archive, told)
        say(f"{archive} restores: {_inside(found)}.", "green")
        return
    place = opened(home)
    with doing() as told:
        found = make_backup(place, archive, told)
    say(f"{archive}: {_inside(found)}; proven by restoring it.", "green")
    say(f"{archive.stat().st_size / 1e6:,.1f} MB. It holds keys and people's data: keep it where only you can read it.")


def _inside(found: Manifest) -> str:
    made = f"{found.made_at:%d %b %Y %H:%M} UTC"
    return f"{counted(found.leads, 'lead')}, {counted(found.mails, 'mail')}, as of {made}"
