"""The tracker's speed: pixels recorded durably, against the same server's bare answer and nginx's, in one run.

The load comes over loopback from wrk, one thread of C, so that the server is what is measured.
"""

from __future__ import annotations

import multiprocessing
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.debian import await_port, ensure_nginx, ensure_wrk, free_port
from engine.clock import SystemClock
from engine.domain.tokens import KeyRing, MailRef, Purpose, mail_token
from engine.domain.traffic import HitKind, TrafficContext, classify
from engine.garbage import settle
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
    """Requests a second: bare, recorded, and of nginx's `empty_gif`; `recorded` hits were found in the spool and
    judged, of `asked`."""

    bare: float
    tracked: float
    nginx: float
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
    bare = tracked = nginx = 0.0
    asked = 0
    with tempfile.TemporaryDirectory() as spool:
        with _serving(_serve_bare) as plain, _serving(_serve_tracker, spool) as tracker, _nginx() as best:
            for _ in range(rounds):
                nginx = max(nginx, _load(best + path, seconds, connections)[0])
                bare = max(bare, _load(plain + path, seconds, connections)[0])
                speed, count = _load(tracker + path, seconds, connections)
                tracked, asked = max(tracked, speed), asked + count
        recorded = sum(1 for batch in drain(Path(spool)) for hit in batch.hits if _judged(hit))
    return TrackerSpeed(bare, tracked, nginx, asked, recorded)


def _judged(hit: Any) -> bool:
    context = TrafficContext(datetime(2026, 1, 1, tzinfo=UTC))
    return hit.kind is HitKind.OPEN and bool(classify(hit, context).reason)


def _serve_bare(port: int) -> None:
    settle()
    serve(bare_app, HOST, port)


def _serve_tracker(port: int, spool: str) -> None:
    recorder = Recorder(Spool(Path(spool), "bench"), HitMaker(SystemClock(), "bench", b"visitor key"))
    nobody: Any = object()
    services = Services(nobody, nobody, nobody, nobody, ThreadPoolExecutor(1))
    settle()
    serve(tracker_site(RING, recorder, services, nobody, Brand("Bench")), HOST, port)


@contextmanager
def _serving(target: Callable[..., None], *values: str) -> Iterator[str]:
    port = free_port()
    server = multiprocessing.get_context("spawn").Process(target=target, args=(port, *values))
    server.start()
    try:
        await_port(port, target.__name__)
        yield f"http://{HOST}:{port}"
    finally:
        server.terminate()
        server.join(30)


_NGINX = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
  access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{ listen {host}:{port}; location / {{ empty_gif; }} }}
}}
"""


@contextmanager
def _nginx() -> Iterator[str]:
    program, port = ensure_nginx(), free_port()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        config = Path(folder) / "nginx.conf"
        config.write_text(_NGINX.format(folder=folder, host=HOST, port=port))
        command = [str(program.path), "-c", str(config), "-e", f"{folder}/error.log"]
        with subprocess.Popen(command, env=program.environment) as server:
            try:
                await_port(port, "nginx")
                yield f"http://{HOST}:{port}"
            finally:
                server.terminate()


def _load(url: str, seconds: float, connections: int) -> tuple[float, int]:
    """Requests a second, and how many were answered."""
    wrk = ensure_wrk()
    command = [str(wrk.path), "-t1", f"-c{connections}", f"-d{seconds:.0f}s", "-H", f"User-Agent: {AGENT}", url]
    told = subprocess.run(command, capture_output=True, text=True, check=True, env=wrk.environment).stdout
    speed, count = re.search(r"Requests/sec:\s+([\d.]+)", told), re.search(r"(\d+) requests in", told)
    if not speed or not count or "Non-2xx" in told:
        raise RuntimeError(told)
    return float(speed[1]), int(count[1])


def main() -> None:
    speed = measure(seconds=float(sys.argv[1]) if len(sys.argv) > 1 else 5)
    print(
        f"tracker          {speed.ratio:.2f} of the same server's bare answer "
        f"(to reach 0.50; {speed.tracked:,.0f} of {speed.bare:,.0f} requests/s),\n"
        f"                 {speed.tracked / speed.nginx:.2f} of nginx's empty_gif (goal 0.33; {speed.nginx:,.0f}/s); "
        f"{speed.recorded:,} hits found in the spool and judged, {speed.asked:,} answered"
    )


if __name__ == "__main__":
    main()
