"""By when sales answers, and what happens when it does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from engine.domain.sales.clock import Deadlines, Tick, first_deadline, ring
from engine.domain.sales.handoff import TRANSITIONS, Handoff, HandoffState
from engine.domain.timing import BusinessDays, Delay, PlainCalendar, after

FRIDAY = datetime(2026, 11, 6, 16, 0, tzinfo=UTC)
MONDAY, WEDNESDAY = FRIDAY + timedelta(days=3), FRIDAY + timedelta(days=5)
DEADLINES = Deadlines(BusinessDays(1), BusinessDays(3))


def over(start: datetime, delay: Delay) -> datetime:
    return after(start, delay, ZoneInfo("UTC"), PlainCalendar())


def rung(state: HandoffState, clock_at: datetime | None, now: datetime) -> Tick | None:
    return ring(Handoff(1, state, FRIDAY, clock_at), DEADLINES, now, over)


def test_an_answer_is_due_by_the_next_working_day() -> None:
    assert first_deadline(DEADLINES, FRIDAY, over) == MONDAY


@pytest.mark.parametrize(
    ("state", "clock_at", "now", "tick"),
    [
        (HandoffState.OPEN, MONDAY, MONDAY - timedelta(seconds=1), None),
        (HandoffState.OPEN, MONDAY, MONDAY, Tick(HandoffState.ESCALATED, WEDNESDAY)),
        (HandoffState.ESCALATED, WEDNESDAY, WEDNESDAY, Tick(HandoffState.EXPIRED, None)),
        (HandoffState.SNOOZED, MONDAY, MONDAY, Tick(HandoffState.OPEN, MONDAY + timedelta(days=1))),
        (HandoffState.ACCEPTED, None, WEDNESDAY, None),
    ],
)
def test_what_the_clock_does(state: HandoffState, clock_at: datetime | None, now: datetime, tick: Tick | None) -> None:
    assert rung(state, clock_at, now) == tick


def test_after_a_long_absence_somebody_is_asked_before_the_lead_is_taken_back() -> None:
    late = FRIDAY + timedelta(days=30)
    found = rung(HandoffState.OPEN, MONDAY, late)
    assert found is not None
    assert found.state is HandoffState.ESCALATED
    assert found.clock_at is not None
    assert found.clock_at > late


def test_every_move_of_the_clock_is_a_lawful_one() -> None:
    late = WEDNESDAY + timedelta(days=9)
    found = {state: tick.state for state in HandoffState if (tick := rung(state, MONDAY, late)) is not None}
    assert set(found) == {HandoffState.OPEN, HandoffState.ESCALATED, HandoffState.SNOOZED}
    assert [state for state, then in found.items() if then not in TRANSITIONS[state]] == []
