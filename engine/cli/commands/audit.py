"""Mails of unknown fate, with the evidence there is.

When a line is cut between a mail's last byte and the relay's answer, nobody knows whether it was taken. An open, a
click or a reply proves that it arrived; without one \\[delivery] in config.toml says what happens.

Examples:

  ripeline audit
  ripeline audit --json
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from engine.cli.home import HERE, HomeOption, opened
from engine.cli.screen import Segment, as_json, columns, counted, say, show
from engine.domain.timing import tell_instant, zone_named
from engine.service.audit import Uncertain, uncertain_mails


def command(
    home: HomeOption = HERE,
    json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """List them."""
    place = opened(home)
    found = uncertain_mails(place)
    if json:
        typer.echo(as_json([asdict(one) for one in found]))
        return
    if not found:
        say("No mail has an unknown fate.", "green")
        return
    zone = zone_named(place.config.company.zone) or ZoneInfo("UTC")
    say(f"{counted(len(found), 'mail')} of unknown fate; each may have arrived or not:", "bold")
    show(columns([_row(one, zone) for one in found], indent=2))
    say(f"`ripeline show {found[0].delivery}` shows the first one and its attempts.")


def _row(one: Uncertain, zone: ZoneInfo) -> list[Segment]:
    since = tell_instant(one.since, zone) if one.since else ""
    when = f"{tell_instant(one.settled_at, zone)}: " if one.settled_at else ""
    evidence = (one.evidence, "green") if one.evidence else (f"no sign of it; {when}{one.plan}", "yellow")
    return [(f"#{one.delivery}", "bold"), (since, ""), (one.lead, ""), (one.mail, ""), evidence]
