"""The snippet and its beacons over real HTTP: who may report, what is kept, what gets the one 404."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from engine.domain.page_views import TOKEN_LIFE, TOKEN_NAME
from engine.domain.tokens import KeyRing, Purpose, read_visit_token, visit_token
from engine.domain.traffic import HitKind, PageSeen
from tests.web.world import MAIL, NOON, RING, TARGET, World, click_path, token, tracker

SITE = "https://www.acme.example"
DEVICE = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with tracker(tmp_path / "spool", sites=("acme.example",)) as started:
        yield started


def beacon(**more: Any) -> dict[str, Any]:
    return {"id": DEVICE, "url": f"{SITE}/pricing?utm_source=ad&email=jane", "title": "Prices", **more}


def report(world: World, body: Any, origin: str = SITE, **headers: str) -> int:
    content = {"content": body} if isinstance(body, bytes) else {"json": body}
    return world.http.post("/e", headers={"origin": origin, **headers}, **content).status_code


def test_a_beacon_of_an_own_site_is_spooled_with_little_of_what_it_could_tell(world: World) -> None:
    body = beacon(referrer="https://search.example/?q=jane")
    answered = world.http.post("/e", json=body, headers={"origin": SITE})
    assert answered.status_code == 204
    assert answered.headers["access-control-allow-origin"] == SITE
    assert answered.headers["vary"] == "origin"
    (hit,) = world.hits()
    assert (hit.kind, hit.delivery) == (HitKind.PAGE, 0)
    assert hit.page == PageSeen(DEVICE, "www.acme.example", "/pricing", "Prices", "search.example", "utm_source=ad")


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "https://acme.example.evil.example", "https://notacme.example", "null", ""]
)
def test_other_sites_get_the_one_404(world: World, origin: str) -> None:
    assert report(world, beacon(), origin) == 404
    assert world.http.options("/e", headers={"origin": origin}).status_code == 404
    assert world.hits() == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no json",
        b"[]",
        b'{"id": "short", "url": "https://acme.example/"}',
        beacon(id="<svg onload=alert(1)>"),
        beacon(url="https://evil.example/"),
        beacon(url="javascript:alert(1)"),
        beacon(url="https://[acme.example/"),
        beacon(title="x" * 5000),
        b"\xff\xfe",
    ],
)
def test_what_is_no_beacon_gets_the_one_404(world: World, body: Any) -> None:
    assert report(world, body) == 404
    assert world.hits() == []


@pytest.mark.parametrize("header", ["sec-gpc", "dnt"])
def test_who_asks_not_to_be_tracked_is_answered_and_not_recorded(world: World, header: str) -> None:
    assert report(world, beacon(), **{header: "1"}) == 204
    assert world.hits() == []


def test_json_is_allowed_to_own_sites_alone(world: World) -> None:
    answered = world.http.options("/e", headers={"origin": SITE, "access-control-request-method": "POST"})
    assert answered.status_code == 204
    assert answered.headers["access-control-allow-origin"] == SITE
    assert answered.headers["access-control-allow-headers"] == "content-type"


def test_a_click_to_an_own_site_carries_who_was_mailed_for_half_an_hour(world: World) -> None:
    location = world.http.get(click_path()).headers["location"]
    query = parse_qs(urlsplit(location).query)
    (found,) = query.pop(TOKEN_NAME)
    assert query == {"list": ["a b"], "c": ["d"]}
    assert location.endswith("#top")
    assert location.startswith("https://acme.example/check?list=a%20b&c=d&")
    assert read_visit_token(RING, found, NOON + TOKEN_LIFE, TOKEN_LIFE) == MAIL.delivery
    assert read_visit_token(RING, found, NOON + TOKEN_LIFE + timedelta(seconds=1), TOKEN_LIFE) is None
    assert report(world, beacon(token=found)) == 204
    click, page = world.hits()
    assert (click.target, page.delivery) == (TARGET, MAIL.delivery)


def test_a_click_to_another_site_carries_nothing(world: World) -> None:
    assert world.http.get(click_path("https://news.example/a?b=c")).headers["location"] == "https://news.example/a?b=c"


@pytest.mark.parametrize(
    "forged",
    [
        "x",
        token(Purpose.TRACK),
        visit_token(KeyRing({2: b"another key"}, 2), MAIL.delivery, NOON),
        visit_token(RING, MAIL.delivery, NOON)[:-1] + "A",
        visit_token(RING, MAIL.delivery, NOON + timedelta(minutes=1)),
        visit_token(RING, MAIL.delivery, NOON - TOKEN_LIFE - timedelta(minutes=1)),
    ],
)
def test_a_forged_or_old_token_is_a_view_of_nobody(world: World, forged: str) -> None:
    assert report(world, beacon(token=forged)) == 204
    (hit,) = world.hits()
    assert hit.delivery == 0


def test_the_snippet_is_small_cached_and_the_same_until_it_changes(world: World) -> None:
    found = world.http.get("/s.js?v=1")
    assert found.headers["content-type"].startswith("text/javascript")
    assert found.headers["cache-control"] == "public, max-age=3600"
    assert len(found.content) < 4096
    assert '"asked" === "asked"' in found.text
    again = world.http.get("/s.js", headers={"if-none-match": found.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_without_sites_there_is_neither_snippet_nor_beacon(tmp_path: Path) -> None:
    with tracker(tmp_path / "spool") as world:
        assert world.http.get("/s.js").status_code == 404
        assert report(world, beacon()) == 404
        assert TOKEN_NAME not in world.http.get(click_path()).headers["location"]
