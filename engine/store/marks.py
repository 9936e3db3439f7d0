"""How samples are kept: their marks and figures, numbers below 2**64, as 8 bytes each, the first byte the highest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from struct import pack, unpack


def packed(numbers: Iterable[int]) -> bytes:
    """Numbers as they are kept."""
    listed = list(numbers)
    return pack(f">{len(listed)}Q", *listed)


def unpacked(content: bytes) -> Sequence[int]:
    """The numbers that were kept so."""
    return unpack(f">{len(content) // 8}Q", content)
