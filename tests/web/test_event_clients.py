"""The endpoints of event clients over real HTTP: keys, bodies in every wrapping, exactly the answers they expect."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from engine.authoring.home import read_home
from engine.clock import SteppedClock
from engine.domain.api_keys import Scope
from engine.domain.identity import USER_ID, Identity
from engine.domain.segment.message import BATCH_BYTES
from engine.processes.api import api_site_of
from engine.service.api_keys import new_api_key
from engine.service.home import Home, open_home
from engine.store.database import reading
from engine.store.events import events_of
from engine.store.lead_import import known_leads
from engine.store.leads import find_lead
from engine.web.server import Conditions, ServerThread

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)
TRACK = {"type": "track", "userId": "u1", "event": "Bought", "messageId": "m1"}
CONFIG = '[company]\nname = "Acme"\n[api]\nper_minute = 5\n'


class Api:
    """A home's API on a real port."""

    def __init__(self, home: Home, http: httpx.Client) -> None:
        self.home, self.http = home, http
        self.key = new_api_key(home, "app", [Scope.EVENTS_WRITE, Scope.LEADS_WRITE])

    def post(self, path: str, body: Any, key: str | None = None, **headers: str) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        known = {} if key == "" else {"authorization": basic(key or self.key)}
        return self.http.post(path, content=content, headers={**known, **headers})

    def events(self, name: str = "userId:u1") -> list[str]:
        with reading(self.home.store) as connection:
            found = find_lead(connection, name)
            return [event.name for event in events_of(connection, found.id)] if found else []


def basic(key: str) -> str:
    return f"Basic {b64encode(f'{key}:'.encode()).decode()}"


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    (tmp_path / "config.toml").write_text(CONFIG, "utf-8")
    home = open_home(tmp_path, read_home(tmp_path).config, SteppedClock(NOON))
    server = ServerThread(api_site_of(home), conditions=Conditions(request_bytes=2 * BATCH_BYTES))
    with server, httpx.Client(base_url=server.url, trust_env=False) as http:
        yield Api(home, http)
    home.store.dispose()


def test_a_batch_is_answered_with_exactly_200_and_json(api: Api) -> None:
    answered = api.post("/v1/batch", {"batch": [TRACK, {"type": "track", "messageId": "m2"}, "x"]})
    assert answered.status_code == 200
    assert answered.headers["content-type"] == "application/json"
    told = answered.json()
    assert (told["success"], told["taken"]) == (True, 1)
    assert [(one["index"], one["messageId"]) for one in told["refused"]] == [(1, "m2"), (2, "")]
    assert "says not what happened" in told["refused"][0]["message"]
    assert api.events() == ["Bought"]


@pytest.mark.parametrize("form", ["application/json", "application/x-www-form-urlencoded", "text/plain", ""])
@pytest.mark.parametrize("said", ["gzip", "", "identity"])
@pytest.mark.parametrize("packed", [True, False])
def test_a_body_is_known_by_what_it_is(api: Api, form: str, said: str, packed: bool) -> None:
    body = json.dumps({"batch": [TRACK]}).encode()
    headers = {"content-type": form, "content-encoding": said}
    answered = api.post("/v1/batch", gzip.compress(body) if packed else body, **{k: v for k, v in headers.items() if v})
    assert answered.status_code == 200
    assert api.events() == ["Bought"]


@pytest.mark.parametrize(
    ("path", "body", "name"),
    [
        ("track", {"event": "Bought"}, "Bought"),
        ("page", {"name": "Pricing"}, "page_view"),
        ("screen", {"name": "Home"}, "screen_view"),
    ],
)
def test_a_call_alone_needs_no_type(api: Api, path: str, body: dict[str, str], name: str) -> None:
    assert api.post(f"/v1/{path}", {"userId": "u1", **body}).json()["success"]
    assert api.events() == [name]


def test_identify_alias_and_group_alone(api: Api) -> None:
    assert api.post("/v1/identify", {"userId": "u1", "traits": {"email": "jane@x.example"}}).status_code == 200
    assert api.post("/v1/alias/", {"userId": "u2", "previousId": "u1"}).status_code == 200
    assert api.post("/v1/track", TRACK | {"userId": "u2"}).status_code == 200
    assert api.events("jane@x.example") == ["Bought"]


def test_the_write_key_may_stand_in_the_body_or_be_a_bearer(api: Api) -> None:
    assert api.post("/v1/batch", {"batch": [TRACK], "writeKey": api.key}, key="").status_code == 200
    headers = {"authorization": f"Bearer {api.key}"}
    assert api.http.post("/v1/batch", json={"batch": []}, headers=headers).status_code == 200


def refusal(answered: httpx.Response) -> tuple[int, str]:
    told = answered.json()
    assert set(told) == {"code", "message"}
    return answered.status_code, told["code"]


def test_what_sales_and_deals_came_to_takes_more_than_telling_of_events(api: Api) -> None:
    teller = new_api_key(api.home, "teller", [Scope.EVENTS_WRITE])
    batch = {"batch": [TRACK, TRACK | {"event": "Recycled", "messageId": "m2"}]}

    (refused,) = api.post("/v1/batch", batch, key=teller).json()["refused"]
    alone = api.post("/v1/track", TRACK | {"event": "opportunity_won", "messageId": "m3"}, key=teller)

    assert (refused["index"], refused["messageId"]) == (1, "m2")
    assert "a key with the scope handoffs:write" in refused["message"]
    assert "a key with the scope opportunities:write" in alone.json()["message"]
    assert api.events() == ["Bought"]


def test_an_alias_takes_the_scope_that_changes_leads(api: Api) -> None:
    teller = new_api_key(api.home, "teller", [Scope.EVENTS_WRITE])
    for user in ("u1", "u2"):
        assert api.post("/v1/identify", {"userId": user}, key=teller).status_code == 200

    refused = api.post("/v1/alias", {"userId": "u2", "previousId": "u1"}, key=teller)

    assert refusal(refused) == (400, "invalid")
    assert "a key with the scope leads:write" in refused.json()["message"]
    with reading(api.home.store) as connection:
        assert len(known_leads(connection, [Identity(USER_ID, "u1"), Identity(USER_ID, "u2")])) == 2


def test_without_a_good_key_nothing_is_taken(api: Api) -> None:
    batch = {"batch": [TRACK]}
    reader = new_api_key(api.home, "reader", [Scope.LEADS_READ])
    assert refusal(api.post("/v1/batch", batch, key="")) == (401, "no_key")
    assert refusal(api.post("/v1/batch", batch, key="ripe_wrong")) == (401, "no_key")
    assert refusal(api.http.post("/v1/batch", json=batch, headers={"authorization": "Basic %"})) == (401, "no_key")
    assert refusal(api.post("/v1/batch", batch, key=reader)) == (403, "scope")
    assert api.events() == []


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("/v1/batch", b"", (400, "bad_json")),
        ("/v1/batch", b"{", (400, "bad_json")),
        ("/v1/batch", b"[]", (400, "no_object")),
        ("/v1/batch", b"\xff\xfe", (400, "bad_json")),
        ("/v1/batch", b"[" * 200_000, (400, "bad_json")),
        ("/v1/batch", {"messages": []}, (400, "no_batch")),
        ("/v1/batch", gzip.compress(b'{"batch": []}', mtime=0)[:-9], (400, "gzip")),
        ("/v1/batch", b"\x1f\x8bnothing", (400, "gzip")),
        ("/v1/batch", b" " * (BATCH_BYTES + 1), (413, "too_large")),
        ("/v1/batch", gzip.compress(b" " * 50_000_000, mtime=0), (413, "too_large")),
        ("/v1/track", {"userId": "u1"}, (400, "invalid")),
        ("/v1/nothing", {}, (404, "not_found")),
    ],
)
def test_what_cannot_be_read_says_so(api: Api, path: str, body: Any, expected: tuple[int, str]) -> None:
    assert refusal(api.post(path, body)) == expected


def test_other_methods_and_encodings_are_refused(api: Api) -> None:
    answered = api.http.get("/v1/batch")
    assert refusal(answered) == (405, "method")
    assert answered.headers["allow"] == "POST"
    assert refusal(api.post("/v1/batch", b"x", **{"content-encoding": "br"})) == (415, "encoding")


def test_nan_and_half_characters_spoil_their_own_message_at_most(api: Api) -> None:
    body = (
        b'{"batch": [{"type": "track", "userId": "u1", "event": "One", "properties": {"n": NaN}},'
        b'{"type": "track", "userId": "u1", "event": "Two", "properties": {"s": "\\ud800"}},'
        b'{"type": "track", "userId": "u1", "event": "Three"}]}'
    )
    answered = api.post("/v1/batch", body)
    assert answered.status_code == 200
    assert [one["index"] for one in answered.json()["refused"]] == [1]
    assert api.events() == ["One", "Three"]


def test_who_asks_too_often_is_told_when_to_come_again(api: Api) -> None:
    for _ in range(5):
        assert api.post("/v1/batch", {"batch": []}).status_code == 200
    answered = api.post("/v1/batch", {"batch": [TRACK]})
    assert refusal(answered) == (429, "too_many")
    assert 1 <= int(answered.headers["retry-after"]) <= 12
    assert api.events() == []


def test_while_the_store_is_away_clients_are_asked_to_send_again(api: Api) -> None:
    assert api.post("/v1/batch", {"batch": [TRACK]}).status_code == 200
    api.home.store.dispose()
    store = api.home.var / "ripeline.db"
    hidden = store.rename(store.with_suffix(".away"))
    store.mkdir()
    answered = api.post("/v1/batch", {"batch": [TRACK | {"messageId": "m2", "event": "Again"}]})
    assert refusal(answered) == (503, "away")
    assert answered.headers["retry-after"] == "5"
    store.rmdir()
    hidden.rename(store)
    assert api.post("/v1/batch", {"batch": [TRACK | {"messageId": "m2", "event": "Again"}]}).status_code == 200
    assert api.events() == ["Bought", "Again"]
