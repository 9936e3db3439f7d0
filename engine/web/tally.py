"""Counting hits: so cheap that an answer does not wait for it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping

from engine.domain.traffic import HitKind

Report = Callable[[Mapping[HitKind, int]], None]


class HitTally:
    """Adds hits up, and reports the sums once in `pause` seconds at most. Used from one event loop."""

    def __init__(self, report: Report | None = None, pause: float = 1.0) -> None:
        self._report, self._pause = report, pause
        self._counts: Counter[HitKind] = Counter()
        self._planned: asyncio.TimerHandle | None = None

    def add(self, kind: HitKind) -> None:
        """One hit of this kind was recorded."""
        if self._report is None:
            return
        self._counts[kind] += 1
        if self._planned is None:
            self._planned = asyncio.get_running_loop().call_later(self._pause, self.flush)

    def flush(self) -> None:
        """Report now what was not reported yet."""
        if self._planned is not None:
            self._planned.cancel()
            self._planned = None
        counts, self._counts = self._counts, Counter()
        if counts and self._report is not None:
            self._report(counts)
