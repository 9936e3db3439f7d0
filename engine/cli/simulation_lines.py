"""A simulation in lines: who was played, the mails of each week, funnels, collisions, what stands still."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from engine.cli.screen import Line, Segment, bar, columns, counted
from engine.domain.timing import tell_instant
from engine.rehearsal.simulation.calendar import Calendar, Coming
from engine.rehearsal.simulation.figures import Collision, Day, Figure, Figures, Funnel, SalesFlow, StageFlow
from engine.rehearsal.simulation.honesty import UNANSWERED_TOLD, people_told, played_told
from engine.rehearsal.simulation.unmade import Unmade

_BARS = 24
DAYS_SHOWN = 15
"""A longer span is shown by weeks."""
_ENDED = {"exit": "left by its exit rule", "finished": "came to the end", "stage_removed": "left: its stage is gone"}
_SHOWN = 6


def simulation_lines(figures: Figures, rules: Sequence[Unmade], names: Mapping[int, str]) -> Iterator[Line]:
    """The whole report; `names` are those of leads that are given as examples."""
    simulation = figures.simulation
    for told in played_told(simulation):
        yield [(told, "bold")]
    for told in people_told(simulation.setup):
        yield [(told, "dim")]
    yield from _volume(figures)
    for funnel in figures.funnels:
        yield from _funnel(funnel)
    yield from _sales(figures)
    yield from _collisions(figures)
    yield from _stuck(figures, names)
    yield from _unmade(rules, simulation.closed)


def figure_told(figure: Figure) -> str:
    """`1,204 (1,150–1,260)`; the spread is left out where there is none."""
    if figure.low == figure.high:
        return f"{figure.value:,}"
    return f"{figure.value:,} ({figure.low:,}–{figure.high:,})"


def _volume(figures: Figures) -> Iterator[Line]:
    yield []
    yield [("Mails  ", "bold"), (figure_told(figures.mails), ""), ("  (eight futures in ten lie between)", "dim")]
    length = 1 if len(figures.days) <= DAYS_SHOWN else 7
    parts = [figures.days[first : first + length] for first in range(0, len(figures.days), length)]
    counts = [sum(day.mails.value for day in part) for part in parts]
    most = max(counts, default=0)
    rows: list[list[Segment]] = [
        [(_day(part[0].date), "dim"), (f"{mails:,}", ""), (bar(mails, most, _BARS), "cyan"), (_best(part), "dim")]
        for part, mails in zip(parts, counts, strict=True)
    ]
    yield from columns(rows, indent=2)
    yield from _hours(figures)


def _best(part: Sequence[Day]) -> str:
    """The busiest day of a week; of a day by itself its spread."""
    day = max(part, key=lambda one: one.mails.value)
    if len(part) == 1:
        return f"{day.mails.low:,}–{day.mails.high:,}" if day.mails.low != day.mails.high else ""
    return f"most on {_day(day.date)}: {day.mails.value:,}" if day.mails.value else ""


def _day(day: date) -> str:
    return f"{day:%a} {day.day:>2} {day:%b}"


def _hours(figures: Figures) -> Iterator[Line]:
    volume, simulation = figures.volume, figures.simulation
    if volume.busiest is None:
        return
    hour, count = volume.busiest
    at = tell_instant(hour, simulation.zone, simulation.setup.start)
    limit = f" (relay limit {volume.per_hour:,})" if volume.per_hour else "; no relay has a limit (per_second)"
    yield [("  busiest hour  ", ""), (f"{at}: {counted(count, 'mail')}{limit}", "")]
    if volume.over:
        worst = max(mails for _, mails in volume.over)
        late = timedelta(hours=worst / (volume.per_hour or worst))
        told = f"{counted(len(volume.over), 'hour')} with more mails than the relays take"
        yield [
            ("                ", ""),
            (f"{told}; the last ones go {_length(late)} after it began", "red"),
        ]


def _length(span: timedelta) -> str:
    return f"{span.total_seconds() / 3600:.1f} hours"


def _funnel(funnel: Funnel) -> Iterator[Line]:
    yield []
    yield [(funnel.campaign, "bold"), (f"  {funnel.title}", "dim")]
    most = max((flow.came.value + flow.at_start for flow in funnel.stages), default=0)
    yield from columns([_stage(flow, most) for flow in funnel.stages], indent=2)
    yield from columns(list(_summary(funnel)), indent=2)


def _stage(flow: StageFlow, most: int) -> list[Segment]:
    there = f" + {flow.at_start:,} there" if flow.at_start else ""
    ways = [
        (flow.advanced, "advance"),
        (flow.branched, "branch"),
        (flow.exhausted, "run out"),
        (flow.handoffs, "to sales"),
        (flow.left, "end"),
    ]
    told = " · ".join(f"{figure_told(found)} {word}" for found, word in ways if found.value)
    still = f" · {flow.at_end.value:,} still there" if flow.at_end.value else ""
    return [
        (flow.stage, ""),
        (f"{figure_told(flow.came)}{there}", ""),
        (bar(flow.came.value + flow.at_start, most), "cyan"),
        ((told + still).removeprefix(" · "), ""),
    ]


def _summary(funnel: Funnel) -> Iterator[list[Segment]]:
    entered = figure_told(funnel.entered)
    held_out = f", {funnel.held_out.value:,} of them held out" if funnel.held_out.value else ""
    yield [("entered", "dim"), (entered + held_out, "")]
    answers = f"{funnel.opened:,} opened, {funnel.clicked:,} clicked, {funnel.unsubscribed:,} unsubscribed by"
    yield [("mails", "dim"), (f"{figure_told(funnel.mails)}: {answers}" if funnel.mails.value else "none", "")]
    for word, found in (("goal", funnel.goals), ("to sales", funnel.handoffs)):
        if found.value:
            yield [(word, "dim"), (figure_told(found), "green")]
    if funnel.ended:
        yield [("ended", "dim"), (_counts(funnel.ended, lambda why: _ENDED.get(why, why.replace("_", " "))), "")]
    if funnel.dropped:
        yield [("not sent", "dim"), (_counts(funnel.dropped, lambda why: why.replace("_", " ")), "")]


def _sales(figures: Figures) -> Iterator[Line]:
    """What becomes of hand-offs."""
    found = figures.sales
    if not (found.handed_over.value or found.given_back.value or found.waiting or found.kept):
        return
    yield []
    yield [("Sales", "bold")]
    yield from columns(list(_hand_offs(found)), indent=2)


def _hand_offs(found: SalesFlow) -> Iterator[list[Segment]]:
    again = f", {figure_told(found.again)} of them not for the first time" if found.again.value else ""
    yield [("handed over", "dim"), (f"{figure_told(found.handed_over)}{again}", "")]
    yield [("accepted", "dim"), (figure_told(found.accepted), "green")]
    if found.given_back.value:
        reasons = {reason: figure.value for reason, figure in found.back.items()}
        told = _counts(reasons, lambda reason: UNANSWERED_TOLD.get(reason, reason.replace("_", " ")))
        yield [("given back", "dim"), (f"{figure_told(found.given_back)}: {told}", "")]
    if found.waiting or found.kept:
        yield [
            ("at the end", "dim"),
            (f"{found.kept:,} with sales, {found.waiting:,} waiting for its answer", ""),
        ]


def _counts(found: Mapping[str, int], word: Callable[[str], str]) -> str:
    most_first = sorted(found.items(), key=lambda one: (-one[1], one[0]))
    return ", ".join(f"{count:,} {word(why)}" for why, count in most_first)


def _collisions(figures: Figures) -> Iterator[Line]:
    """What campaigns do to each other."""
    if figures.caps:
        yield []
        yield [("Mails that a cap made wait", "bold")]
        yield from columns([_held(one) for one in figures.caps[:_SHOWN]], indent=2)
    if figures.lanes:
        yield []
        yield [("Runs that paused for another campaign of their lane", "bold")]
        rows: list[list[Segment]] = [
            [(one.campaign, ""), (figure_told(one.count), ""), (f"{one.by} goes first", "yellow")]
            for one in figures.lanes[:_SHOWN]
        ]
        yield from columns(rows, indent=2)


def _held(one: Collision) -> list[Segment]:
    by = f"a mail of {one.by} took its place" if one.by else "its own mails filled the cap"
    return [(one.campaign, ""), (figure_told(one.count), ""), (f"{by}; {one.hours:,} hours each", "yellow")]


def _stuck(figures: Figures, names: Mapping[int, str]) -> Iterator[Line]:
    if not figures.stuck:
        return
    yield []
    yield [("Where leads stand still at the end", "bold")]
    rows: list[list[Segment]] = []
    for place, count, examples in figures.stuck:
        such = ", ".join(names.get(number, str(number)) for number in examples[:3])
        rows.append([(f"{place.campaign}/{place.stage}", ""), (f"{count:,}", ""), (f"{place.why}; such as {such}", "")])
    yield from columns(rows, indent=2)


def _unmade(rules: Sequence[Unmade], closed: Sequence[str]) -> Iterator[Line]:
    if closed:
        yield []
        told = f"No made-up lead meets the condition of {', '.join(closed)}; its own leads would."
        yield [(told, "yellow")]
    if not rules:
        return
    yield []
    yield [("Rules that wait for what did not happen here", "bold"), ("  (--event NAME=2% lets it happen)", "dim")]
    rows: list[list[Segment]] = [
        [("/".join(part for part in (one.campaign, one.where) if part), ""), (one.key, "dim"), (one.rule, "yellow")]
        for one in rules
    ]
    yield from columns(rows, indent=2)


def calendar_lines(found: Calendar, zone: ZoneInfo, now: datetime, days: int) -> Iterator[Line]:
    """What one lead gets, soonest first, in how many of its futures."""
    head = f"{found.name} in the next {counted(days, 'day')}"
    yield [(head, "bold"), (f"  {counted(found.futures, 'possible future')}", "dim")]
    if not found.coming:
        yield [("  nothing comes, whatever the lead does", "")]
    yield from columns([_coming(one, zone, now) for one in found.coming], indent=2)


def _coming(one: Coming, zone: ZoneInfo, now: datetime) -> list[Segment]:
    what = f'"{one.subject}"' if one.kind == "mail" else one.subject
    return [
        (tell_instant(one.at, zone, now), ""),
        (f"{one.share:.0%}".rjust(4), "bold" if one.share > 0.5 else ""),
        (bar(round(one.share * 100), 100, 10), "cyan"),
        (f"{one.campaign}/{one.step}", "dim"),
        (f"{what}{_between(one, zone, now)}", ""),
    ]


def _between(one: Coming, zone: ZoneInfo, now: datetime) -> str:
    """When it may come instead, and what silence means for it."""
    if one.late - one.early < timedelta(hours=12):
        return "" if one.silent_at is not None else "; not if silent"
    span = f"  ({tell_instant(one.early, zone, now)} to {tell_instant(one.late, zone, now)})"
    return span if one.silent_at is not None else f"{span}; not if silent"
