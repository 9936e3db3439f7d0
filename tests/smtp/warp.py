"""An event loop whose time flies when nobody has anything to do: hours of waiting are tested in milliseconds."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_LOOPBACK_NEEDS = 0.02
"""Real seconds after which nothing more is on its way over loopback or from a helper thread."""


class _ImpatientSelector(selectors.DefaultSelector):  # type: ignore[valid-type,misc]  # the platform's best one
    skipped = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= _LOOPBACK_NEEDS:
            return super().select(timeout)
        ready = super().select(_LOOPBACK_NEEDS)
        if not ready:
            self.skipped += timeout
        return ready


class WarpLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._impatient = _ImpatientSelector()
        super().__init__(self._impatient)

    def time(self) -> float:
        return super().time() + self._impatient.skipped


def run_warped(main: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=WarpLoop) as runner:
        return runner.run(main)
