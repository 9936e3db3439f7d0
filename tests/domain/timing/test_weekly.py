"""Times of the week."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from engine.domain.timing.weekly import Weekly, parse_weekly

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("now", "last"),
    [
        (datetime(2026, 11, 2, 6, tzinfo=UTC), datetime(2026, 11, 2, 6, tzinfo=UTC)),
        (datetime(2026, 11, 2, 5, 59, tzinfo=UTC), datetime(2026, 10, 26, 6, tzinfo=UTC)),
        (datetime(2026, 10, 25, 12, tzinfo=UTC), datetime(2026, 10, 19, 5, tzinfo=UTC)),  # summer time then
    ],
)
def test_the_last_time_is_found_in_the_zone(now: datetime, last: datetime) -> None:
    found = parse_weekly("Mon 07:00")
    assert isinstance(found, Weekly)
    assert found.last(now, BERLIN) == last


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Monday", "'Monday' is no time of the week: write a weekday and a time, as in 'Mon 07:00'"),
        ("Mondy 07:00", "'Mondy' is no weekday: did you mean 'Monday'?"),
        ("Mon 7am", "'7am' is no time of day: write '07:00'"),
    ],
)
def test_what_is_no_time_of_the_week_is_said(text: str, said: str) -> None:
    assert str(parse_weekly(text)).startswith(said)
