"""When a store is doubted: every way in which it can be another one than the home has worked with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from engine.domain.witness import CLOCK, Mark, doubt, told

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
NOTED = Mark("abc", 1, "file 7", 100, NOW - timedelta(hours=1))
FOUND = replace(NOTED, at=NOW)


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (FOUND, ""),
        (replace(FOUND, attempts=250), ""),
        (replace(FOUND, identity="xyz"), "this is another store (xyz)"),
        (replace(FOUND, epoch=0), "the store is older than this home, which worked with it on 25 Nov 2026 08:00"),
        (replace(FOUND, epoch=2, attempts=3, place="file 9"), ""),
        (replace(FOUND, attempts=99), "1 attempt to send is missing from the store"),
        (replace(FOUND, attempts=58), "42 attempts to send are missing from the store"),
        (replace(FOUND, place="file 8"), "the store is on another file or server than before"),
        (replace(FOUND, place=""), ""),
        (replace(FOUND, at=NOTED.at - timedelta(minutes=4)), ""),
        (replace(FOUND, at=NOTED.at - timedelta(days=1)), "the clock went back by 24 h 0 min"),
        (replace(FOUND, its_time=NOW + timedelta(minutes=4)), ""),
        (
            replace(FOUND, its_time=NOW - timedelta(hours=1)),
            "the clock of this machine and that of the database",
        ),
    ],
)
@pytest.mark.acceptance(row=12)
def test_store_is_doubted_for_what_sets_it_apart(found: Mark, why: str) -> None:
    said = doubt([NOTED], found, witnessed=True)
    assert said.startswith(why)
    assert bool(said) == bool(why)


@pytest.mark.acceptance(row=12)
def test_store_that_another_home_worked_with_is_doubted_and_a_new_one_is_not() -> None:
    assert doubt([], FOUND, witnessed=True).startswith("another home has worked with this store")
    assert doubt([], FOUND, witnessed=False) == ""


def test_one_doubtful_mark_among_several_is_enough() -> None:
    older = replace(NOTED, attempts=20)
    assert doubt([older, NOTED], replace(FOUND, attempts=50), witnessed=True).startswith("50 attempts")


@pytest.mark.acceptance(row=11)
def test_doubts_about_the_clock_are_told_from_those_about_the_store() -> None:
    assert doubt([NOTED], replace(FOUND, at=NOW - timedelta(days=9)), witnessed=True).startswith(CLOCK)
    assert not doubt([NOTED], replace(FOUND, attempts=1), witnessed=True).startswith(CLOCK)


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(minutes=6), "6 min"),
        (timedelta(hours=-5), "5 h 0 min"),
        (timedelta(hours=25, minutes=5), "25 h 5 min"),
        (timedelta(days=9), "9 days"),
    ],
)
def test_spans_are_told_in_rough_words(span: timedelta, words: str) -> None:
    assert told(span) == words
