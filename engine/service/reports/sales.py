"""What sales made of the leads it got: how fast they were told, touched and answered, and how they were answered."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from engine.domain.timing import HolidayCalendar
from engine.domain.timing.spans import after, parse_delay
from engine.service.home import Home
from engine.service.reports.report import Asked, Cell, Column, Kind, Report, Table
from engine.service.reports.window import window_of
from engine.store.database import reading
from engine.store.report_figures import handoffs_between

DAY = 86_400
ANSWERS = (
    Column("of", "leads of"),
    Column("handed_over", "handed over", Kind.COUNT),
    Column("accepted", "accepted", Kind.COUNT),
    Column("given_back", "given back", Kind.COUNT),
    Column("escalated", "escalated", Kind.COUNT),
    Column("ignored", "ignored", Kind.COUNT),
    Column("ignored_share", "share ignored", Kind.SHARE),
    Column("open", "not answered yet", Kind.COUNT),
    Column("in_time", "answered in time", Kind.SHARE),
)
TIMES = (
    Column("what", "time"),
    Column("leads", "leads", Kind.COUNT),
    Column("median", "median", Kind.DAYS),
    Column("ninety", "nine in ten within", Kind.DAYS),
)
REASONS = (Column("reason", "reason"), Column("leads", "leads", Kind.COUNT), Column("share", "share", Kind.SHARE))


def sales(home: Home, asked: Asked) -> Report:
    """Hand-offs of the days asked for, four weeks by default; a line for each salesperson, theme or campaign."""
    window, by = window_of(home, asked, 28), asked.options.get("by", "owner")
    with reading(home.store) as connection:
        rows = handoffs_between(connection, window.begins, window.ends)
    groups: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        groups[getattr(row, by) or "(none)"].append(row)
    lines = [_answers(name, found, home) for name, found in sorted(groups.items(), key=lambda one: -len(one[1]))]
    everybody = (_answers("all", rows, home),) if len(lines) > 1 else ()
    answers = Table(ANSWERS, (*lines, *everybody), "Answers", "handed_over" if len(lines) > 1 else "")
    tables = (answers, Table(TIMES, tuple(_times(rows)), "How fast"), _reasons(home, rows))
    notes = (
        f"{window.told}. Ignored is a lead that went back to marketing without any answer; in time is within "
        f"{home.config.sales.sla} of the hand-off.",
    )
    return Report("sales", "What sales made of its leads", tables, notes)


def is_ignored(row: Any) -> bool:
    """Whether the hand-off ended without an answer of a person."""
    return row.ended_at is not None and row.answered_at is None


def _answers(name: str, rows: Sequence[Any], home: Home) -> tuple[Cell, ...]:
    ignored = sum(map(is_ignored, rows))
    taken = sum(row.answered_at is not None and not row.reason for row in rows)
    back = sum(row.answered_at is not None and bool(row.reason) for row in rows)
    judged = [row for row in rows if row.answered_at is not None or _deadline(home, row) < home.clock.now()]
    in_time = sum(row.answered_at is not None and row.answered_at <= _deadline(home, row) for row in judged)
    return (
        name,
        len(rows),
        taken,
        back,
        sum(row.escalated_at is not None for row in rows),
        ignored,
        ignored / len(rows) if rows else None,
        sum(row.ended_at is None and row.answered_at is None for row in rows),
        in_time / len(judged) if judged else None,
    )


def _deadline(home: Home, row: Any) -> datetime:
    """When the lead should have been answered: working days are those of the company's country."""
    sla, country = parse_delay(home.config.sales.sla), home.config.holidays.fallback
    given: datetime = row.at
    if isinstance(sla, str):
        return given + timedelta(days=1)
    return after(given, sla, home.zone, HolidayCalendar((country,) if country else ()))


def _times(rows: Sequence[Any]) -> list[tuple[Cell, ...]]:
    spans = {
        "from the event to the alert": [(row.alerted_at, row.ripened_at) for row in rows],
        "from the event to the first touch": [(row.touched_at, row.ripened_at) for row in rows],
        "from the hand-off to the answer": [(row.answered_at, row.at) for row in rows],
    }
    found: list[tuple[Cell, ...]] = []
    for what, pairs in spans.items():
        days = sorted((end - start).total_seconds() / DAY for end, start in pairs if end is not None)
        found.append((what, len(days), quantile(days, 0.5), quantile(days, 0.9)))
    return found


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """The value that this share of them does not exceed (nearest rank); None of none."""
    if not ordered:
        return None
    return ordered[max(0, -(-len(ordered) * round(share * 100) // 100) - 1)]


def _reasons(home: Home, rows: Sequence[Any]) -> Table:
    counts = Counter(row.reason for row in rows if row.reason)
    titles = home.config.sales.reasons
    whole = sum(counts.values())
    found = tuple(
        (titles[reason].title if reason in titles else reason, n, n / whole) for reason, n in counts.most_common()
    )
    return Table(REASONS, found, "Why leads were given back", "leads")
