"""Keeping house: count what happened by day, then forget what was kept long enough, in bites that hold nobody up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from engine.domain.repeats import KEPT
from engine.service.census import take_census
from engine.service.home import Home
from engine.service.revenue.attribute import attribute
from engine.service.uncertain import span_of
from engine.service.winner import choose_by_test
from engine.store import cohorts, variant_counts
from engine.store.daily_counts import count_attempts, count_events, count_moves
from engine.store.database import writing
from engine.store.interest import count_interest
from engine.store.lifecycle_counts import count_lifecycle
from engine.store.outbox import forget_letters
from engine.store.repeatable import forget_requests
from engine.store.retention import (
    forget_attempts,
    forget_copies,
    forget_events,
    forget_machines,
    forget_seen_messages,
    forget_story,
    forget_visits,
)
from engine.store.stage_times import sample_times

BITE = 2_000
"""Rows in one transaction: other writers on SQLite wait a few milliseconds."""

MOST_BITES = 50
"""In one call, so that a home that begins to forget does not keep its daemon from everything else."""

SETTLED = timedelta(minutes=2)
"""Younger rows are counted later: one with a lower number may still be on its way."""

SENT_AGAIN = timedelta(days=30)
"""So long an event client's message is known again when it is sent once more."""

Bite = Callable[[Any], int]


@dataclass(frozen=True, slots=True)
class Kept:
    """What one round did: rows counted, rows forgotten."""

    counted: int
    forgotten: int


def keep_house(home: Home, now: datetime) -> Kept:
    """Count what is new, credit what deals came of, and forget what is old."""
    before = now - SETTLED
    counted = sum(
        _in_bites(home, bite)
        for bite in (
            lambda connection: count_attempts(connection, home.zone, before, BITE),
            lambda connection: count_events(connection, home.zone, before, BITE),
            lambda connection: count_interest(connection, home.zone, BITE),
            lambda connection: cohorts.count_entries(connection, home.zone, before, BITE),
            lambda connection: cohorts.count_goals(connection, home.zone, before, BITE),
            lambda connection: cohorts.count_handoffs(connection, home.zone, before, BITE),
            lambda connection: variant_counts.count_sent(connection, home.zone, before, BITE),
            lambda connection: variant_counts.count_hits(connection, home.zone, before, BITE),
            lambda connection: variant_counts.count_goals(connection, home.zone, before, BITE),
            lambda connection: count_moves(connection, home.zone, before, BITE),
            lambda connection: count_lifecycle(connection, home.zone, before, BITE),
            lambda connection: sample_times(connection, home.zone, before, BITE),
        )
    )
    attribute(home)
    choose_by_test(home, now)
    take_census(home, now)
    return Kept(counted, sum(_in_bites(home, bite) for bite in _forgetting(home, now)))


def _forgetting(home: Home, now: datetime) -> list[Bite]:
    """What config wants forgotten; what it leaves empty is kept for ever."""
    kept = home.config.retention
    wanted = (
        (kept.mail_copies, "mail_copies", forget_copies),
        (kept.attempts, "attempts", forget_attempts),
        (kept.machine_events, "machine_events", forget_machines),
        (kept.events, "events", forget_events),
        (kept.story, "story", forget_story),
        (kept.letters, "letters", forget_letters),
    )
    visits = home.config.tracking.pages.kept
    bites = [_older_than(now, span, f"retention.{name}", forget) for span, name, forget in wanted if span]
    bites += [_older_than(now, visits, "tracking.pages.kept", forget_visits)] if visits else []
    bites.append(lambda connection: forget_requests(connection, now - KEPT, BITE))
    return [*bites, lambda connection: forget_seen_messages(connection, now - SENT_AGAIN, BITE)]


def _older_than(now: datetime, span: str, name: str, forget: Callable[[Any, datetime, int], int]) -> Bite:
    before = now - span_of(span, name).elapsed
    return lambda connection: forget(connection, before, BITE)


def _in_bites(home: Home, bite: Bite) -> int:
    total = 0
    for _ in range(MOST_BITES):
        with writing(home.store) as connection:
            done = bite(connection)
        total += done
        if not done:
            break
    return total
