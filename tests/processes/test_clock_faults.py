"""The daemon while the machine's clock is moved: nothing is decided early, nothing twice."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.runtime.daemon import Chores, Daemon
from engine.service.held import release_sending, why_held
from tests.service.conftest import found, laid_out, server, world
from tests.service.world import MONDAY, World

__all__ = ["found", "laid_out", "server", "world"]

JANE = "jane@northwind.example"


@pytest.fixture
def daemon(world: World) -> Daemon:
    world.take_in(f"{JANE},Jane,web")
    found = Daemon(world.home, world.runner, Chores(lambda: None, lambda: None), [])
    found.tick()
    world.send()
    found.tick()
    assert world.states(JANE) == [("first", "sent")]
    return found


@pytest.mark.acceptance(row=11)
@pytest.mark.parametrize("jump", [timedelta(days=3), -timedelta(days=1)])
def test_clock_that_jumps_decides_nothing_until_a_person_confirms(
    world: World, daemon: Daemon, jump: timedelta
) -> None:
    world.clock.set_to(MONDAY + jump)
    for _ in range(3):
        daemon.tick()
        world.send()
    assert world.states(JANE) == [("first", "sent")], "the second mail would be due in two days"
    assert (why_held(world.home) or "").startswith("the clock")
    assert "sending" in world.alerts()
    world.clock.set_to(MONDAY)
    daemon.tick()
    release_sending(world.home)
    daemon.tick()
    world.send()
    assert world.states(JANE) == [("first", "sent")], "no early step"
    assert len(world.received()) == 1
    world.clock.set_to(MONDAY + timedelta(minutes=4))
    daemon.tick()
    assert why_held(world.home) is None, "clocks may differ a little"
