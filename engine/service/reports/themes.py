"""Mails, clicks, leads of interest and what came of them for each theme: each problem that is solved."""

from __future__ import annotations

from engine.service.home import Home
from engine.service.reports.activity import by_theme
from engine.service.reports.report import Asked, Column, Kind, Report, Table
from engine.service.reports.window import window_of
from engine.store.interest import MARKS

COLUMNS = (
    Column("theme", "theme"),
    Column("mails", "mails", Kind.COUNT),
    Column("opens", "opens", Kind.COUNT),
    Column("clicks", "clicks", Kind.COUNT),
    Column("click_rate", "clicks a mail", Kind.SHARE),
    Column("interested", "leads interested", Kind.COUNT),
    Column("advanced", "moved on", Kind.COUNT),
    Column("handed_over", "handed over", Kind.COUNT),
    Column("accepted", "accepted", Kind.COUNT),
)


def themes(home: Home, asked: Asked) -> Report:
    """A line for each theme, that with the most hand-offs first; four weeks by default."""
    window = window_of(home, asked, 28)
    rows = [
        (
            name or "(none)",
            one["accepted"],
            one["open:human"],
            one["click:human"],
            one.share("click:human", "accepted"),
            one.interested,
            one.moved,
            one.handed,
            one.accepted,
        )
        for name, one in by_theme(home, window).items()
    ]
    rows.sort(key=lambda row: (-row[7], -row[3], row[0]))
    notes = (
        f"{window.told}. Opens and clicks are those of people; a mail may have several.",
        "Leads interested clicked, answered, filled a form or did something else of their own; each counts once. From "
        f"{MARKS:,} on their number is an estimate, mostly right to 3 in 100.",
    )
    return Report("themes", "Themes", (Table(COLUMNS, tuple(rows), "", "clicks"),), notes)
