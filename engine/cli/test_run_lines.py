"""A test run in the terminal: each mail as it ends, and all of them by the way on which a lead comes to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from engine.cli.screen import Line, Segment, columns, counted, padded
from engine.domain.timing import tell_instant
from engine.rehearsal.test_run import Planned, TestRun
from engine.rehearsal.ways import WayKind
from engine.service.specimens import Tested

_KINDS = {
    WayKind.MAIL: ("mail", "mails"),
    WayKind.ARM: ("way of a branch", "ways of branches"),
    WayKind.ADVANCE: ("advance", "advances"),
    WayKind.END: ("end of a stage", "ends of stages"),
}


def opening_lines(run: TestRun, to: Sequence[str]) -> Iterator[Line]:
    """What goes to whom, and who is played."""
    name = " ".join(str(run.lead.fields.get(part) or "") for part in ("first_name", "last_name")).strip()
    enters = tell_instant(run.walk.start, run.walk.zone)
    yield [(f"{run.walk.campaign.title}: {counted(len(run.mails), 'mail')} to {', '.join(to)}", "bold")]
    does = " and ".join([*run.walk.made_so, f"enters {enters} ({run.walk.zone.key})"])
    yield [(f"As {name or run.lead.email}, who {does}.", "")]
    if run.walk.by_hand:
        enter = run.walk.campaign.enter
        rule = f" ({enter.source})" if enter is not None else ""
        words = f"At that time the campaign lets no such lead in{rule}: it was put in. --start DATE plays another time."
        yield [(words, "yellow")]


def ended_line(planned: Planned, tested: Tested, number: int, count: int, room: int) -> Line:
    """One mail, as it ends."""
    verdict = ("sent    ", "green") if tested.accepted else ("not sent", "bold red")
    place = padded(f"[{planned.number}] {planned.place}", room)
    told = f"{tested.to}" if tested.accepted else f"{tested.to}  {_refusal(tested)}"
    return [(f"{number:>{len(str(count))}}/{count}  ", "dim"), verdict, (f"  {place}  ", ""), (told, "")]


def room_for(mails: Sequence[Planned]) -> int:
    """How many columns the longest place takes."""
    return max((len(f"[{one.number}] {one.place}") for one in mails), default=0)


def summary_lines(run: TestRun, ended: Mapping[int, Sequence[Tested]]) -> Iterator[Line]:
    """Every mail below the way that leads to it; without outcomes if nothing was sent."""
    by_way: dict[str, list[Planned]] = {}
    for planned in run.mails:
        by_way.setdefault(planned.way, []).append(planned)
    rows = {way: [_row(one, ended.get(one.number)) for one in mails] for way, mails in by_way.items()}
    widest = list(columns([row for found in rows.values() for row in found], indent=2))
    lines = iter(_by_row(widest))
    for way, found in rows.items():
        yield []
        yield [(f"A lead who {way} gets", "bold")]
        for _ in found:
            yield from next(lines)
    yield from _missed(run)
    yield []
    yield [(_reached(run), "")]


def _by_row(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Rows with the lines into which their last cell was broken."""
    row: list[Line] = []
    for line in lines:
        if row and len(line) > 2:
            yield row
            row = []
        row.append(line)
    if row:
        yield row


def _row(planned: Planned, ended: Sequence[Tested] | None) -> list[Segment]:
    where: list[Segment] = [(f"{planned.number:>3}", "dim"), (planned.when, ""), (planned.place, "")]
    if ended is None:
        fault = (f"cannot be written: {planned.fault}", "bold red")
        return [*where, fault if planned.fault else (f'"{planned.subject}"', "")]
    accepted = sum(one.accepted for one in ended)
    good = accepted == len(ended)
    verdict = ("accepted", "green") if good else (f"{accepted} of {len(ended)} accepted", "bold red")
    refused = next((f"  {_refusal(one)}" for one in ended if not one.accepted), "")
    return [*where, verdict, (f'"{planned.subject}"{refused}', "")]


def _refusal(tested: Tested) -> str:
    return f"relay '{tested.relay}' {tested.told}" if tested.relay else f"cannot be written: {tested.told}"


def _missed(run: TestRun) -> Iterator[Line]:
    if run.missed:
        yield []
        yield [("Not reached", "bold yellow")]
        yield from columns([[(one.way.name, "yellow"), (one.because, "")] for one in run.missed], indent=2)


def _reached(run: TestRun) -> str:
    reached = Counter(one.way.kind for one in run.walk.reached)
    all_of = reached + Counter(one.way.kind for one in run.missed)
    parts = [f"{reached[kind]} of {counted(all_of[kind], *words)}" for kind, words in _KINDS.items() if all_of[kind]]
    return f"Reached: {', '.join(parts)}."
