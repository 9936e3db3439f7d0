"""The server stops gently, bears rude clients, and says why it cannot start."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from engine.errors import RipelineError
from engine.web import server as serving
from engine.web.server import REQUEST_BYTES, Conditions, ServerThread
from engine.web.spool import drain
from tests.web.world import World, open_path, tracker

PROGRAM = """
import sys
from pathlib import Path
from tests.web.world import *
from engine.web.server import serve
office = Office()
recorder = Recorder(Spool(Path(sys.argv[1]), "w1"), HitMaker(SteppedClock(NOON), "run", b"k"))
services = Services(office, office, office, office, ThreadPoolExecutor(1))
site = tracker_site(RING, recorder, services, office, Brand("Acme"))
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        print("up", flush=True)
    await site(scope, receive, send)
serve(app, "127.0.0.1", int(sys.argv[2]))
print("down", flush=True)
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with tracker(tmp_path) as world:
        yield world


def _connect(url: str) -> socket.socket:
    parts = urlsplit(url)
    assert parts.hostname and parts.port
    return socket.create_connection((parts.hostname, parts.port), timeout=20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _asked(port: int) -> bytes:
    with _connect(f"http://127.0.0.1:{port}") as client:
        client.sendall(f"GET {open_path()} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        return client.makefile("rb").read()


def test_sigterm_lets_the_spool_close_and_ends_well(tmp_path: Path) -> None:
    port = _free_port()
    command = [sys.executable, "-c", PROGRAM, str(tmp_path), str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout and worker.stdout.readline() == "up\n"
        with _listening(port):
            assert _asked(port).startswith(b"HTTP/1.1 200 OK")
        worker.send_signal(signal.SIGTERM)
        assert worker.stdout.readline() == "down\n"
        assert worker.wait(20) == 0
    assert [len(batch.hits) for batch in drain(tmp_path)] == [1]


def _listening(port: int) -> socket.socket:
    """A connection to the port, as soon as somebody listens there: the socket was bound before "up" was printed."""
    for _ in range(1000):
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=20)
        except ConnectionRefusedError:
            continue
    raise AssertionError(f"nobody listens on {port}")


def test_port_in_use_is_told_with_the_way_out() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        with pytest.raises(RipelineError, match=rf"cannot listen on 127.0.0.1:{port}: .*\[tracking\] host and port"):
            ServerThread(_no_app, port=port)


def test_request_without_end_is_cut_off(world: World) -> None:
    with _connect(world.server.url) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * REQUEST_BYTES + b"\r\n")

        assert client.makefile("rb").read().startswith(b"HTTP/1.1 400 ")
    assert world.http.get("/health").status_code == 200


def test_many_requests_on_one_connection_are_no_endless_one(world: World) -> None:
    long = {"x-long": "a" * (REQUEST_BYTES // 2)}

    assert [world.http.get("/health", headers=long).status_code for _ in range(5)] == [200] * 5


def test_client_that_dawdles_is_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "REQUEST_SECONDS", 0.05)
    with tracker(tmp_path) as world, _connect(world.server.url) as silent, _connect(world.server.url) as slow:
        slow.sendall(b"GET /health HTTP/1.1\r\nHo")

        assert _ended(silent) and _ended(slow)


def _ended(client: socket.socket) -> bool:
    try:
        return client.recv(1) == b""
    except ConnectionResetError:
        return True


def test_more_connections_than_a_worker_bears_are_told_to_come_back() -> None:
    with ServerThread(_no_app, conditions=Conditions(connections=1)) as server, _connect(server.url) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")

        assert client.recv(100).startswith(b"HTTP/1.1 503 ")


async def _no_app(scope, receive, send) -> None:  # type: ignore[no-untyped-def]
    while scope["type"] == "lifespan":
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
