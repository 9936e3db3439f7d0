from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from engine.smtp.retry import next_attempt

FIRST = datetime(2026, 3, 27, 9, 0, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)


def attempts_made(*, late: timedelta = timedelta(0), expires_at: datetime | None = None) -> list[datetime]:
    """Every instant of an attempt of a mail that is always deferred, each one `late`."""
    made, now = [FIRST], FIRST
    while (at := next_attempt(len(made), FIRST, now, expires_at=expires_at)) is not None:
        now = at + late
        made.append(now)
    return made


@pytest.mark.acceptance(row=15)
def test_attempts_are_half_an_hour_apart_at_least_and_the_waits_grow():
    made = attempts_made()
    waits = [after - before for before, after in pairwise(made)]
    assert waits[0] == HALF_HOUR
    assert waits == sorted(waits)
    assert len(set(waits)) == len(waits)


@pytest.mark.parametrize("late", [timedelta(0), timedelta(minutes=7), timedelta(hours=3), timedelta(hours=11)])
def test_mail_is_given_up_after_four_to_five_days(late):
    made = attempts_made(late=late)
    assert timedelta(days=4) <= made[-1] - FIRST <= timedelta(days=5)
    assert min(after - before for before, after in pairwise(made)) >= HALF_HOUR


def test_step_that_expires_sooner_ends_the_attempts():
    expires_at = FIRST + timedelta(hours=6)
    assert max(attempts_made(expires_at=expires_at)) < expires_at
    assert next_attempt(1, FIRST, FIRST, expires_at=FIRST + HALF_HOUR) is None


def test_daemon_that_was_down_for_a_week_gives_up_at_the_next_failure():
    assert next_attempt(1, FIRST, FIRST + timedelta(days=7)) is None


def test_clock_that_went_back_a_day_still_waits_half_an_hour():
    now = FIRST - timedelta(days=1)
    assert next_attempt(1, FIRST, now) == now + HALF_HOUR


def test_no_attempt_is_no_retry():
    with pytest.raises(ValueError, match="0 attempts"):
        next_attempt(0, FIRST, FIRST)
