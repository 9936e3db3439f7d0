"""What waits to be told to other programs: the problem, and the next try.

Letters are tried again for four days, then given up with an alert. --retry tries one again now, or `all` that failed.
A receiver that answered 410 Gone gets nothing any more until --resume.

In safe mode only \\[safety] hosts are told. Letters to others are held, and go out when safe mode is off; --drop takes
one away for good, or all that are `held`.

Examples:

  ripeline outbox
  ripeline outbox --retry 17
  ripeline outbox --retry all
  ripeline outbox --resume crm
  ripeline outbox --drop held
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from engine.cli.home import HERE, HomeOption, opened
from engine.cli.screen import Line, Segment, as_json, columns, counted, say, show
from engine.errors import RipelineError
from engine.service.home import Home
from engine.service.outbox import Outbox, drop, outbox_of, resume_target, retry


def command(
    home: HomeOption = HERE,
    again: Annotated[str, typer.Option("--retry", metavar="NUMBER|all", help="Try this letter again now.")] = "",
    resume: Annotated[str, typer.Option("--resume", metavar="NAME", help="Send to a stopped receiver again.")] = "",
    away: Annotated[str, typer.Option("--drop", metavar="NUMBER|held", help="Never tell this letter.")] = "",
    json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """List, or try again."""
    place = opened(home)
    if again:
        done = retry(place, _number(again, "retry", "all"))
        say(f"{counted(done, 'letter')} {'is' if done == 1 else 'are'} due now; the daemon carries them.")
        return
    if resume:
        waiting = resume_target(place, resume)
        say(f"'{resume}' gets letters again; {counted(waiting, 'letter')} waiting.", "green")
        return
    if away:
        done = drop(place, _number(away, "drop", "held"))
        say(f"{counted(done, 'letter')} dropped: nobody is told.")
        return
    found = outbox_of(place)
    if json:
        letters = [_plain(row) | {"held": found.held.get((row.kind, row.target), "")} for row in found.letters]
        typer.echo(as_json({"counts": found.counts, "held": found.held_letters, "letters": letters}))
        return
    show(_told(place, found))


def _number(words: str, option: str, every: str) -> int | None:
    if words == every:
        return None
    if not words.isdecimal():
        told = f"--{option} takes a letter's number or `{every}`, not '{words}'"
        raise RipelineError(f"{told}; `ripeline outbox` lists them")
    return int(words)


def _plain(row: Any) -> dict[str, Any]:
    """A letter without what it tells, which is about a person."""
    kept = ("id", "message_id", "kind", "target", "topic", "created_at", "due_at", "attempts", "problem", "given_up_at")
    return {name: getattr(row, name) for name in kept}


def _told(home: Home, found: Outbox) -> Iterator[Line]:
    counts = found.counts
    if not counts.waiting and not counts.given_up:
        yield [("Nothing waits: everything that was to be told outside has arrived.", "green")]
    for (kind, target), why in found.stopped.items():
        yield [(f"{kind} '{target}' is stopped", "red"), (f": {why}. ripeline outbox --resume {target} goes on", "")]
    if found.held_letters:
        told = ": emptying [safety] deliver_to lets them go, ripeline outbox --drop held takes them away"
        yield [(f"{counted(found.held_letters, 'letter')} held by safe mode", "yellow"), (told, "")]
    if counts.waiting or counts.given_up:
        given_up = f", {counts.given_up:,} given up" if counts.given_up else ""
        yield [(f"{counted(counts.waiting, 'letter')} waiting{given_up}", "bold")]
        yield from columns([_row(home, row, found.held) for row in found.letters], indent=2)
    more = counts.waiting + counts.given_up - len(found.letters)
    if more > 0:
        yield [(f"  and {more:,} more", "dim")]


def _row(home: Home, row: Any, held: Mapping[tuple[str, str], str]) -> list[Segment]:
    why = held.get((row.kind, row.target), "")
    if row.given_up_at is not None:
        when: Segment = (f"given up {home.told(row.given_up_at)}", "red")
    elif why:
        when = ("waits", "")
    elif row.attempts == 0:
        when = ("due", "")
    else:
        when = (f"again {home.told(row.due_at)}", "")
    return [
        (str(row.id), "bold"),
        (f"{row.kind} {row.target}", ""),
        (row.topic, ""),
        (counted(row.attempts, "try", "tries"), "dim"),
        when,
        (row.problem or why, "yellow"),
    ]
