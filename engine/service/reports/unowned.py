"""Leads in no-man's land: those for whom nobody answers, and those for whom nothing is to come. It should be empty."""

from __future__ import annotations

from typing import Any

from engine.domain.sales.brief import name_of
from engine.service.census import MOST, answering, census_of
from engine.service.home import Home
from engine.service.reports.lifecycle import as_of
from engine.service.reports.report import Asked, Cell, Column, Kind, Report, Table
from engine.store.census import unowned_among
from engine.store.database import reading

DAY = 86_400

SUMS = (Column("lacks", "they lack"), Column("leads", "leads", Kind.COUNT))
LEADS = (
    Column("id", "id"),
    Column("lead", "lead"),
    Column("stage", "stage"),
    Column("days", "in it for", Kind.DAYS),
    Column("owner", "owner"),
    Column("lacks", "lacks"),
)


def unowned(home: Home, asked: Asked) -> Report:  # noqa: ARG001
    """Who has no owner or no next action, the longest waiting first; whoever got one since the census is not named."""
    owned, ended = answering(home)
    with reading(home.store) as connection:
        found = census_of(home, connection)
        rows = unowned_among(connection, owned, ended, [number for _, number in found.longest])
    no_owner, no_action = found.lacking(owned, ended)
    sums = Table(SUMS, (("an owner", no_owner), ("a next action", no_action)), "How many")
    leads = Table(LEADS, tuple(_line(home, row) for row in rows), "Who")
    notes = [*_notes(len(found.longest), ended), *as_of(home, found)]
    return Report("unowned", "Leads that nobody answers for", (sums, leads), tuple(notes))


def _line(home: Home, row: Any) -> tuple[Cell, ...]:
    lacks = [what for what, missing in (("an owner", row.no_owner), ("a next action", row.no_action)) if missing]
    days = (home.clock.now() - row.since).total_seconds() / DAY
    return row.public_id, name_of(row.fields, row.email), row.lifecycle, days, row.owner, " and ".join(lacks)


def _notes(found: int, ended: list[str]) -> list[str]:
    notes = [
        "An owner is the lead's own, or that of its stage ([lifecycle] owners). A next action is a campaign that it is "
        f"in, a look that is planned, or a hand-off that is open. Left out are {' and '.join(ended)}, colleagues, and "
        "whoever wants no marketing mail."
    ]
    if found == MOST:
        notes.append(f"Shown are those of the {MOST} who wait longest of whom it still holds.")
    return notes
