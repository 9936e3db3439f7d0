"""Who may do what, how often, and in which form: what stands before every endpoint."""

from __future__ import annotations

import gzip
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute

from engine.domain.api_keys import Scope
from engine.domain.own_events import SCOPES
from engine.service.api_keys import expire_api_key, listed_api_keys, new_api_key, revoke_api_key
from engine.store.access_tables import ApiKeyRow
from engine.store.database import reading
from engine.web.api.endpoints import endpoints
from engine.web.api.guard import Guarded, needs, scope_of
from tests.faults.daemons import until
from tests.service.world import World
from tests.web.api.conftest import Clients, serving


def every_endpoint() -> Iterator[tuple[str, str, Scope]]:
    """Method, address with numbers and names filled in, and scope of each endpoint."""
    for router in endpoints():
        for route in router.routes:
            assert isinstance(route, APIRoute)
            path = route.path.replace("{number}", "1").replace("{address}", "a@x.example")
            path = path.replace("{lead}", "a@x.example").replace("{name}", "drip")
            for method in route.methods:
                yield method, path, scope_of(route.endpoint)


ENDPOINTS = list(every_endpoint())


@pytest.mark.acceptance(row=32)
def test_key_of_a_wrong_scope_is_refused_at_every_endpoint(clients: Clients) -> None:
    """The matrix is made from the routes: one that is added is tried without anybody thinking of it."""
    assert len(ENDPOINTS) > 25
    for scope in Scope:
        client = clients(scope)
        for method, path, asked in ENDPOINTS:
            status = client.request(method, path, json={}).status_code
            assert (status == 403) == (scope not in (asked, Scope.ADMIN)), (scope, method, path, status)


@pytest.mark.acceptance(row=32)
def test_what_sales_and_deals_came_to_takes_the_scope_of_that(clients: Clients, world: World) -> None:
    world.take_in("jane@northwind.example,Jane,shop")
    teller = clients(Scope.EVENTS_WRITE)
    for name, scope in SCOPES.items():
        event = {"name": name.upper(), "email": "jane@northwind.example"}
        refused = teller.post("/events", json={"events": [{**event, "name": "ordered"}, event]})
        (mistake,) = refused.json()["errors"]
        assert (refused.status_code, mistake["where"]) == (403, "body.events[1].name")
        assert f"a key with the scope {scope.value}" in mistake["what"]
        client = clients(Scope.EVENTS_WRITE, scope, name=f"{name} too")
        assert client.post("/events", json={"events": [event]}).json()["recorded"] == 1
    assert [event.name for event in world.events("jane@northwind.example")] == [name.upper() for name in SCOPES]


@pytest.mark.acceptance(row=32)
def test_a_campaign_for_those_whom_sales_gave_back_is_no_way_around(clients: Clients, world: World) -> None:
    text = (world.path / "campaigns/order.toml").read_text("utf-8").replace("'ordered'", "'recycled'")
    (world.path / "campaigns/order.toml").write_text(text, "utf-8")
    world.apply(world.prospect())
    world.take_in("jane@northwind.example,Jane,shop")
    asked = {"lead": "jane@northwind.example", "campaign": "order", "properties": {"number": 1}}

    refused = clients(Scope.ENROLLMENTS_WRITE).post("/enrollments", json=asked)

    assert refused.status_code == 403
    assert "handoffs:write" in refused.json()["detail"]
    assert clients(Scope.ENROLLMENTS_WRITE, Scope.HANDOFFS_WRITE).post("/enrollments", json=asked).status_code == 202


@pytest.mark.acceptance(row=32)
def test_nothing_is_answered_without_a_key(site: str) -> None:
    for method, path, _ in ENDPOINTS:
        for header in ({}, {"authorization": "Bearer ripe_wrong"}, {"authorization": "Basic !!"}):
            answer = httpx.request(method, f"{site}{path}", headers=header, json={})
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer realm="ripeline"')


def test_endpoint_without_a_scope_cannot_be_made() -> None:
    def forgotten() -> None: ...

    with pytest.raises(TypeError, match="forgotten does not say which scope"):
        Guarded("/x", forgotten)
    assert scope_of(needs(Scope.ADMIN)(forgotten)) is Scope.ADMIN


def test_only_a_digest_of_a_key_is_kept(world: World) -> None:
    key = new_api_key(world.home, "shop", [Scope.LEADS_READ])
    with reading(world.home.store) as connection:
        (row,) = connection.execute(ApiKeyRow.__table__.select())
    assert key not in str(tuple(row))
    assert key.startswith(row.start) and len(row.start) < 12


@pytest.mark.parametrize("end", ["revoked", "expired"])
def test_key_that_ended_opens_nothing(clients: Clients, world: World, end: str) -> None:
    client = clients(Scope.LEADS_READ, name="shop")
    assert client.get("/leads").status_code == 200
    if end == "revoked":
        revoke_api_key(world.home, "shop")
    else:
        expire_api_key(world.home, "shop", world.clock.now() + timedelta(days=1))
        assert client.get("/leads").status_code == 200
        world.clock.step_to(world.clock.now() + timedelta(days=1))
    assert client.get("/leads").status_code == 401
    assert [one.state for one in listed_api_keys(world.home)] == [end]


def test_last_use_is_kept_roughly(clients: Clients, world: World) -> None:
    client = clients(Scope.LEADS_READ)
    client.get("/leads")
    first = world.clock.now()
    for minutes, kept in ((5, 0), (10, 10)):
        world.clock.step_to(first + timedelta(minutes=minutes))
        client.get("/leads")
        assert listed_api_keys(world.home)[0].used_at == first + timedelta(minutes=kept)


def test_key_may_come_as_the_user_name_of_basic(world: World, site: str) -> None:
    key = new_api_key(world.home, "shop", [Scope.LEADS_READ])
    assert httpx.get(f"{site}/leads", auth=(key, "")).status_code == 200


def test_key_that_asks_too_often_is_told_when_to_come_back(world: World) -> None:
    seconds = [0.0]
    with serving(world, per_minute=3, seconds=lambda: seconds[0]) as site:
        key = {"authorization": f"Bearer {new_api_key(world.home, 'shop', [Scope.LEADS_READ])}"}
        other = {"authorization": f"Bearer {new_api_key(world.home, 'other', [Scope.LEADS_READ])}"}
        answers = [httpx.get(f"{site}/leads", headers=key) for _ in range(4)]
        assert [one.status_code for one in answers] == [200, 200, 200, 429]
        assert [one.headers["ratelimit"] for one in answers] == [f'"key";r={left};t=20' for left in (2, 1, 0, 0)]
        assert answers[-1].headers["retry-after"] == "20"
        assert httpx.get(f"{site}/leads", headers=other).status_code == 200, "each key has its own"
        seconds[0] = 20.0
        assert httpx.get(f"{site}/leads", headers=key).status_code == 200


@pytest.mark.parametrize(
    ("query", "words"),
    [("lifecyle=x", "'lifecyle' is no parameter"), ("sort=email&sort=score", "given 2 times"), ("email=%00", "a NUL")],
)
def test_parameter_that_is_unknown_or_given_twice_is_refused(client: httpx.Client, query: str, words: str) -> None:
    answer = client.get(f"/leads?{query}")
    assert (answer.status_code, words in answer.json()["detail"]) == (400, True), answer.text


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b'{"email": "x', {}, 400),
        (b'{"fields": {"first_name": "a\\u0000b"}}', {}, 400),
        (b'{"fields": {"first_name": "\\ud800"}}', {}, 400),
        (b'{"fields": {"employees": NaN}}', {}, 400),
        (b"[" * 5000 + b"]" * 5000, {}, 400),
        (b'{"emial": "a@x.example"}', {}, 422),
        (b"email=a", {"content-type": "application/x-www-form-urlencoded"}, 415),
        (gzip.compress(b"{}"), {"content-encoding": "gzip"}, 415),
        (b'{"email": "' + b"x" * 1024 * 1024 + b'"}', {}, 413),
    ],
    ids=["broken", "nul", "half a pair", "nan", "deep", "unknown key", "form", "gzip", "large"],
)
def test_body_that_cannot_be_read_is_refused(client: httpx.Client, content: bytes, headers: Any, status: int) -> None:
    answer = client.post("/leads", content=content, headers={"content-type": "application/json", **headers})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert client.get("/leads").json()["items"] == []


def test_body_without_a_length_is_bounded_too(client: httpx.Client) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(1025):
            yield b" " * 1024

    assert client.post("/leads", content=endless(), headers={"content-type": "application/json"}).status_code == 413


def test_answers_are_not_for_browsers_of_other_sites(client: httpx.Client) -> None:
    answer = client.get("/leads", headers={"origin": "https://elsewhere.example"})
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert client.options("/leads").status_code == 405
    assert client.get("/nowhere").headers["content-type"] == "application/problem+json"


def test_log_names_requests_and_no_person(client: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "ripeline")
    caplog.handler.setFormatter(
        logging.Formatter("%(message)s %(request)s %(status)s", defaults={"request": "", "status": ""})
    )
    client.post("/leads", json={"email": "jane@northwind.example", "fields": {"first_name": "Janine"}})
    answer = client.get("/leads/jane@northwind.example", params={"wrong": "Janine"})
    # the line is written behind the answer
    until(lambda: f"GET /leads/{{lead}} {answer.headers['x-request-id']} 400" in caplog.text)
    assert "northwind" not in caplog.text and "Janine" not in caplog.text
