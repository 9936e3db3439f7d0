"""Senders that die while the store is away: their claims are taken back once it answers again."""

from __future__ import annotations

import pytest

import engine.runtime.daemon
from engine.runtime.daemon import Chores, Daemon, node_name
from engine.service.deliver import Dispatch
from engine.store.database import StoreError
from tests.service.conftest import found, laid_out, server, world
from tests.service.world import World

__all__ = ["found", "laid_out", "server", "world"]

JANE = "jane@northwind.example"


@pytest.mark.acceptance(row=10)
def test_claims_of_a_dead_sender_are_taken_back_after_a_fault_of_the_store(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.take_in(f"{JANE},Jane,web")
    world.tick()
    assert Dispatch(world.home, node_name("sender-1", 7)).claim(9)
    daemon = Daemon(world.home, world.runner, Chores(lambda: None, lambda: None), [])
    daemon._died("sender-1", 7)
    with monkeypatch.context() as away:
        away.setattr(engine.runtime.daemon, "take_back", _fail)
        with pytest.raises(StoreError):
            daemon._look()
    assert world.states(JANE) == [("first", "sending")]
    daemon._look()
    assert world.states(JANE) == [("first", "due")]


def _fail(*_: object) -> None:
    raise StoreError("the database is away")
