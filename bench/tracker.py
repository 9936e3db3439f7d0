"""The tracker's speed: pixels recorded durably, against the same server's bare answer, in one run on one machine.

`python -m bench.tracker` prints the ratio. The load comes from another process over loopback: from wrk where it is
installed, otherwise from an asyncio client of our own.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine.clock import SystemClock
from engine.domain.tokens import KeyRing, MailRef, Purpose, mail_token
from engine.domain.traffic import HitKind, TrafficContext, classify
from engine.web.answers import answer
from engine.web.pages import Services
from engine.web.press import Brand
from engine.web.recorder import HitMaker, Recorder
from engine.web.server import serve
from engine.web.site import tracker_site
from engine.web.spool import Spool, drain
from engine.web.tracker import PIXEL

HOST = "127.0.0.1"
RING = KeyRing({1: b"bench key, 32 bytes of no secret"}, current=1)
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
_BARE = answer(200, [(b"content-type", b"image/gif"), (b"cache-control", b"no-store")], PIXEL)


@dataclass(frozen=True, slots=True)
class TrackerSpeed:
    """Requests a second, bare and recorded; `recorded` hits were found in the spool and judged, of `asked`."""

    bare: float
    tracked: float
    asked: int
    recorded: int

    @property
    def ratio(self) -> float:
        return self.tracked / self.bare


async def bare_app(scope: Any, receive: Any, send: Any) -> None:
    """The least that an ASGI app can do: the same picture, nothing written."""
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send(_BARE.start)
    await send(_BARE.end)


def measure(seconds: float = 5, connections: int = 64, rounds: int = 2) -> TrackerSpeed:
    """Takes turns between the bare answer and the tracker, and keeps the best round of each."""
    path = f"/o/{mail_token(RING, Purpose.TRACK, MailRef(4711, b'table1'))}.gif"
    bare = tracked = 0.0
    asked = 0
    with tempfile.TemporaryDirectory() as spool:
        with _serving(_serve_bare) as plain, _serving(_serve_tracker, spool) as tracker:
            for _ in range(rounds):
                bare = max(bare, _load(plain + path, seconds, connections)[0])
                speed, count = _load(tracker + path, seconds, connections)
                tracked, asked = max(tracked, speed), asked + count
        recorded = sum(1 for batch in drain(Path(spool)) for hit in batch.hits if _judged(hit))
    return TrackerSpeed(bare, tracked, asked, recorded)


def _judged(hit: Any) -> bool:
    context = TrafficContext(datetime(2026, 1, 1, tzinfo=UTC))
    return hit.kind is HitKind.OPEN and bool(classify(hit, context).reason)


def _serve_bare(port: int) -> None:
    serve(bare_app, HOST, port)


def _serve_tracker(port: int, spool: str) -> None:
    recorder = Recorder(Spool(Path(spool), "bench"), HitMaker(SystemClock(), "bench", b"visitor key"))
    nobody: Any = object()
    services = Services(nobody, nobody, nobody, ThreadPoolExecutor(1))
    serve(tracker_site(RING, recorder, services, nobody, Brand("Bench")), HOST, port)


@contextmanager
def _serving(target: Callable[..., None], *values: str) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    server = multiprocessing.get_context("spawn").Process(target=target, args=(port, *values))
    server.start()
    try:
        _await_port(port)
        yield f"http://{HOST}:{port}"
    finally:
        server.terminate()
        server.join(30)


def _await_port(port: int) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            socket.create_connection((HOST, port), 1).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def _load(url: str, seconds: float, connections: int) -> tuple[float, int]:
    """Requests a second, and how many were answered."""
    if wrk := shutil.which("wrk"):
        command = [wrk, "-t1", f"-c{connections}", f"-d{seconds:.0f}s", "-H", f"User-Agent: {AGENT}", url]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        speed, count = re.search(r"Requests/sec:\s+([\d.]+)", told), re.search(r"(\d+) requests in", told)
        if not speed or not count or "Non-2xx" in told:
            raise RuntimeError(told)
        return float(speed[1]), int(count[1])
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        count = pool.apply(_own_load, (url, seconds, connections))
    return count / seconds, count


def _own_load(url: str, seconds: float, connections: int) -> int:
    return asyncio.run(_gathered(url, seconds, connections))


async def _gathered(url: str, seconds: float, connections: int) -> int:
    host, _, path = url.removeprefix("http://").partition("/")
    name, _, port = host.partition(":")
    request = f"GET /{path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {AGENT}\r\n\r\n".encode()
    until = time.monotonic() + seconds
    return sum(await asyncio.gather(*(_one(name, int(port), request, until) for _ in range(connections))))


async def _one(host: str, port: int, request: bytes, until: float) -> int:
    reader, writer = await asyncio.open_connection(host, port)
    count = 0
    while time.monotonic() < until:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode("latin-1"))
        await reader.readexactly(len(PIXEL))
        count += 1
    writer.close()
    return count


def main() -> None:
    speed = measure(seconds=float(sys.argv[1]) if len(sys.argv) > 1 else 5)
    print(
        f"tracker: {speed.tracked:,.0f}/s recorded durably, {speed.bare:,.0f}/s bare: {speed.ratio:.2f}× "
        f"(to reach 0.50)   {speed.recorded:,} of {speed.asked:,} answered hits found and judged"
    )


if __name__ == "__main__":
    main()
