"""Each campaign's mails, goals and losses in some days, and against as many days before."""

from __future__ import annotations

from engine.service.home import Home
from engine.service.reports.activity import NOTHING, Activity, by_campaign
from engine.service.reports.report import Asked, Cell, Column, Kind, Report, Table
from engine.service.reports.window import before, window_of

COLUMNS = (
    Column("campaign", "campaign"),
    Column("entered", "entered", Kind.COUNT),
    Column("mails", "mails", Kind.COUNT),
    Column("opens", "opens", Kind.COUNT),
    Column("clicks", "clicks", Kind.COUNT),
    Column("advanced", "moved on", Kind.COUNT),
    Column("goals", "goals", Kind.COUNT),
    Column("goal_rate", "goals of entered", Kind.SHARE),
    Column("handed_over", "handed over", Kind.COUNT),
    Column("accepted", "accepted", Kind.COUNT),
    Column("unsubscribes", "left", Kind.COUNT),
    Column("complaints", "complained", Kind.COUNT),
    Column("bounces", "bounced", Kind.COUNT),
)
COMPARED = (
    Column("campaign", "campaign"),
    Column("mails_change", "mails", Kind.SHARE),
    Column("click_rate", "clicks a mail", Kind.SHARE),
    Column("click_rate_before", "before", Kind.SHARE),
    Column("moved_change", "moved on", Kind.SHARE),
    Column("goals_change", "goals", Kind.SHARE),
    Column("handed_over_change", "handed over", Kind.SHARE),
)


def campaigns(home: Home, asked: Asked) -> Report:
    """A line for each campaign; four weeks by default, against the four before."""
    window = window_of(home, asked, 28)
    earlier = before(home, window)
    now, then = by_campaign(home, window), by_campaign(home, earlier)
    rows = tuple(_row(name, now[name]) for name in sorted(now))
    names = sorted(now.keys() | then.keys())
    compared = tuple(_compared(name, now.get(name, NOTHING), then.get(name, NOTHING)) for name in names)
    tables = (Table(COLUMNS, rows, window.told, "mails"), Table(COMPARED, compared, f"Change against {earlier.told}"))
    notes = ("Opens and clicks are those of people. A change of a dash had nothing before to be measured against.",)
    return Report("campaigns", "Campaigns", tables, notes)


def _row(name: str, one: Activity) -> tuple[Cell, ...]:
    return (
        name,
        one["lead:entered"],
        one["accepted"],
        one["open:human"],
        one["click:human"],
        one.moved,
        one["lead:goal"],
        one.share("lead:goal", "lead:entered"),
        one.handed,
        one.accepted,
        one["unsubscribe:human"],
        one["complaint:human"],
        one["bounce:human"] + one["bounce:machine"] + one["bounced"],
    )


def _compared(name: str, now: Activity, then: Activity) -> tuple[Cell, ...]:
    return (
        name,
        change(now["accepted"], then["accepted"]),
        now.share("click:human", "accepted"),
        then.share("click:human", "accepted"),
        change(now.moved, then.moved),
        change(now["lead:goal"], then["lead:goal"]),
        change(now.handed, then.handed),
    )


def change(now: float, then: float) -> float | None:
    """By which share something grew (or shrank); None where there was nothing before."""
    return (now - then) / then if then else None
