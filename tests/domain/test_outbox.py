"""When a letter is tried again, and what an HTTP answer means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.outbox import JITTER, SCHEDULE, Fate, next_try, read_status

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@given(st.text(max_size=40), st.integers(1, len(SCHEDULE)))
def test_tries_follow_the_schedule_with_up_to_a_tenth_more(name: str, attempts: int) -> None:
    due = next_try(name, attempts, NOW)
    assert due is not None
    assert SCHEDULE[attempts - 1] <= due - NOW <= SCHEDULE[attempts - 1] * (1 + JITTER)
    assert due == next_try(name, attempts, NOW)


def test_letters_that_failed_together_do_not_come_back_together() -> None:
    assert len({next_try(f"letter-{number}", 3, NOW) for number in range(100)}) == 100


def test_letter_is_given_up_after_about_four_days() -> None:
    assert next_try("a", len(SCHEDULE) + 1, NOW) is None
    assert timedelta(days=4) <= sum(SCHEDULE, timedelta()) <= timedelta(days=4.5)


def test_receiver_can_put_a_try_off_but_not_hurry_it_nor_put_it_off_for_ever() -> None:
    assert next_try("a", 1, NOW, timedelta(hours=2)) == NOW + timedelta(hours=2)
    assert next_try("a", 5, NOW, timedelta(seconds=1)) == next_try("a", 5, NOW)
    assert next_try("a", 1, NOW, timedelta(days=90)) == NOW + timedelta(hours=24)


@pytest.mark.parametrize(
    ("status", "fate"),
    [
        *[(status, "done") for status in (200, 202, 204)],
        *[(status, "again") for status in (301, 400, 404, 429, 500, 503)],
        (410, "gone"),
    ],
)
def test_status_says_what_becomes_of_a_letter(status: int, fate: str) -> None:
    answer = read_status(status, "hooks.example")
    assert answer.fate == Fate(fate)
    assert str(status) in answer.words
