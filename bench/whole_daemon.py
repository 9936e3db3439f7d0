"""The whole path by the real daemon: `ripeline run` decides, its sending processes render, send and account.

Leads are due when it starts. What counts is the time from the first mail that a relay took until all are taken and
every lead has been looked at again. Everything shares the machine's cores: daemon, senders, sink, and on SQLite one
writer's lock.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.debian import free_port
from bench.postfix import Postfix, ensure_postfix, running_sink, source_seconds
from bench.postgresql import Fresh, running_postgresql
from bench.send_path import CONNECTIONS, OCTETS, a_home
from engine.clock import SystemClock
from engine.service.home import Home
from engine.store.database import reading
from engine.store.deliveries import state_counts
from engine.store.journey import next_due_instant

MAILS = 40_000
PATIENCE = 120.0
LOOKS = 0.2
"""Seconds between two looks, which count all mails and so take their share of the machine."""


@dataclass(frozen=True, slots=True)
class DaemonSpeed:
    """Mails a second: of daemons with one and with two sending processes, and of smtp-source beside them."""

    one: float
    two: float
    limit: float


def measure(mails: int = MAILS, rounds: int = 2, fresh: Fresh | None = None) -> DaemonSpeed:
    """The best of some rounds, the limit measured before each; `fresh` makes their stores, SQLite without it."""
    postfix = ensure_postfix()
    one = two = limit = 0.0
    with running_sink(postfix) as port:
        for _ in range(rounds):
            limit = max(limit, _limit(postfix, port, mails))
            one = max(one, _speed(port, mails, senders=1, store=fresh() if fresh else ""))
            two = max(two, _speed(port, mails, senders=2, store=fresh() if fresh else ""))
    return DaemonSpeed(one, two, limit)


def _limit(postfix: Postfix, port: int, mails: int) -> float:
    return mails / source_seconds(postfix, port, mails=mails, connections=CONNECTIONS, octets=OCTETS)


def _speed(port: int, mails: int, *, senders: int, store: str = "") -> float:
    with tempfile.TemporaryDirectory() as folder:
        home, _ = a_home(Path(folder), port, mails, clock=SystemClock(), store=store)
        with (Path(folder) / "config.toml").open("a") as config:
            config.write(f'\n[delivery]\ntick = "1s"\nsenders = {senders}\n\n[metrics]\nport = {free_port()}\n')
        with _daemon(home):
            return _watched(home, mails)


@contextmanager
def _daemon(home: Home) -> Iterator[None]:
    command = [sys.executable, "-m", "engine.app", "run", "--no-tracker", "--home", str(home.path)]
    with (home.path / "log.txt").open("wb") as log, subprocess.Popen(command, stderr=log) as process:
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def _watched(home: Home, mails: int) -> float:
    began, before, until = 0.0, 0, time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with reading(home.store) as connection:
            sent = state_counts(connection).get("sent", 0)
            open_looks = sent < mails or next_due_instant(connection) is not None
        if sent and not began:
            began, before = time.perf_counter(), sent
        if not open_looks:
            return (mails - before) / (time.perf_counter() - began)
        time.sleep(LOOKS)
    raise RuntimeError((home.path / "log.txt").read_text()[-2000:])


def main() -> None:
    _print(measure(), "SQLite")


def on_postgresql() -> None:
    with running_postgresql() as fresh:
        _print(measure(fresh=fresh), "PostgreSQL, whose processes share the machine, too")


def _print(speed: DaemonSpeed, store: str) -> None:
    print(
        f"whole daemon     {speed.one / speed.limit:.3f} of smtp-source -d with one sending process "
        f"(to reach 0.25; {speed.one:,.0f} of {speed.limit:,.0f} mails/s), {speed.two / speed.limit:.3f} with two "
        f"({speed.two / speed.one:.2f}×), deciding included, on {store}"
    )


if __name__ == "__main__":
    main()
