"""kill -9 of the tracker: what it acknowledged is on disk, and is taken in by whoever comes next."""

from __future__ import annotations

import socket
from collections.abc import Callable

import httpx
import pytest

from engine.domain.tokens import MailRef, Purpose, mail_token
from engine.processes.daemon import drain_spool
from engine.service.running import Runner
from tests.faults.daemons import Town, kill, until
from tests.smtpserver import SmtpServer


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.mark.acceptance(row=34)
def test_killed_tracker_loses_no_acknowledged_hit_and_no_unsubscribe(
    settle: Callable[..., Town], server: SmtpServer
) -> None:
    port = free_port()
    town = settle(server.port, f"[tracking]\nport = {port}\n")
    town.take_in(3)
    daemon = town.start("run", "--no-tracker")
    until(lambda: town.states() == {"sent": 3}, told=town.log)
    daemon.terminate()
    assert daemon.wait(30) == 0
    ring = town.home.keys.ring
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        for delivery in (1, 2):
            tracker = town.start("serve")
            until(lambda: _answers(client), told=town.log)
            token = mail_token(ring, Purpose.TRACK, MailRef(delivery, b"\0" * 6))
            assert client.get(f"/o/{token}.gif").status_code == 200
            kill(tracker.pid)
            tracker.wait()
        tracker = town.start("serve")
        until(lambda: _answers(client), told=town.log)
        token = mail_token(ring, Purpose.UNSUBSCRIBE, MailRef(3, b"\0" * 6))
        form = {"List-Unsubscribe": "One-Click"}
        assert client.post(f"/u/{token}", data=form).status_code == 200
        kill(tracker.pid)
    assert len(town.rows("SELECT id FROM suppression")) == 1, "in force before the answer"
    drain_spool(town.home, Runner(town.home))
    opened = town.rows("SELECT delivery_id FROM event WHERE kind = 'open' ORDER BY delivery_id")
    assert [row.delivery_id for row in opened] == [1, 2]


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/health").status_code == 200
    except httpx.TransportError:
        return False
