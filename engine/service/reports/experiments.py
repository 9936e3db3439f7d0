"""The report on experiments: how each variant does, what may be said of it today, and what was learnt before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from engine.domain.experiments.comparison import Difference, Said
from engine.service.experiments import Experiment, experiments_of, letter, points, said
from engine.service.home import Home
from engine.service.reports.report import Asked, Cell, Column, Kind, Report, Table
from engine.service.running import Runner
from engine.store.database import reading
from engine.store.winners import winners_ever

_SPARKS = "▁▂▃▄▅▆▇█"
_CELLS = 24

_COLUMNS = (
    Column("experiment", "mail"),
    Column("part", "part"),
    Column("variant", "variant"),
    Column("text", "text"),
    Column("leads", "leads", Kind.COUNT),
    Column("measure", "measure"),
    Column("did", "did", Kind.COUNT),
    Column("rate", "rate", Kind.SHARE),
    Column("difference", "difference", Kind.NUMBER),
    Column("low", "at least", Kind.NUMBER),
    Column("high", "at most", Kind.NUMBER),
    Column("verdict", "what may be said"),
    Column("over_time", "how sure, over time"),
)

_LEARNT = (
    Column("since", "since", Kind.DAY),
    Column("experiment", "mail"),
    Column("part", "part"),
    Column("winner", "winner"),
    Column("by", "chosen by"),
    Column("why", "why"),
    Column("known", "what was known"),
    Column("until", "until", Kind.DAY),
)


def experiments(home: Home, asked: Asked) -> Report:
    """Each experiment with its variants and verdict, and the notebook of winners; `campaign` keeps to one.

    Experiments are as they stand today, whatever days are asked for: a test that is cut to a span is no longer honest.
    """
    wanted = asked.options.get("campaign", "")
    found = [one for one in experiments_of(home, Runner(home).current().programme) if wanted in ("", one.campaign.id)]
    with reading(home.store) as connection:
        winners = [row for row in winners_ever(connection) if wanted in ("", row.campaign)]
    rows = tuple(row for one in found for row in _rows(home, one))
    return Report(
        "experiments",
        "Experiments: which variant does better",
        (
            Table(_COLUMNS, rows, caption="Variants, each against A", bar="rate"),
            Table(_LEARNT, tuple(_learnt(home, row) for row in winners), caption="What was learnt"),
        ),
        tuple(_notes(home, found)),
    )


def _rows(home: Home, one: Experiment) -> Iterator[tuple[Cell, ...]]:
    for number, (text, group) in enumerate(zip(one.choices, one.groups, strict=True)):
        named = (one.name, one.part, letter(number), text)
        counts = (group.leads, one.step.measure, group.did, group.rate if group.leads else None)
        differs = one.verdict.differences[number - 1] if number and one.verdict.differences else None
        told = (_verdict(home, one), sparkline(one.looks)) if not number else ("", "")
        yield (*named, *counts, *_points(differs), *told)


def _points(differs: Difference | None) -> tuple[Cell, Cell, Cell]:
    if differs is None or (differs.p >= 1 and differs.low <= -1):
        return None, None, None
    return round(differs.seen * 100, 2), round(differs.low * 100, 2), round(differs.high * 100, 2)


def _verdict(home: Home, one: Experiment) -> str:
    words = said(one)
    if one.winner is not None:
        number, won = one.winner
        return f"{words}; {letter(number)} goes to everybody since {home.told(won.since)}"
    return words


def sparkline(looks: Sequence[Difference]) -> str:
    """How narrow the confidence sequence grew, day by day: full when it is as wide as can be, low when it is sure."""
    if not looks:
        return ""
    step = max(1, -(-len(looks) // _CELLS))
    widths = [min(1.0, one.high - one.low) for one in looks[::-1][::step][::-1]]
    most = max(widths)
    return "".join(_SPARKS[min(7, int(width / most * 7.999))] for width in widths)


def _learnt(home: Home, row: Any) -> tuple[Cell, ...]:
    ended = row.ended_at.astimezone(home.zone).date() if row.ended_at else None
    winner = f"{letter(row.variant)}: {row.text}"
    named = (row.chosen_at.astimezone(home.zone).date(), f"{row.campaign}/{row.step}", row.part, winner)
    return (*named, row.chosen_by, row.why, row.told, ended)


def _notes(home: Home, found: Sequence[Experiment]) -> Iterator[str]:
    asked = home.config.experiments
    if not found:
        yield "No mail that was applied has variants. docs/how-to/run-an-experiment.md shows how to add some."
        return
    worth = ", ".join(sorted({points(one.plan.smallest) for one in found}))
    yield (
        f"Differences are in points, with bounds that hold on all days at once, {asked.confidence:.0%} sure, for all "
        f"variants of a mail together; worth knowing: {worth}. Look as often as you like."
    )
    yield "Each lead counts once, by the first such mail; machines, internal people and test mails are not counted."
    if any(one.step.measure == "opened" for one in found):
        yield "Opens are mostly machines'; those of people are few. The test never chooses a winner by opens."
    if any(one.verdict.said is Said.WINNER and one.winner is None for one in found):
        yield "A variant that wins goes to everybody once you say so: ripeline winner CAMPAIGN/STEP VARIANT"
