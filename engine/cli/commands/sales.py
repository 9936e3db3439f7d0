"""What sales has in hand, who is near, and what it answers.

Without an answer: the rule by which a lead is ripe, whom sales has and by when an answer is due, and who is near. With
one, it is given in the name of whoever has the lead (or of --by); a lead is called by its address, name or id.

Examples:

  ripeline sales
  ripeline sales accept jane@northwind.example
  ripeline sales reject jane@northwind.example --reason too_early --note "budget comes in spring"
  ripeline sales snooze jane@northwind.example --for 2w
  ripeline sales touched jane@northwind.example
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

import typer

from engine.cli.home import HERE, HomeOption, opened
from engine.cli.screen import Line, columns, counted, say, show
from engine.domain.timing import parse_span
from engine.errors import RipelineError
from engine.service.home import Home
from engine.service.running import Runner
from engine.service.sales.answer import Answered, accept, reject, snooze, touched
from engine.service.sales.room import InHand, SalesRoom, sales_room
from engine.service.who import meant_lead
from engine.store.database import reading
from engine.store.handoffs import live_handoff


class Act(StrEnum):
    """What sales answers."""

    ACCEPT = "accept"
    REJECT = "reject"
    SNOOZE = "snooze"
    TOUCHED = "touched"


def command(
    act: Annotated[
        Act | None, typer.Argument(metavar="[ACT]", help="accept, reject, snooze or touched.", show_default=False)
    ] = None,
    lead: Annotated[str, typer.Argument(metavar="[LEAD]", help="Whose hand-off it is.", show_default=False)] = "",
    home: HomeOption = HERE,
    reason: Annotated[str, typer.Option(metavar="KEY", help="Why it is given back: one of [sales.reasons].")] = "",
    note: Annotated[str, typer.Option(help="A note for marketing.")] = "",
    rest: Annotated[str, typer.Option("--for", metavar="SPAN", help="How long to snooze, such as 3d.")] = "3d",
    by: Annotated[str, typer.Option(metavar="NAME", help="Who answers; the lead's owner unless given.")] = "",
) -> None:
    """Show what sales has, or answer for a lead."""
    place = opened(home)
    if act is None:
        show(told(sales_room(place, Runner(place).current().programme.policy), place))
        return
    if not lead:
        raise RipelineError(f"say for which lead: ripeline sales {act} jane@northwind.example")
    answered = _answer(place, act, lead, reason, note, rest, by)
    say(answered.words, "green" if answered.new else "")


def _answer(place: Home, act: Act, lead: str, reason: str, note: str, rest: str, by: str) -> Answered:
    with reading(place.store) as connection:
        row = live_handoff(connection, meant_lead(connection, lead).id)
    if row is None:
        raise RipelineError(f"sales does not have {lead} at present. `ripeline why {lead}` tells what came of it")
    who = by or row.owner or "somebody"
    match act:
        case Act.ACCEPT:
            return accept(place, row.id, who)
        case Act.REJECT:
            return reject(place, row.id, who, reason, note)
        case Act.SNOOZE:
            span = parse_span(rest)
            if isinstance(span, str):
                raise RipelineError(f"--for: {span}")
            return snooze(place, row.id, who, place.clock.now() + span.elapsed)
        case Act.TOUCHED:
            return touched(place, row.id, who)


def told(room: SalesRoom, place: Home) -> Iterator[Line]:
    """The room, line by line."""
    rule = room.rule or 'not set: write  sales_ready = "…"  in config.toml'
    since = f" (since {place.told(room.since)})" if room.since and room.rule else ""
    yield [("Ripe    ", "bold"), (f"{rule}{since}", "")]
    if room.hand_raises:
        yield [("        ", ""), (f"or at once by {', '.join(room.hand_raises)}", "")]
    yield []
    yield from _in_hand(room, place)
    if room.near:
        yield []
        yield [("Near", "bold")]
        rows: list[Line] = [
            [(one.who, ""), (f"{one.score:g}", "bold"), (one.fit, ""), (one.lacks, "dim")] for one in room.near
        ]
        yield from columns([list(row) for row in rows], indent=2)


def _in_hand(room: SalesRoom, place: Home) -> Iterator[Line]:
    if not room.in_hand:
        yield [("Sales has no lead in hand.", "")]
        return
    yield [(f"{counted(len(room.in_hand), 'lead')} with sales", "bold")]
    yield from columns([_row(one, place) for one in room.in_hand], indent=2)


def _row(one: InHand, place: Home) -> list[tuple[str, str]]:
    late = one.state == "escalated"
    due = f"answer by {place.told(one.due_at)}" if one.due_at is not None else ""
    return [
        (one.who, ""),
        (one.owner or "nobody", "" if one.owner else "red"),
        (one.state, "red" if late else "green" if one.state == "accepted" else ""),
        (due, "red" if late else ""),
        (one.headline or one.because, "dim"),
    ]
