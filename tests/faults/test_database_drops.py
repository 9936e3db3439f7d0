"""PostgreSQL goes away right after the relay's 250: the outcome is kept or `unknown`, never queued as new (row 9)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from engine.authoring.home import read_home
from engine.service.apply import apply
from engine.service.check import check
from engine.service.home import open_home
from engine.service.prospect import prospect
from engine.service.running import Runner
from engine.store.database import writing
from tests.faults.daemons import Town, kill, point_at, until
from tests.faults.ledger import balance, taken
from tests.service.world import copied
from tests.smtpscript import Rule, Wait
from tests.smtpserver import SmtpServer
from tests.store.conftest import fresh_store, postgres_url

__all__ = ["fresh_store", "postgres_url"]

MAILS = 60


@dataclass(frozen=True)
class Database:
    """One database of the server, which may be closed to everybody."""

    url: str

    def close(self) -> None:
        """Cut every connection, and let nobody in."""
        name = make_url(self.url).database
        self._administer(
            f"ALTER DATABASE {name} ALLOW_CONNECTIONS false",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
        )

    def open(self) -> None:
        self._administer(f"ALTER DATABASE {make_url(self.url).database} ALLOW_CONNECTIONS true")

    def _administer(self, *statements: str) -> None:
        url = make_url(self.url).set(drivername="postgresql+psycopg", database="postgres")
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
        engine.dispose()


@pytest.fixture
def database(fresh_store: Callable[[str], str]) -> Database:
    return Database(fresh_store("postgresql"))


@pytest.fixture
def town(laid_out: Path, tmp_path: Path, server: SmtpServer, database: Database) -> Iterator[Town]:
    """A home whose store is the database."""
    folder = copied(laid_out, tmp_path / "home")
    point_at(folder, server.port)
    file = folder / "config.toml"
    file.write_text(f'store = "{database.url}"\n{file.read_text()}')
    home = open_home(folder, read_home(folder).config)
    apply(home, prospect(home, check(folder), Runner(home)), "the test")
    home.store.dispose()
    found = Town(folder)
    yield found
    found.end()


def answered_without_database(town: Town, server: SmtpServer, database: Database) -> None:
    """One mail is admitted; the database goes; then the relay takes the mail."""
    go_on = threading.Event()
    server.script(Rule("DOT", Wait(until=go_on)))
    town.take_in(1)
    town.start("run", "--no-tracker")
    until(lambda: town.states() == {"transmitting": 1}, told=town.log)
    server.wait_for(lambda server: "DATA" in server.lines())
    database.close()
    server.script()
    go_on.set()
    server.wait_for(lambda server: len(server.accepted) == 1)
    until(lambda: "1 outcomes wait to be written" in town.log(), told=town.log)


@pytest.mark.acceptance(row=9)
def test_outcome_is_kept_until_the_database_is_back(town: Town, server: SmtpServer, database: Database) -> None:
    answered_without_database(town, server, database)
    database.open()
    until(lambda: town.states() == {"sent": 1}, told=town.log)
    assert len(server.accepted) == 1
    assert town.rows("SELECT attempts, unknowns FROM delivery") == [(1, 0)]
    assert balance(town.home.store, taken(server)).is_promise_kept


@pytest.mark.acceptance(row=9)
def test_outcome_that_died_with_its_sender_is_unknown(town: Town, server: SmtpServer, database: Database) -> None:
    answered_without_database(town, server, database)
    kill(town.daemon_child())
    until(lambda: "sender-1 ended with status -9" in town.log(), told=town.log)
    database.open()
    until(lambda: town.states() == {"unknown": 1}, told=town.log)
    assert len(server.accepted) == 1
    assert balance(town.home.store, taken(server)).is_promise_kept


@pytest.mark.slow
@pytest.mark.acceptance(row=9)
def test_database_that_goes_again_and_again_doubles_nothing(town: Town, server: SmtpServer, database: Database) -> None:
    server.script(Rule("DOT", Wait(0.02)))
    town.take_in(MAILS)
    town.start("run", "--no-tracker")
    for goal in (5, 25):
        until(lambda: _hurried(town) and len(server.accepted) >= goal, told=town.log)  # noqa: B023
        faults = town.log().count("the database cannot be")
        database.close()
        until(lambda: town.log().count("the database cannot be") > faults, told=town.log)  # noqa: B023
        database.open()
    until(lambda: _hurried(town) and town.states().keys() <= {"sent", "unknown"}, told=town.log)
    found = balance(town.home.store, taken(server))
    assert found.is_promise_kept, found
    assert not found.duplicated, found
    assert sum(town.states().values()) == MAILS


def _hurried(town: Town) -> bool:
    """Let mails that wait for their next try be tried now."""
    with writing(town.home.store) as connection:
        connection.execute(text("UPDATE delivery SET due_at = now() WHERE state IN ('due', 'deferred')"))
    return True
