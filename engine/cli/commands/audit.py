"""Mails of unknown fate, with the evidence there is; decide on them.

When a line is cut between a mail's last byte and the relay's answer, nobody knows whether it was taken. An open, a
click or a reply proves that it arrived, a bounce that it went out: the daemon settles those by itself. For the rest
[delivery] in config.toml says what happens in the end, and you may know more: the relay's log has the Message-ID.

Examples:

  ripeline audit
  ripeline audit 4711 4712 --arrived --because "in the relay's log"
  ripeline audit 4713 --lost        it is over, nothing is sent again
  ripeline audit --all --resend     each is sent once more, with the same Message-ID
"""

from __future__ import annotations

import getpass
from dataclasses import asdict
from typing import Annotated

import typer

from engine.cli.home import HERE, HomeOption, opened
from engine.cli.screen import Segment, as_json, columns, counted, say, show
from engine.domain.timing import tell_instant
from engine.errors import RipelineError
from engine.service.audit import Uncertain, Verdict, decide_uncertain, uncertain_mails
from engine.service.home import Home

_DONE = {
    Verdict.ARRIVED: "taken as arrived",
    Verdict.LOST: "taken as lost",
    Verdict.RESEND: "sent once more, with the same Message-ID",
}


def command(
    numbers: Annotated[list[int] | None, typer.Argument(metavar="[NUMBER]…", help="The mails to decide on.")] = None,
    home: HomeOption = HERE,
    arrived: Annotated[bool, typer.Option("--arrived", help="The relay took them: their leads go on.")] = False,
    lost: Annotated[bool, typer.Option("--lost", help="They never arrived; their leads go on without.")] = False,
    resend: Annotated[bool, typer.Option("--resend", help="Send them once more.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Decide on every mail of unknown fate.")] = False,
    why: Annotated[str, typer.Option("--because", metavar="TEXT", help="How you know; `why` tells it.")] = "",
    json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """List them, or decide."""
    place = opened(home)
    found = uncertain_mails(place)
    verdicts = [v for v, said in zip(Verdict, (arrived, lost, resend), strict=True) if said]
    if verdicts or numbers or every:
        _decide(place, [one.delivery for one in found] if every else list(numbers or ()), verdicts, why)
    elif json:
        typer.echo(as_json([asdict(one) for one in found]))
    else:
        _list(place, found)


def _decide(place: Home, numbers: list[int], verdicts: list[Verdict], why: str) -> None:
    if len(verdicts) != 1:
        raise RipelineError("say what is known of them: one of --arrived, --lost, --resend")
    if not numbers:
        raise RipelineError("name the mails by their numbers, as `ripeline audit` lists them, or say --all")
    count = decide_uncertain(place, numbers, verdicts[0], getpass.getuser(), why)
    say(f"{counted(count, 'mail')} {_DONE[verdicts[0]]}.", "green")


def _list(place: Home, found: list[Uncertain]) -> None:
    if not found:
        say("No mail has an unknown fate.", "green")
        return
    say(f"{counted(len(found), 'mail')} of unknown fate; each may have arrived or not:", "bold")
    show(columns([_row(one, place) for one in found], indent=2))
    say(f"`ripeline show {found[0].delivery}` shows the first one and its attempts.")
    say(f"Known from the relay's log? `ripeline audit {found[0].delivery} --arrived`, or --lost, or --resend.")


def _row(one: Uncertain, place: Home) -> list[Segment]:
    since = tell_instant(one.since, place.zone) if one.since else ""
    when = f"{tell_instant(one.settled_at, place.zone)}: " if one.settled_at else ""
    evidence = (one.evidence, "green") if one.evidence else (f"no sign of it; {when}{one.plan}", "yellow")
    relay = f"by {one.relay}" if one.relay else ""
    return [(f"#{one.delivery}", "bold"), (since, ""), (relay, ""), (one.lead, ""), (one.mail, ""), evidence]
