"""The real daemon as processes, over a home on disk, and words to stop them at an exact point."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import text

from engine.authoring.home import read_home
from engine.clock import SystemClock
from engine.service.home import Home, open_home
from engine.service.import_leads import import_file
from engine.store.database import reading, writing

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30.0
THOROUGH = os.environ.get("RIPELINE_FAULTS") == "all"
"""Try what everyday runs leave out: longer towns, every combination, more lives."""


def until(condition: Callable[[], object], timeout: float = PATIENCE, told: Callable[[], object] = lambda: "") -> None:
    """Look again and again until the condition holds.

    Raises:
        AssertionError: it does not hold after `timeout` seconds.
    """
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"not so after {timeout:g} s: {told()}"
        time.sleep(0.01)


@dataclass
class Town:
    """A home on disk whose processes are real; the test reads the store beside them."""

    path: Path
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.home: Home = open_home(self.path, read_home(self.path).config, SystemClock())

    def take_in(self, count: int, name: str = "lead") -> None:
        self.take_in_these([f"{name}{number}@x{number % 7}.example" for number in range(count)])

    def take_in_these(self, addresses: Iterable[str]) -> None:
        file = self.path / "leads.csv"
        file.write_text("\n".join(["email,first_name,source", *(f"{address},Jane,web" for address in addresses)]))
        home = self.home
        import_file(home.store, file, home.config, home.keys.addresses, home.clock.now())

    def start(self, command: str, *words: str) -> subprocess.Popen[bytes]:
        """A command of the real program, in a process group of its own."""
        log = (self.path / "log.txt").open("ab")
        child = subprocess.Popen(
            [sys.executable, "-m", "engine.app", command, "--home", str(self.path), *words],
            cwd=ROOT,
            stderr=log,
            start_new_session=True,
        )
        log.close()
        self.children.append(child)
        return child

    def daemon_child(self) -> int:
        """The process number of the daemon's first child, told by the system: the store may be away."""
        daemon = self.children[-1].pid
        return int(Path(f"/proc/{daemon}/task/{daemon}/children").read_text().split()[0])

    def log(self) -> str:
        return (self.path / "log.txt").read_text()

    def end(self) -> None:
        for child in self.children:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait(10)
        self.home.store.dispose()

    # what the store says

    def rows(self, sql: str) -> list[Any]:
        with reading(self.home.store) as connection:
            return list(connection.execute(text(sql)))

    def states(self) -> dict[str, int]:
        return {row.state: row.n for row in self.rows("SELECT state, count(*) AS n FROM delivery GROUP BY state")}

    def sender(self) -> int:
        """The process number of whoever holds a claim; 0 if nobody does."""
        held = self.rows("SELECT claimed_by FROM delivery WHERE claimed_by <> '' LIMIT 1")
        return int(held[0].claimed_by.rpartition(":")[2]) if held else 0

    def hurry(self) -> None:
        """Let everything that waits for its next try be tried now, also of domains that rest."""
        with writing(self.home.store) as connection:
            connection.execute(text("DELETE FROM home WHERE name LIKE 'domain_paused:%'"))
            waiting = {"now": self.home.clock.now().replace(tzinfo=None).isoformat(" ")}
            connection.execute(text("UPDATE delivery SET due_at = :now WHERE state IN ('due', 'deferred')"), waiting)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody can write to the store meanwhile."""
        with self.home.store.connect() as connection, connection.begin() as transaction:
            yield
            transaction.rollback()


def kill(pid: int) -> None:
    """kill -9, as the kernel or a power cut would."""
    os.kill(pid, signal.SIGKILL)


QUIET = "[metrics]\nenabled = false\n"


def point_at(path: Path, port: int, more: str = "") -> None:
    """Let the home's relay be the server at this port. Several daemons at once cannot all answer on the metrics' port:
    they answer on none unless `more` says where."""
    file = path / "config.toml"
    config = re.sub(r"port = \d+", f"port = {port}\nconnections = 2", file.read_text(), count=1)
    file.write_text(f'{config}\n[delivery]\ntick = "1s"\n{more}\n{"" if "[metrics]" in more else QUIET}')
