"""A request that is sent again with its Idempotency-Key: the work is done once, and answered the same."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest

from engine.domain.api_keys import Scope
from engine.domain.repeats import KEPT, LEASE, Answer, OtherRequestError, UnderWayError
from engine.service.api.happenings import HappeningDesk
from engine.service.api_keys import ApiKeys, new_api_key
from engine.service.housekeeping import keep_house
from engine.service.repeats import Repeats
from engine.store.database import StoreError, reading
from engine.store.repeatable import request_known
from tests.service.world import MONDAY, World
from tests.web.api.conftest import Clients

JANE = {"email": "jane@northwind.example"}
EVENT = {"events": [{"name": "ordered", **JANE, "properties": {"number": 1}}], "create": True}


@pytest.mark.acceptance(row=39)
def test_same_request_gets_the_same_answer_and_works_once(client: httpx.Client) -> None:
    sent = [client.post("/events", json=EVENT, headers={"idempotency-key": "a"}) for _ in range(3)]
    assert {(one.status_code, one.content, one.headers["content-type"]) for one in sent} == {
        (200, b'{"recorded":1,"known":0,"created":1,"unknown":[]}', "application/json")
    }
    assert [one.headers.get("idempotent-replayed") for one in sent] == [None, "true", "true"]
    assert len(client.get(f"/leads/{JANE['email']}/events").json()["items"]) == 1


@pytest.mark.acceptance(row=39)
def test_status_is_repeated_too(client: httpx.Client) -> None:
    headers = {"idempotency-key": "a"}
    first, second = (client.post("/leads", json=JANE, headers=headers) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert client.post("/leads", json=JANE).status_code == 200


def test_refusal_is_repeated_as_well(client: httpx.Client) -> None:
    wrong = {"lead": JANE["email"], "campaign": "order", "properties": {"number": 1}}
    first = client.post("/enrollments", json=wrong, headers={"idempotency-key": "a"})
    client.post("/leads", json=JANE)
    second = client.post("/enrollments", json=wrong, headers={"idempotency-key": "a"})
    assert (first.status_code, second.status_code, second.content) == (404, 404, first.content)
    assert second.headers["content-type"] == "application/problem+json"
    assert client.post("/enrollments", json=wrong, headers={"idempotency-key": "b"}).status_code == 202


@pytest.mark.acceptance(row=39)
@pytest.mark.parametrize(
    "other", [{"path": "/leads", "json": {"email": "max@x.example"}}, {"path": "/events", "json": EVENT}]
)
def test_same_key_with_another_request_is_refused(client: httpx.Client, other: dict) -> None:
    client.post("/leads", json=JANE, headers={"idempotency-key": "a"})
    answer = client.post(other["path"], json=other["json"], headers={"idempotency-key": "a"})
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:ripeline:problem:other-request")
    assert len(client.get("/leads").json()["items"]) == 1


@pytest.mark.acceptance(row=39)
def test_same_key_while_the_first_is_under_way_is_a_conflict(world: World) -> None:
    new_api_key(world.home, "shop", [Scope.ADMIN])
    repeats = Repeats(world.home)
    assert repeats.begin(1, "a", "request") is None
    with pytest.raises(UnderWayError):
        repeats.begin(1, "a", "request")
    with pytest.raises(OtherRequestError):
        repeats.begin(1, "a", "another")
    repeats.finish(1, "a", Answer(201, b"made"))
    assert repeats.begin(1, "a", "request") == Answer(201, b"made")


def test_many_at_once_work_once(client: httpx.Client) -> None:
    begun = threading.Barrier(8)

    def send(_: int) -> int:
        begun.wait()
        return client.post("/events", json=EVENT, headers={"idempotency-key": "a"}).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(send, range(8)))
    assert set(statuses) <= {200, 409} and 200 in statuses
    assert len(client.get(f"/leads/{JANE['email']}/events").json()["items"]) == 1


def test_keys_of_two_programs_have_nothing_to_do_with_each_other(clients: Clients) -> None:
    one, two = clients(Scope.ADMIN, name="one"), clients(Scope.ADMIN, name="two")
    assert one.post("/leads", json=JANE, headers={"idempotency-key": "a"}).status_code == 201
    assert two.post("/leads", json={"email": "max@x.example"}, headers={"idempotency-key": "a"}).status_code == 201


@pytest.mark.acceptance(row=39)
def test_request_whose_process_died_before_it_could_answer_is_not_done_twice(
    client: httpx.Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The work is committed, the answer is not: whoever sends the request again after a minute gets it done again, and
    what it makes is named after the request."""
    headers = {"idempotency-key": "a"}
    with monkeypatch.context() as patched:
        patched.setattr(Repeats, "finish", lambda *_: None)
        assert client.post("/events", json=EVENT, headers=headers).json()["recorded"] == 1
    assert client.post("/events", json=EVENT, headers=headers).status_code == 409
    world.clock.step_to(world.clock.now() + LEASE)
    again = client.post("/events", json=EVENT, headers=headers)
    assert (again.status_code, again.json()["recorded"], again.json()["known"]) == (200, 0, 1)
    assert len(client.get(f"/leads/{JANE['email']}/events").json()["items"]) == 1


@pytest.mark.parametrize(("fault", "status"), [(RuntimeError("x"), 500), (StoreError("away"), 503)])
def test_request_that_failed_by_our_fault_may_be_sent_again(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, fault: Exception, status: int
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise fault

    with monkeypatch.context() as patched:
        patched.setattr(HappeningDesk, "tell", fails)
        assert client.post("/events", json=EVENT, headers={"idempotency-key": "a"}).status_code == status
    assert client.post("/events", json=EVENT, headers={"idempotency-key": "a"}).json()["recorded"] == 1


def test_answers_are_kept_for_two_days(client: httpx.Client, world: World) -> None:
    client.post("/leads", json=JANE, headers={"idempotency-key": "a"})
    for passed, status in ((KEPT - timedelta(seconds=1), 201), (KEPT + timedelta(seconds=1), 200)):
        world.clock.step_to(MONDAY + passed)
        assert client.post("/leads", json=JANE, headers={"idempotency-key": "a"}).status_code == status


def test_caller_is_known_by_its_key(world: World) -> None:
    key = new_api_key(world.home, "shop", [Scope.LEADS_READ])
    found = ApiKeys(world.home).caller(key)
    assert found is not None and (found.name, found.scopes) == ("shop", frozenset({"leads:read"}))
    assert ApiKeys(world.home).caller(key[:-1]) is None


def test_key_used_again_after_it_was_forgotten_names_another_request(client: httpx.Client, world: World) -> None:
    headers = {"idempotency-key": "daily"}
    client.post("/events", json=EVENT, headers=headers)
    world.clock.step_to(MONDAY + KEPT + timedelta(hours=1))
    other = {"events": [{"name": "returned", **JANE}]}
    assert client.post("/events", json=other, headers=headers).json()["recorded"] == 1


def test_answers_do_not_outlive_their_time_where_nobody_asks_again(client: httpx.Client, world: World) -> None:
    client.post("/leads", json=JANE, headers={"idempotency-key": "a"})
    for passed, left in ((KEPT, True), (KEPT + timedelta(seconds=1), False)):
        keep_house(world.home, MONDAY + passed)
        with reading(world.home.store) as connection:
            assert (request_known(connection, 1, "a") is not None) == left
