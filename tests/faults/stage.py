"""A small town on a stepped clock whose sending process dies at a step, and whoever comes after it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from engine.config.model import Delivery
from engine.runtime.daemon import node_name
from engine.service.uncertain import take_back
from engine.store.database import open_store, reading, writing
from engine.store.deliveries import state_counts
from engine.store.standing import confirm
from tests.faults.daemons import until
from tests.faults.dying import OVER, SENDER, End, Job
from tests.faults.forks import Forks, copy_of
from tests.faults.ledger import Balance, balance, taken
from tests.service.world import MONDAY, World
from tests.smtpserver import SmtpServer

LONGEST = 48
"""Half hours after which everything must be over."""


@dataclass
class Stage:
    """The home as it is before each death; `folder` is where copies of it are played with."""

    home: Path
    folder: Path
    server: SmtpServer
    forks: Forks
    start: datetime = MONDAY

    def job(self, home: Path, work: str, fault: str = "", step: int = 0) -> End:
        """Have a process work on this home, and wait until the relay has heard the last of it."""
        end = self.forks.do(Job(work, str(home), self.start.isoformat(), fault, step))
        until(lambda: not self.server.open_now, 10)
        return end

    @contextmanager
    def copied(self) -> Iterator[Path]:
        """A copy of the home, and a relay that has taken nothing yet."""
        self.server.accepted.clear()
        with copy_of(self.home, self.folder / "copy") as home:
            yield home

    @contextmanager
    def aside(self, home: Path) -> Iterator[Path]:
        """A copy of a home whose process died, and a relay that has taken what it had taken then."""
        accepted = list(self.server.accepted)
        with copy_of(home, self.folder / "aside") as other:
            _confirm(other)
            yield other
        self.server.accepted[:] = accepted

    @contextmanager
    def successor(self, home: Path, unknown: str = "hold", after: str = "1m") -> Iterator[World]:
        """Services of the real engine on this home, with a clock of their own."""
        world = World(home, self.server, {"delivery": Delivery(unknown=unknown, unknown_after=after)})  # type: ignore[arg-type]
        world.clock.step_to(self.start)
        try:
            yield world
        finally:
            world.close()


def _confirm(home: Path) -> None:
    """Say, as a person does, that this copy may be worked with."""
    store = open_store("sqlite:///var/ripeline.db", home)
    with writing(store) as connection:
        confirm(connection)
    store.dispose()


def finish(world: World, end: End) -> Balance:
    """Do what a supervisor and a fresh sender do after a sender's end, until every mail is over."""
    take_back(world.home, world.clock.now(), [node_name(SENDER, end.pid)])
    for _ in range(LONGEST):
        world.go()
        if states(world).keys() <= OVER and not waits_for_unknown(world):
            break
        world.clock.step_to(world.clock.now() + timedelta(minutes=30))
    return balance(world.home.store, taken(world.server))


def states_in(home: Path) -> set[str]:
    """The states of a home's mails, as they are on disk."""
    with closing(sqlite3.connect(home / "var" / "ripeline.db")) as connection:
        return {state for (state,) in connection.execute("SELECT DISTINCT state FROM delivery")}


def states(world: World) -> dict[str, int]:
    with reading(world.home.store) as connection:
        return state_counts(connection)


def waits_for_unknown(world: World) -> bool:
    return bool(rows(world, "SELECT 1 FROM delivery WHERE state = 'unknown' AND finished_at IS NULL"))


def rows(world: World, sql: str) -> list[Any]:
    with reading(world.home.store) as connection:
        return list(connection.exec_driver_sql(sql))
