"""A home with leads, its API on a real socket, and clients with keys."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest

from engine.domain.api_keys import Scope
from engine.processes.api import HEAD_BYTES, desks_of
from engine.service.api_keys import ApiKeys, new_api_key
from engine.service.repeats import Repeats
from engine.store.database import StoreError
from engine.web.api.endpoints import endpoints
from engine.web.api.guard import Gate
from engine.web.api.limits import Buckets
from engine.web.api.site import BODY_BYTES, api_site
from engine.web.server import Conditions, ServerThread
from tests.service.conftest import found, laid_out, server, world
from tests.service.world import World

__all__ = ["found", "laid_out", "server", "world"]

Clients = Callable[..., httpx.Client]
PLENTY = 100_000


@pytest.fixture
def site(world: World) -> Iterator[str]:
    """The address of the API of a home."""
    with serving(world) as address:
        yield address


class serving:  # noqa: N801 - reads as a verb
    """The API of a world while the block runs."""

    def __init__(self, world: World, per_minute: int = PLENTY, seconds: Callable[[], float] = time.monotonic) -> None:
        gate = Gate(ApiKeys(world.home), Repeats(world.home), Buckets(per_minute, seconds), StoreError)
        app = api_site(gate, endpoints(), desks=desks_of(world.home))
        self._server = ServerThread(app, conditions=Conditions(request_bytes=BODY_BYTES + HEAD_BYTES))

    def __enter__(self) -> str:
        self._server.start()
        return f"{self._server.url}/api/v1"

    def __exit__(self, *_: object) -> None:
        self._server.stop()


@pytest.fixture
def clients(world: World, site: str) -> Iterator[Clients]:
    """A function that makes a client with a key of these scopes; one without scopes may do everything."""
    with ExitStack() as stack:

        def make(*scopes: Scope, name: str = "") -> httpx.Client:
            named = name or "-".join(scopes) or "admin"
            key = new_api_key(world.home, named, list(scopes) or [Scope.ADMIN])
            headers = {"authorization": f"Bearer {key}"}
            return stack.enter_context(httpx.Client(base_url=site, headers=headers, timeout=30))

        yield make


@pytest.fixture
def client(clients: Clients) -> httpx.Client:
    """A client that may do everything."""
    return clients()
