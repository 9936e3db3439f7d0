"""When a deferred mail is tried again, and when it is given up: pure arithmetic over aware instants."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class RetrySchedule:
    """Waits between attempts, growing, and the age at which a mail is given up.

    RFC 5321, section 4.5.4.1: at least 30 minutes apart, given up after 4–5 days. The waits' sum lies between
    `give_up_after` and `last_attempt_after`, so that in the plain case the last wait ends in the last attempt.
    """

    waits: tuple[timedelta, ...] = (
        timedelta(minutes=30),
        timedelta(hours=1),
        timedelta(hours=2),
        timedelta(hours=4),
        timedelta(hours=8),
        timedelta(hours=12),
        timedelta(hours=18),
        timedelta(hours=24),
        timedelta(hours=36),
    )
    give_up_after: timedelta = timedelta(days=4)
    """A failure at this age or later is final."""
    last_attempt_after: timedelta = timedelta(days=4, hours=12)
    """No attempt is planned later than this age: late ones are pulled here."""


DEFAULT_SCHEDULE = RetrySchedule()


def next_attempt(
    attempts: int,
    first_attempt_at: datetime,
    now: datetime,
    *,
    expires_at: datetime | None = None,
    schedule: RetrySchedule = DEFAULT_SCHEDULE,
) -> datetime | None:
    """When to try again after `attempts` (from 1) failed attempts; None means: give up.

    A step may expire sooner than the schedule ends (`expires_at`, exclusive). A clock that went back does not
    shorten the mail's life: only ages that `now` shows are counted.

    Raises:
        ValueError: `attempts` is below 1.
    """
    if attempts < 1:
        raise ValueError(f"{attempts} attempts: a retry follows at least one attempt")
    if now - first_attempt_at >= schedule.give_up_after:
        return None
    wait = schedule.waits[min(attempts, len(schedule.waits)) - 1]
    planned = min(now + wait, first_attempt_at + schedule.last_attempt_after)
    return planned if expires_at is None or planned < expires_at else None
