"""Homes to play in: laid out and applied once, copied for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.service.world import World, copied, lay_out
from tests.smtpscript import Rule
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


Found = Callable[..., World]


@pytest.fixture
def found(laid_out: Path, tmp_path: Path, server: SmtpServer) -> Iterator[Found]:
    """A function that founds a world: `found(Rule(…), changes to the config…)`."""
    worlds: list[World] = []

    def make(*rules: Rule, **changes: Any) -> World:
        server.script(*rules)
        relays = changes.pop("relays", ())
        world = World(copied(laid_out, tmp_path / f"home{len(worlds)}"), server, changes, relays)
        worlds.append(world)
        return world

    yield make
    for world in worlds:
        world.close()


@pytest.fixture
def world(found: Found) -> World:
    return found()
