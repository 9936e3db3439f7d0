"""The API as its users have it: a real process, a real socket, and the daemon that keeps it."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from engine.domain.api_keys import Scope
from engine.service.api_keys import new_api_key
from tests.faults.conftest import laid_out, server, settle
from tests.faults.daemons import Town, kill, until
from tests.faults.test_killed_tracker import free_port
from tests.runtime.test_instruments import samples
from tests.smtpserver import SmtpServer

__all__ = ["laid_out", "server", "settle"]


def answers(client: httpx.Client) -> bool:
    try:
        return client.get("/openapi.json").status_code == 200
    except httpx.TransportError:
        return False


def test_event_over_http_brings_a_mail_and_a_killed_api_comes_back(
    settle: Callable[..., Town], server: SmtpServer
) -> None:
    port, watch = free_port(), free_port()
    town = settle(server.port, f"[api]\nenabled = true\nport = {port}\n[metrics]\nenabled = true\nport = {watch}\n")
    key = new_api_key(town.home, "shop", [Scope.EVENTS_WRITE, Scope.LEADS_READ])
    headers = {"authorization": f"Bearer {key}"}
    daemon = town.start("run", "--no-tracker")
    jane = "jane@northwind.example"
    event = {"name": "ordered", "email": jane, "properties": {"number": 1, "day": "2030-01-01"}}
    asked = {"events": [event], "create": True}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", headers=headers, trust_env=False) as client:
        until(lambda: answers(client), told=town.log)
        once = {"idempotency-key": "order-1"}
        assert client.post("/events", json=asked, headers=once).json()["recorded"] == 1
        until(lambda: town.states() == {"sent": 1}, told=town.log)
        assert client.get(f"/leads/{jane}/deliveries").json()["items"][0]["campaign"] == "order"
        kill(child_that_serves(town))
        until(lambda: answers(client), told=town.log)
        again = client.post("/events", json=asked, headers=once)
        assert (again.json()["recorded"], again.headers["idempotent-replayed"]) == (1, "true")
        counted = samples(httpx.get(f"http://127.0.0.1:{watch}/metrics", trust_env=False).text)
    labels = (("method", "POST"), ("path", "/events"), ("status", "200"))
    assert counted["ripeline_api_requests_total", labels] == 2
    daemon.terminate()
    assert daemon.wait(30) == 0
    assert jane not in town.log()


def child_that_serves(town: Town) -> int:
    """The process number of the API, told by the system."""
    import psutil

    (found,) = [one for one in psutil.Process(town.children[-1].pid).children() if "--api" in one.cmdline()]
    return found.pid


def test_api_alone_is_served_by_a_command(settle: Callable[..., Town], server: SmtpServer) -> None:
    port = free_port()
    town = settle(server.port, f"[api]\nport = {port}\n")
    process = town.start("serve", "--api")
    with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", trust_env=False) as client:
        until(lambda: answers(client), told=town.log)
        assert client.get("/leads").status_code == 401
    process.terminate()
    assert process.wait(30) == 0


def test_daemon_does_not_start_where_the_apis_port_is_taken(settle: Callable[..., Town], server: SmtpServer) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        town = settle(server.port, f"[api]\nenabled = true\nport = {port}\n")
        assert town.start("run", "--no-tracker").wait(30) == 1
    assert f"The API cannot listen on 127.0.0.1:{port}" in town.log()
