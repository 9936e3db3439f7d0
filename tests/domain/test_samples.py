"""Samples: exact while small, near when large, and joined as if nobody had parted them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.domain.samples import distinct, joined, mark_of

MOST = 64
things = st.lists(st.integers(0, 500), max_size=300)


def sample(numbers: list[int], most: int = MOST) -> list[int]:
    return joined([sorted({mark_of(number) for number in numbers})], most)


@given(things, things, things)
def test_parts_joined_in_any_order_are_the_sample_of_the_whole(
    one: list[int], two: list[int], three: list[int]
) -> None:
    whole = sample([*one, *two, *three])
    assert joined([sample(one), sample(two), sample(three)], MOST) == whole
    assert joined([sample(three), joined([sample(one), sample(two)], MOST)], MOST) == whole
    assert whole == sorted(whole)
    assert len(whole) <= MOST


@given(st.sets(st.integers(0, 2**62), max_size=MOST - 1))
def test_fewer_than_are_kept_are_counted_exactly(numbers: set[int]) -> None:
    assert distinct(sample([*numbers, *numbers]), MOST) == len(numbers)


def test_many_are_counted_to_a_few_in_a_hundred() -> None:
    for start in (0, 1_000_000, 5_000_000):
        found = distinct(sample(list(range(start, start + 50_000)), 1_024), 1_024)
        assert abs(found - 50_000) < 50_000 * 0.1, "three times what is usual"


def test_figures_go_with_their_marks() -> None:
    assert joined([[(1, 60), (9, 5)], [(1, 60), (2, 7), (3, 8)]], 3) == [(1, 60), (2, 7), (3, 8)]
