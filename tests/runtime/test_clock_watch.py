"""A clock that is moved while the daemon runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.runtime.clock_watch import ClockWatch, steady_seconds

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


@pytest.mark.acceptance(row=11)
@pytest.mark.parametrize(
    ("moved", "words"),
    [
        (timedelta(), ""),
        (timedelta(minutes=4), ""),
        (timedelta(days=1), "the clock jumped forward by 24 h 0 min"),
        (timedelta(days=-1), "the clock jumped back by 24 h 0 min"),
    ],
)
def test_jump_is_seen_against_a_clock_that_nobody_can_move(moved: timedelta, words: str) -> None:
    seconds = iter([100.0, 3700.0, 3705.0])
    watch = ClockWatch(lambda: next(seconds))
    assert watch.doubt(NOW) == ""
    later = NOW + timedelta(hours=1) + moved
    assert watch.doubt(later) == words
    assert watch.doubt(later + timedelta(seconds=5)) == "", "told once"


def test_steady_clock_goes_on() -> None:
    assert steady_seconds() <= steady_seconds()
