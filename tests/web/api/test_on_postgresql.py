"""The same API over PostgreSQL, which is stricter about texts, numbers and types."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest

from engine.domain.api_keys import Scope
from engine.service.api_keys import new_api_key
from engine.service.apply import apply
from engine.service.check import check
from engine.service.prospect import prospect
from engine.service.running import Runner
from tests.service.conftest import Found
from tests.service.world import World
from tests.store.conftest import fresh_store, postgres_url, sqlite_template
from tests.web.api.conftest import serving
from tests.web.api.test_hostile import HOSTILE

__all__ = ["fresh_store", "postgres_url", "sqlite_template"]

JANE = "jane@northwind.example"


@pytest.fixture
def world(found: Found, fresh_store: Callable[[str], str]) -> World:
    """A home whose store is PostgreSQL."""
    world = found(store=fresh_store("postgresql"))
    report = check(world.path)
    apply(world.home, prospect(world.home, report, Runner(world.home)), "the test")
    return world


@pytest.fixture
def client(world: World) -> Iterator[httpx.Client]:
    key = new_api_key(world.home, "all", [Scope.ADMIN])
    with (
        serving(world) as site,
        httpx.Client(base_url=site, headers={"authorization": f"Bearer {key}"}, timeout=30) as client,
    ):
        yield client


def test_program_does_its_daily_work(client: httpx.Client, world: World) -> None:
    once = {"idempotency-key": "a"}
    made = [client.post("/leads", json={"email": JANE, "source": "web"}, headers=once) for _ in range(2)]
    assert [one.status_code for one in made] == [201, 201]
    client.post("/enrollments", json={"lead": JANE, "campaign": "order", "properties": {"number": 1}})
    event = {"name": "seen", "email": JANE, "id": "1", "properties": {"deep": [{"a": None}], "n": 2**62}}
    assert client.post("/events", json={"events": [event, event]}).json()["recorded"] == 1
    world.go()
    (run, _) = sorted(
        client.get(f"/leads/{JANE}/enrollments").json()["items"], key=lambda one: one["campaign"] != "order"
    )
    assert client.post(f"/enrollments/{run['id']}/exit").json()["status"] == "ended"
    assert client.post(f"/leads/{JANE}/consents", json={"granted": False, "source": "call"}).status_code == 201
    assert client.get(f"/leads/{JANE}").json()["suppressed"] == {"marketing": "unsubscribed"}
    for sort in ("created", "-updated", "score", "-email"):
        page = client.get("/leads", params={"sort": sort, "limit": 1, "where": "source == 'web'"}).json()
        assert [one["email"] for one in page["items"]] == [JANE]
    assert client.delete(f"/leads/{JANE}").status_code == 204


@pytest.mark.acceptance(row=22)
def test_hostile_values_are_values_here_too(client: httpx.Client) -> None:
    client.post("/leads", json={"email": JANE})
    for value in HOSTILE:
        for name in ("email", "list", "source", "where", "cursor", "sort", "updated_since", "limit"):
            answer = client.get("/leads", params={name: value})
            assert answer.status_code in (200, 400, 422), (name, value, answer.text)
        answer = client.put(f"/leads/{JANE}", json={"fields": {"company": value}, "lists": [value], "source": value})
        assert answer.status_code in (200, 422), answer.text
        told = {"events": [{"name": value[:200], "email": JANE, "properties": {value: value}}]}
        assert client.post("/events", json=told).status_code in (200, 422)
    assert len(client.get("/leads").json()["items"]) == 1
