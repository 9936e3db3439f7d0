"""The words of time."""

from __future__ import annotations

import pytest

from engine.domain.timing.words import clock_hint, tell_instant
from tests.domain.timing.zones import BERLIN, LORD_HOWE, utc


def test_instant_is_told_in_local_time() -> None:
    assert tell_instant(utc("2026-11-24 08:00"), BERLIN) == "Tue 24 Nov 09:00"
    assert tell_instant(utc("2026-11-01 20:05"), LORD_HOWE) == "Mon 2 Nov 07:05"


def test_year_is_told_where_it_differs() -> None:
    now = utc("2026-11-24 08:00")
    assert tell_instant(utc("2026-12-31 22:59"), BERLIN, now) == "Thu 31 Dec 23:59"
    assert tell_instant(utc("2026-12-31 23:00"), BERLIN, now) == "Fri 1 Jan 2027 00:00"


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("9am", "write '09:00'"),
        ("12am", "write '00:00'"),
        ("12:30pm", "write '12:30'"),
        ("5 p.m.", "write '17:00'"),
        ("17", "write '17:00'"),
        ("noon", "write hours and minutes, 00:00 to 23:59, as in '09:00'"),
        ("24:00", "write hours and minutes, 00:00 to 23:59, as in '09:00'"),
    ],
)
def test_hint_says_how_to_write_a_time(word: str, hint: str) -> None:
    assert clock_hint(word) == hint
