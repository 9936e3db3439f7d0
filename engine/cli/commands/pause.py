"""Pause a campaign, or all sending.

A paused campaign's leads stand where they are, and it lets nobody in. Without a name all sending is held: journeys go
on deciding, mails wait. Either goes on with `ripeline resume`; nobody is mailed twice by it.

Examples:

  ripeline pause clean-data
  ripeline pause --reason "the price page is down"
"""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from engine.cli.home import HERE, HomeOption, opened
from engine.cli.screen import say
from engine.service.held import hold_sending, why_held
from engine.service.pause import pause_campaign


def command(
    campaign: Annotated[str, typer.Argument(metavar="[CAMPAIGN]", help="All sending, if not given.")] = "",
    home: HomeOption = HERE,
    reason: Annotated[str, typer.Option(help="Why; `status` and `why` tell it.")] = "",
) -> None:
    """Pause, and say how to go on."""
    place = opened(home)
    if campaign:
        new = pause_campaign(place, campaign)
        say(f"{campaign} is paused{'' if new else ' already'}. `ripeline resume {campaign}` goes on.", "yellow")
        return
    if hold_sending(place, getpass.getuser(), reason):
        say("All sending is held; mails wait. `ripeline resume` goes on.", "yellow")
    else:
        say(f"All sending is held already ({why_held(place)}). `ripeline resume` goes on.", "yellow")
