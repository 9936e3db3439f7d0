"""A receiver that is slow to answer does not hold up the daemon's tick."""

from __future__ import annotations

import threading
import time

import pytest

from engine.config.outside import Crm
from engine.processes.daemon import Outside
from engine.runtime.daemon import Chores, Daemon
from tests.connect.salesforce_org import Org
from tests.service.conftest import Found, found, laid_out, server, world  # noqa: F401 – fixtures
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


def test_crm_is_read_beside_the_letters(found: Found, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setenv("SALESFORCE_SECRET", "s3cret")
    with Org() as org:
        crm = Crm(kind="salesforce", url=org.url, client_id="key", secret_env="SALESFORCE_SECRET", inner=True)
        world = found(crm=crm)
        world.take_in("jane@northwind.example,Jane,web")
        org.add("Lead", Email="jane@northwind.example", Phone="456", Status="Open")
        outside = Outside(world.home)
        outside.look()
        asked = len(org.requests)
        outside.look()
        assert len(org.requests) == asked, "not before `every` has passed"
    assert world.lead("jane@northwind.example").fields["phone"] == "456"
