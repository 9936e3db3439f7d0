"""Go on after a pause, or after sending was held.

Without a name sending goes on. If Ripeline held it by itself – the store was restored or cloned, say – you are shown
why, and which mails would go at once, and asked, because some of them may have gone out before.

Examples:

  ripeline resume clean-data
  ripeline resume
  ripeline resume --list       each mail that would go at once
  ripeline resume --drop       go on, but without these; their leads go on too
"""

from __future__ import annotations

import getpass
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Annotated

import typer

from engine.cli.home import HERE, HomeOption, opened
from engine.cli.screen import Line, columns, counted, say, show
from engine.errors import RipelineError
from engine.service.doubtful import Doubtful, doubtful_mails, drop_doubtful
from engine.service.held import BY_HAND, release_sending, why_held
from engine.service.home import Home
from engine.service.pause import paused_campaigns, resume_campaign


def command(
    campaign: Annotated[str, typer.Argument(metavar="[CAMPAIGN]", help="All sending, if not given.")] = "",
    home: HomeOption = HERE,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    names: Annotated[bool, typer.Option("--list", help="Only list the mails that may have gone before.")] = False,
    drop: Annotated[bool, typer.Option("--drop", help="Drop them instead of sending them.")] = False,
) -> None:
    """Resume, and say who goes on."""
    place = opened(home)
    if campaign:
        _campaign(place, campaign)
    elif (why := why_held(place)) is None:
        _not_held(place)
    elif why.startswith(BY_HAND):
        if names or drop:
            raise RipelineError(f"sending was {why}, so no mail is in doubt. `ripeline resume` goes on")
        _go_on(place, why)
    elif names:
        show(_each(place, doubtful_mails(place)))
    else:
        _settle(place, why, yes=yes, drop=drop)


def _campaign(place: Home, name: str) -> None:
    found = resume_campaign(place, name)
    if found is None:
        say(f"{name} was not paused.")
        return
    leads = f"{counted(found.leads, 'lead')} looked at again, {counted(found.mails, 'mail')} tried now"
    say(f"{name} goes on: {leads}.", "green")


def _not_held(place: Home) -> None:
    paused = paused_campaigns(place)
    hint = f" Paused campaigns: {', '.join(paused)} (`ripeline resume NAME`)." if paused else ""
    say(f"Sending was not held.{hint}")


def _go_on(place: Home, why: str) -> None:
    release_sending(place)
    say(f"Sending goes on. It was held: {why}.", "green")


def _settle(place: Home, why: str, *, yes: bool, drop: bool) -> None:
    """A doubt of Ripeline's own: a person sees what would go, and says that it may, or shall not."""
    mails = doubtful_mails(place)
    if not yes:
        say(f"Sending is held: {why}", "yellow")
        show(_by_mail(place, mails))
        if not typer.confirm(_question(mails, drop=drop)):
            say("Nothing was changed.")
            raise typer.Exit(1)
    if drop:
        count = drop_doubtful(place, mails, getpass.getuser(), why)
        say(f"{counted(count, 'mail')} dropped; their leads go on without.", "green")
    _go_on(place, why)


def _question(mails: Sequence[Doubtful], *, drop: bool) -> str:
    if drop:
        return f"Drop {counted(len(mails), 'mail')} and go on sending?"
    return "Mail that went out before may go out again. Go on sending?"


def _by_mail(place: Home, mails: Sequence[Doubtful]) -> Iterator[Line]:
    """How many of each mail would go at once, and since when the first one is due."""
    if not mails:
        yield [("No mail would go at once.", "")]
        return
    yield [(f"{counted(len(mails), 'mail')} would go at once:", "")]
    groups = [list(found) for _, found in groupby(sorted(mails, key=_name), key=_name)]
    rows = [(found[0].mail, f"{len(found):,}", f"due since {place.told(found[0].since)}") for found in groups]
    yield from columns([[(words, "") for words in row] for row in rows], indent=2)
    yield [("ripeline resume --list", "bold"), (" names each; ", ""), ("--drop", "bold"), (" drops them.", "")]


def _name(mail: Doubtful) -> str:
    return mail.mail


def _each(place: Home, mails: Sequence[Doubtful]) -> Iterator[Line]:
    rows = [(f"#{one.delivery}", one.lead, one.mail, f"due since {place.told(one.since)}") for one in mails]
    yield from columns([[(words, "") for words in row] for row in rows])
    if not mails:
        yield [("No mail would go at once.", "")]
