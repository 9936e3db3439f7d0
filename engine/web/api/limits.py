"""How many requests a key may make: a bucket of tokens for each, which fills up steadily."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

MINUTE = 60.0


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a draw came to: whether there was a token, how many are left, and in how many seconds the next comes."""

    granted: bool
    left: int
    wait: int


class Buckets:
    """`per_minute` requests a minute for each key, as many at once. `seconds` is a clock that never goes back."""

    def __init__(self, per_minute: int, seconds: Callable[[], float]) -> None:
        self._per_minute, self._seconds = per_minute, seconds
        self._buckets: dict[int, _Bucket] = {}

    def draw(self, key: int) -> Drawn:
        """Take one token out of a key's bucket."""
        now = self._seconds()
        bucket = self._buckets.setdefault(key, _Bucket(float(self._per_minute), now))
        rate = self._per_minute / MINUTE
        bucket.tokens = min(float(self._per_minute), bucket.tokens + (now - bucket.at) * rate)
        bucket.at = now
        if bucket.tokens < 1:
            return Drawn(False, 0, max(1, math.ceil((1 - bucket.tokens) / rate)))
        bucket.tokens -= 1
        return Drawn(True, int(bucket.tokens), max(1, math.ceil(1 / rate)))

    def headers(self, drawn: Drawn) -> Mapping[str, str]:
        """The answer's fields (draft-ietf-httpapi-ratelimit-headers), with Retry-After where it was refused."""
        told = {
            "ratelimit-policy": f'"key";q={self._per_minute};w={MINUTE:.0f}',
            "ratelimit": f'"key";r={drawn.left};t={drawn.wait}',
        }
        return told if drawn.granted else {**told, "retry-after": str(drawn.wait)}
