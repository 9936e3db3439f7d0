"""A receiver that is slow to answer does not hold up the daemon's tick."""

from __future__ import annotations

import threading
import time

from engine.runtime.daemon import Chores, Daemon
from tests.service.conftest import found, laid_out, server, world  # noqa: F401 – fixtures
from tests.service.world import World

PATIENCE = 20.0


def test_tick_goes_on_while_a_letter_is_carried(world: World) -> None:  # noqa: F811
    begun, release, drained = threading.Event(), threading.Event(), threading.Event()

    def carry() -> None:
        begun.set()
        release.wait(PATIENCE)

    def drain() -> None:
        if begun.is_set():
            drained.set()

    daemon = Daemon(world.home, world.runner, Chores(drain=drain, tell=lambda: None, carry=carry), [])
    scheduler = daemon._schedule()
    scheduler.start()
    try:
        assert begun.wait(PATIENCE)
        until = time.monotonic() + PATIENCE
        while not drained.wait(0.05) and time.monotonic() < until:
            pass
        assert drained.is_set()
        assert not release.is_set()
    finally:
        release.set()
        scheduler.shutdown(wait=True)
