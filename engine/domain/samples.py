"""Samples by chance that stay small and can be joined: of each thing a mark is made, and the smallest marks are kept.

Marks are spread evenly and are the same each time. So a thing that comes twice counts once, and the samples of many
days joined are the sample of all of them. Where fewer things came than are kept, all are there, and figures are exact.

How many there were: Bar-Yossef et al., Counting distinct elements in a data stream (2002); the estimate without bias:
Beyer et al., On synopses for distinct-value estimation under multiset operations (2007).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import TypeVar

_ALL = 2**64

Marked = TypeVar("Marked", int, tuple[int, int])
"""A mark alone, or one with the figure of what it marks."""


def mark_of(number: int) -> int:
    """The mark of what has this number: below 2**64."""
    return int.from_bytes(blake2b(str(number).encode(), digest_size=8).digest(), "big")


def joined(samples: Iterable[Sequence[Marked]], most: int) -> list[Marked]:
    """The sample of all things in these, each in order, of at most so many."""
    found: list[Marked] = []
    fresh: list[Marked] = []
    for sample in samples:
        fresh += _below(found, sample, most)
        if len(fresh) > most:  # so that a year of small samples is sorted a few times, not hundreds
            found, fresh = _smallest(found + fresh, most), []
    return _smallest(found + fresh, most)


def _smallest(marks: list[Marked], most: int) -> list[Marked]:
    return list(dict.fromkeys(sorted(marks)))[:most]


def _below(found: Sequence[Marked], sample: Sequence[Marked], most: int) -> list[Marked]:
    """What of a sample may still come among the smallest."""
    return list(sample[: bisect_right(sample, found[-1])] if len(found) == most else sample)


def distinct(sample: Sequence[int], most: int) -> int:
    """How many things there are, of whose marks at most so many were kept: exact as long as there are fewer.

    Beyond that two of three estimates are off by less than one part in the root of `most`.
    """
    return len(sample) if len(sample) < most else round((most - 1) * _ALL / sample[-1])
