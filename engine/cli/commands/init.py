"""Lay out a new home, with four campaigns to start from.

The home starts in safe mode: until you empty [safety] deliver_to in config.toml, every mail goes to that one address
and to no lead. What is not given by options is asked for.

Examples:

  ripeline init nurturing
  ripeline init nurturing --company Acme --postal-address "1 Main St, Springfield"
                --from "Ann Lee <ann@acme.example>" --deliver-to ann@acme.example
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.screen import counted, say
from engine.content.message import split_mailbox
from engine.domain.identity import Address, read_address
from engine.errors import RipelineError
from engine.service.init import Identity, Laid, lay_out


def command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make; `.` for the current one.")],
    company: Annotated[str, typer.Option(help="The company's name, as recipients know it.")] = "",
    postal_address: Annotated[str, typer.Option(help="Its postal address; the law wants it in every mail.")] = "",
    sender: Annotated[str, typer.Option("--from", help='Who mails are from: "Ann Lee <ann@acme.example>".')] = "",
    deliver_to: Annotated[str, typer.Option(help="Where all mail goes while the home is in safe mode.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Also into a folder with files; none is overwritten.")] = False,
) -> None:
    """Ask for what is missing, write the files, say what to do next."""
    company = company or typer.prompt("Your company's name")
    postal_address = postal_address or typer.prompt("Its postal address (it stands in every mail)")
    sender = sender or typer.prompt('Who mails are from ("Ann Lee <ann@acme.example>")')
    address = _address_in(sender, "--from")
    deliver_to = deliver_to or typer.prompt("Your own address (all mail goes there, in safe mode)", default=address)
    _address_in(deliver_to, "--deliver-to")
    laid = lay_out(folder, Identity(company, postal_address, sender, deliver_to), beside=force)
    _tell(folder, laid, deliver_to)


def _address_in(mailbox: str, option: str) -> str:
    address = split_mailbox(mailbox)[1]
    found = read_address(address)
    if not isinstance(found, Address):
        raise RipelineError(f"{option}: '{address}' {found.reason}")
    return found.written


def _tell(folder: Path, laid: Laid, deliver_to: str) -> None:
    campaigns = sum(
        name.startswith("campaigns/") and name.endswith(".toml") and not name.endswith(".test.toml")
        for name in laid.written
    )
    where = "here" if folder == Path() else f"in {folder}"
    say(f"A new home {where}: {counted(campaigns, 'campaign')}, {counted(len(laid.written), 'file')}.", "bold green")
    if laid.kept:
        say(f"Left as they were: {', '.join(laid.kept)}", "yellow")
    say(f"Safe mode: every mail goes to {deliver_to} until you empty [safety] deliver_to in config.toml.")
    say()
    say("Next:")
    if folder != Path():
        say(f"  cd {folder}")
    say("  ripeline check      finds every mistake in the files")
    say("  ripeline test       plays their scenarios: which mails, when, for whom")
    say("  ripeline preview    shows every mail as a lead would get it")
    say("  ripeline new        makes a campaign or a mail of your own to start from")
    say("  ripeline apply      makes the files what runs, after showing whom that touches")
