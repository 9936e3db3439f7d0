"""Leads in no-man's land: those for whom nobody answers, and those for whom nothing is to come. It should be empty."""

from __future__ import annotations

from typing import Any

from engine.domain.lifecycle import DISQUALIFIED
from engine.domain.sales.brief import name_of
from engine.service.home import Home
from engine.service.reports.report import Asked, Cell, Column, Kind, Report, Table
from engine.store.database import reading
from engine.store.unowned import unowned_counts, unowned_leads

MOST = 200
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
    """Who has no owner or no next action as it stands now, the longest waiting first."""
    found = home.config.lifecycle
    owned, ended = list(found.owners), [found.stages[-1], DISQUALIFIED]
    with reading(home.store) as connection:
        rows = unowned_leads(connection, owned, ended, MOST)
        no_owner, no_action = unowned_counts(connection, owned, ended)
    sums = Table(SUMS, (("an owner", no_owner), ("a next action", no_action)), "How many")
    leads = Table(LEADS, tuple(_line(home, row) for row in rows), "Who")
    return Report("unowned", "Leads that nobody answers for", (sums, leads), tuple(_notes(len(rows), ended)))


def _line(home: Home, row: Any) -> tuple[Cell, ...]:
    lacks = [what for what, missing in (("an owner", row.no_owner), ("a next action", row.no_action)) if missing]
    days = (home.clock.now() - row.since).total_seconds() / DAY
    return row.public_id, name_of(row.fields, row.email), row.lifecycle, days, row.owner, " and ".join(lacks)


def _notes(shown: int, ended: list[str]) -> list[str]:
    notes = [
        "An owner is the lead's own, or that of its stage ([lifecycle] owners). A next action is a campaign that it is "
        f"in, a look that is planned, or a hand-off that is open. Left out are {' and '.join(ended)}, colleagues, and "
        "whoever wants no marketing mail."
    ]
    if shown == MOST:
        notes.append(f"Shown are the {MOST} who wait longest.")
    return notes
