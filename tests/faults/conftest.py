from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.daemons import Town, point_at
from tests.service.world import copied, lay_out
from tests.smtpserver import SmtpServer


@pytest.fixture(scope="session")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose files are applied, without leads."""
    folder = tmp_path_factory.mktemp("home")
    lay_out(folder)
    return folder


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer() as running:
        yield running


@pytest.fixture
def settle(laid_out: Path, tmp_path: Path) -> Iterator[Callable[..., Town]]:
    """A function that settles a town whose relay is at this port."""
    towns: list[Town] = []

    def make(port: int, more: str = "") -> Town:
        folder = copied(laid_out, tmp_path / "home")
        point_at(folder, port, more)
        towns.append(Town(folder))
        return towns[-1]

    yield make
    for town in towns:
        town.end()


@pytest.fixture
def town(settle: Callable[..., Town], server: SmtpServer) -> Town:
    return settle(server.port)
