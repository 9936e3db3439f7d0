"""Erase everything about a person.

The lead goes, with those merged into it: fields, identities, lists, consents, events, mails and their copies, story.
What stays is a keyed hash of each address, suppressed for all mail, so that no later import mails the person again. You
are shown what goes, and asked. A person who also asks for their data gets it by `ripeline export --about` first.

Examples:

  ripeline erase jane@northwind.example
  ripeline erase jane@northwind.example --reason "asked by letter, 12 Nov" --yes
"""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli.home import HERE, HomeOption, opened
from engine.cli.screen import columns, counted, say, show
from engine.service.erase import Dossier, dossier_of, erase


def command(
    name: Annotated[str, typer.Argument(metavar="LEAD", help="An address, a name, an id, or kind:value.")],
    home: HomeOption = HERE,
    reason: Annotated[str, typer.Option(help="Why; kept beside the hash of the address.")] = "on request",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Show what goes, ask, erase."""
    place = opened(home)
    found = dossier_of(place, name)
    _show(found)
    if not yes and not typer.confirm("This cannot be undone. Erase it?"):
        say("Nothing was changed.")
        raise typer.Exit(1)
    erase(place, found, reason)
    say("Erased. The address stays suppressed, by its keyed hash alone.", "green")
    say("Not reached: backups, files that were exported, and the mailboxes of the relay.")


def _show(found: Dossier) -> None:
    say(f"All that is known of {found.email or 'this lead'}:", "bold")
    show(
        columns([[(f"{count:,}", ""), (name.replace("_", " "), "")] for name, count in found.counts.items()], indent=2)
    )
    known = found.counts.get("deliveries", 0)
    if known:
        say(f"{counted(known, 'mail')} and the copies kept of them go too.")
