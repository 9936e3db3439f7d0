"""Go on after a pause, or after sending was held.

Without a name sending goes on. If Ripeline held it by itself – the store was restored or cloned, say – you are shown
why and asked, because going on could mail people again.

Examples:

  ripeline resume clean-data
  ripeline resume
"""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli.home import HERE, HomeOption, opened
from engine.cli.screen import counted, say
from engine.service.held import BY_HAND, release_sending, why_held
from engine.service.home import Home
from engine.service.pause import paused_campaigns, resume_campaign


def command(
    campaign: Annotated[str, typer.Argument(metavar="[CAMPAIGN]", help="All sending, if not given.")] = "",
    home: HomeOption = HERE,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Resume, and say who goes on."""
    place = opened(home)
    if campaign:
        _campaign(place, campaign)
    else:
        _sending(place, yes=yes)


def _campaign(place: Home, name: str) -> None:
    found = resume_campaign(place, name)
    if found is None:
        say(f"{name} was not paused.")
        return
    leads = f"{counted(found.leads, 'lead')} looked at again, {counted(found.mails, 'mail')} tried now"
    say(f"{name} goes on: {leads}.", "green")


def _sending(place: Home, *, yes: bool) -> None:
    why = why_held(place)
    if why is None:
        paused = paused_campaigns(place)
        hint = f" Paused campaigns: {', '.join(paused)} (`ripeline resume NAME`)." if paused else ""
        say(f"Sending was not held.{hint}")
        return
    if not why.startswith(BY_HAND) and not yes:
        say(f"Sending is held: {why}", "yellow")
        if not typer.confirm("Mail that went out before may go out again. Go on sending?"):
            say("Nothing was changed.")
            raise typer.Exit(1)
    release_sending(place)
    say(f"Sending goes on. It was held: {why}.", "green")
