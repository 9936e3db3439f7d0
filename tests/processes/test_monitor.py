"""Monitoring a daemon: what it hears in the job thread is what others are answered."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable

import httpx
import psutil
import pytest

from engine.config.model import Metrics
from engine.errors import RipelineError
from engine.processes.monitor import Monitor
from engine.service.advance import Advanced
from engine.store.database import StoreError
from tests.faults.conftest import settle
from tests.faults.daemons import Town, kill, until
from tests.faults.test_killed_tracker import free_port
from tests.runtime.test_instruments import samples
from tests.service.conftest import found, laid_out, server, world
from tests.service.world import World
from tests.smtpserver import SmtpServer

__all__ = ["found", "laid_out", "server", "settle", "world"]

ACCEPTED = ("ripeline_mails_total", (("outcome", "accepted"), ("relay", "main")))
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def test_what_the_daemon_says_is_shown(world: World) -> None:
    monitor = Monitor(world.home)
    monitor.decided(Advanced(leads=200))
    monitor.decided(Advanced(leads=50))
    monitor.ticked(0.25)
    monitor.looked({"sender-1": True, "tracker-1": False})
    found = samples(monitor.metrics()[0].decode())
    assert found["ripeline_leads_decided_total", ()] == 250
    assert found["ripeline_tick_seconds_sum", ()] == 0.25
    assert found["ripeline_process_up", (("name", "tracker-1"),)] == 0
    assert monitor.health().ok
    assert [check.name for check in monitor.ready() if not check.ok] == ["children"]


def test_store_that_is_away_is_told_and_nothing_else_fails(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise StoreError("the database cannot be read")

    monkeypatch.setattr("engine.processes.monitor.gauges_of", away)
    monitor = Monitor(world.home)
    monitor.looked({"sender-1": True})
    assert [check.name for check in monitor.ready() if not check.ok] == ["store"]
    assert samples(monitor.metrics()[0].decode())["ripeline_store_up", ()] == 0
    assert monitor.health().ok, "that is not the daemon's fault"


def test_mails_of_campaigns_that_stand_still_are_not_late(world: World) -> None:
    world.take_in("jane@northwind.example,Jane,web")
    world.tick()
    monitor = Monitor(world.home)
    world.clock.step_to(world.clock.now().replace(hour=20))
    assert [check.name for check in monitor.ready() if not check.ok] == ["lag", "children"]
    monitor.standing_still(["drip"])
    assert [check.name for check in monitor.ready() if not check.ok] == ["children"]


def test_taken_port_is_told_before_anything_starts(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        world.changes["metrics"] = Metrics(port=port)
        with (
            pytest.raises(RipelineError, match=rf"metrics page cannot listen on 127.0.0.1:{port}.*\[metrics\]"),
            Monitor(world.home).answering(),
        ):
            raise AssertionError("it started")


def test_nothing_answers_where_config_wants_none(world: World) -> None:
    world.changes["metrics"] = Metrics(enabled=False, port=1)
    with Monitor(world.home).answering():
        pass


def _read(client: httpx.Client) -> Samples:
    try:
        return samples(client.get("/metrics").text)
    except httpx.TransportError:
        return {}


def test_daemon_answers_monitoring_with_what_its_processes_did(settle: Callable[..., Town], server: SmtpServer) -> None:
    port, tracker = free_port(), free_port()
    town = settle(server.port, f"[metrics]\nport = {port}\n\n[tracking]\nport = {tracker}\n")
    town.take_in(20)
    daemon = town.start("run")
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=20) as client:
        until(lambda: _read(client).get(ACCEPTED) == 20, told=town.log)
        until(lambda: client.get("/ready").status_code == 200, told=lambda: client.get("/ready").text)
        found = _read(client)
        assert found["ripeline_leads_decided_total", ()] >= 20
        assert found["ripeline_gate_group_size_sum", ()] == 20
        assert found["ripeline_relay_seconds_count", (("relay", "main"),)] == 20
        assert found["ripeline_process_up", (("name", "sender-1"),)] == 1
        assert client.get("/health").text.startswith("working")
        _sender_dies_and_its_counts_stay(town, daemon.pid, client)
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(30) == 0, town.log()
    with pytest.raises(httpx.TransportError):
        httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False)


def _sender_dies_and_its_counts_stay(town: Town, daemon: int, client: httpx.Client) -> None:
    kill(_sender_of(daemon))
    until(lambda: client.get("/ready").status_code == 503, told=lambda: client.get("/ready").text)
    assert "sender-1" in client.get("/ready").json()["checks"]["children"]["words"]
    until(lambda: client.get("/ready").status_code == 200, told=lambda: client.get("/ready").text)
    town.take_in(5, "more")
    until(lambda: _read(client).get(ACCEPTED) == 25, told=town.log)


def _sender_of(daemon: int) -> int:
    return next(child.pid for child in psutil.Process(daemon).children() if "sender-1" in child.cmdline())
