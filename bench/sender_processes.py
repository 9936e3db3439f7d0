"""How sending grows from one to two processes: the real `ripeline send`, started as the daemon starts it.

All processes share the machine's cores with the sink; on SQLite they also share one writer's lock.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from bench.postfix import ensure_postfix, running_sink, source_seconds
from bench.send_path import CONNECTIONS, OCTETS, a_home
from engine.clock import SystemClock
from engine.service.advance import advance_all
from engine.service.home import Home
from engine.store.database import reading
from engine.store.deliveries import state_counts

MAILS = 6_000


def measure(mails: int = MAILS) -> tuple[dict[int, float], float]:
    """Mails a second by one and by two processes, from the first mail taken to the last; and those of smtp-source."""
    postfix = ensure_postfix()
    with running_sink(postfix) as port:
        limit = mails / source_seconds(postfix, port, mails=mails, connections=CONNECTIONS, octets=OCTETS)
        return {count: _speed(port, mails, count) for count in (1, 2)}, limit


def _speed(port: int, mails: int, processes: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        home, runner = a_home(Path(folder), port, mails, clock=SystemClock())
        advance_all(home.store, runner.current().programme, home.clock.now())
        with ExitStack() as running:
            for number in range(processes):
                running.enter_context(_sender(home, f"sender-{number + 1}"))
            return _watched(home, mails)


def _sender(home: Home, name: str) -> subprocess.Popen[bytes]:
    class Sender(subprocess.Popen[bytes]):
        def __exit__(self, *_: object) -> None:
            self.send_signal(signal.SIGTERM)
            self.wait(60)

    return Sender([sys.executable, "-m", "engine.app", "send", "--home", str(home.path), name])


def _watched(home: Home, mails: int) -> float:
    began, before = 0.0, 0
    while True:
        with reading(home.store) as connection:
            sent = state_counts(connection).get("sent", 0)
        if sent and not began:
            began, before = time.perf_counter(), sent
        if sent == mails:
            return (mails - before) / (time.perf_counter() - began)
        time.sleep(0.05)


def main() -> None:
    speeds, limit = measure()
    print(
        f"sending processes  {speeds[2] / speeds[1]:.2f}× by two beside each other "
        f"({speeds[1]:,.0f} → {speeds[2]:,.0f} mails/s; {speeds[2] / limit:.3f} of smtp-source -d), on SQLite"
    )


if __name__ == "__main__":
    main()
