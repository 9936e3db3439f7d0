"""What sales made of the leads it got: how fast they were told, touched and answered, and how they were answered."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from engine.domain.timing import Delay, HolidayCalendar, Span, after, parse_delay
from engine.domain.timing.spans import at_least
from engine.service.home import Home
from engine.service.reports.report import Asked, Cell, Column, Kind, Report, Table
from engine.service.reports.window import window_of
from engine.store.database import reading
from engine.store.report_figures import Answered, answers_between

DAY = 86_400
T = TypeVar("T")
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
        rows = answers_between(connection, window.begins, window.ends, by)
    groups: dict[str, _Tally] = defaultdict(_Tally)
    now = home.clock.now()
    sla = _Sla(home)
    for row in rows:
        groups[row.of or "(none)"].add(row, sla.is_over(row.at, row.answered_at or now))
    lines = [_answers(name, one) for name, one in sorted(groups.items(), key=lambda one: -one[1].handed)]
    everybody = (_answers("all", sum(groups.values(), _Tally())),) if len(lines) > 1 else ()
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


@dataclass(slots=True)
class _Tally:
    """Hand-offs, counted by what became of them; `judged` are those that were answered, or should have been by now."""

    handed: int = 0
    accepted: int = 0
    given_back: int = 0
    escalated: int = 0
    ignored: int = 0
    waiting: int = 0
    judged: int = 0
    in_time: int = 0

    def add(self, row: Answered, late: bool) -> None:
        """`late`: its time was over when it was answered, or is by now."""
        answered = row.answered_at
        self.handed += 1
        self.escalated += bool(row.escalated)
        if answered is not None:
            self.given_back += bool(row.reason)
            self.accepted += not row.reason
            self.in_time += not late
        else:
            self.ignored += bool(row.over)
            self.waiting += not row.over
        self.judged += answered is not None or late

    def __add__(self, other: _Tally) -> _Tally:
        return _Tally(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))


def _answers(name: str, one: _Tally) -> tuple[Cell, ...]:
    return (
        name,
        one.handed,
        one.accepted,
        one.given_back,
        one.escalated,
        one.ignored,
        one.ignored / one.handed if one.handed else None,
        one.waiting,
        one.in_time / one.judged if one.judged else None,
    )


class _Sla:
    """Within which time a lead should be answered: working days are those of the company's country.

    Most answers come sooner than any deadline can be, and so need no calendar.
    """

    def __init__(self, home: Home) -> None:
        found = parse_delay(home.config.sales.sla)
        self._delay: Delay = Span(days=1) if isinstance(found, str) else found
        self._soonest = at_least(self._delay)
        country = home.config.holidays.fallback
        self._zone, self._calendar = home.zone, HolidayCalendar((country,) if country else ())

    def is_over(self, at: datetime, instant: datetime) -> bool:
        """Whether the time of a hand-off of `at` was over before that instant."""
        return instant - at > self._soonest and after(at, self._delay, self._zone, self._calendar) < instant


def _times(rows: Sequence[Answered]) -> list[tuple[Cell, ...]]:
    spans = {
        "from the event to the alert": [(row.alerted_at, row.ripened_at) for row in rows],
        "from the event to the first touch": [(row.touched_at, row.ripened_at) for row in rows],
        "from the hand-off to the answer": [(row.answered_at, row.at) for row in rows],
    }
    found: list[tuple[Cell, ...]] = []
    for what, pairs in spans.items():
        taken = sorted(end - start for end, start in pairs if end is not None)
        found.append((what, len(taken), *(_in_days(quantile(taken, share)) for share in (0.5, 0.9))))
    return found


def _in_days(span: timedelta | None) -> float | None:
    return span.total_seconds() / DAY if span is not None else None


def quantile(ordered: Sequence[T], share: float) -> T | None:
    """The value that this share of them does not exceed (nearest rank); None of none."""
    if not ordered:
        return None
    return ordered[max(0, -(-len(ordered) * round(share * 100) // 100) - 1)]


def _reasons(home: Home, rows: Sequence[Answered]) -> Table:
    counts = Counter(row.reason for row in rows if row.reason)
    titles = home.config.sales.reasons
    whole = sum(counts.values())
    found = tuple(
        (titles[reason].title if reason in titles else reason, n, n / whole) for reason, n in counts.most_common()
    )
    return Table(REASONS, found, "Why leads were given back", "leads")
