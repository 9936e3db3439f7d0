"""Pixels, redirects and pictures: exactly what was signed, on disk before the answer, and one 404 for all the rest."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path

import httpx
import pytest

from engine.domain.actor import Actor
from engine.domain.tokens import KeyRing, LinkRef, MailRef, Purpose, bound_link_token, link_token
from engine.domain.traffic import Hit, HitKind, TrafficContext, classify
from engine.web.recorder import HitMaker
from engine.web.server import Conditions
from engine.web.tracker import PIXEL, location
from tests.web.world import (
    FIREFOX,
    MAIL,
    NOON,
    RING,
    TARGET,
    Office,
    SteppedClock,
    World,
    click_path,
    open_path,
    token,
    tracker,
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with tracker(tmp_path) as world:
        yield world


def test_pixel_is_a_gif_that_nobody_keeps(world: World) -> None:
    reply = world.http.get(open_path())

    assert (reply.status_code, reply.content, len(PIXEL)) == (200, PIXEL, 43)
    assert reply.headers["content-type"] == "image/gif"
    assert "no-store" in reply.headers["cache-control"]
    assert "server" not in reply.headers


def test_open_is_in_the_spool_without_the_address(world: World) -> None:
    world.http.get(open_path(), headers={"referer": "https://mail.example/inbox/jane"})
    (hit,) = world.hits()

    assert hit == Hit(
        "run-1", HitKind.OPEN, 4711, NOON, user_agent=FIREFOX, network="127.0.0.0/24", visitor=hit.visitor
    )
    assert len(hit.visitor) == 20
    assert b"127.0.0.1" not in b"".join(path.read_bytes() for path in world.spool.iterdir())
    assert b"jane" not in b"".join(path.read_bytes() for path in world.spool.iterdir())


TARGETS = [
    TARGET,
    "http://acme.example",
    "HTTPS://acme.example/Ä/ö?ü=1",
    "mailto:ann@acme.example?subject=Hi%20there",
    "https://acme.example/a b",
    "https://user@acme.example:8443/x;y=z?next=//evil.example",
]


@pytest.mark.parametrize("target", TARGETS)
def test_click_leads_to_exactly_the_signed_target(world: World, target: str) -> None:
    connection = HTTPConnection(world.http.base_url.host, world.http.base_url.port)
    with closing(connection):
        connection.request("GET", click_path(target) + "?url=https://evil.example&next=//evil.example")
        reply = connection.getresponse()

    assert reply.status == 302
    assert reply.headers["location"] == location(target).decode()
    assert reply.headers["referrer-policy"] == "no-referrer"
    assert "no-store" in reply.headers["cache-control"]
    assert [(hit.kind, hit.link, hit.target) for hit in world.hits()] == [(HitKind.CLICK, 3, target)]


def test_location_is_the_target_as_it_is_but_for_letters_beyond_ascii() -> None:
    assert location(TARGET) == TARGET.encode()
    assert location("https://acme.example/ö?q=%C3%A4 b") == b"https://acme.example/%C3%B6?q=%C3%A4 b"
    assert location("https://münchen.example:8443/ß") == b"https://xn--mnchen-3ya.example:8443/%C3%9F"
    assert location("https://x_ü.example/") == b"https://x_%C3%BC.example/"


def test_link_bound_to_the_mail_leads_there_too(world: World) -> None:
    link = bound_link_token(RING, MAIL, LinkRef(4, "https://acme.example/jane"))

    assert world.http.get(f"/c/{token(Purpose.TRACK)}/{link}").headers["location"] == "https://acme.example/jane"


@pytest.mark.acceptance(row=26)
@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "//evil.example",
        "/relative",
        "data:text/html,x",
        "https://",
        "https:///evil.example",
        "http:\\\\evil.example",
        "https://acme.example/\r\nSet-Cookie: a=b",
        "https://acme.example/\x00",
        "ftp://acme.example/x",
        "",
    ],
)
def test_target_that_is_no_web_address_is_not_followed_even_if_signed(world: World, target: str) -> None:
    reply = world.http.get(click_path(target))

    assert (reply.status_code, reply.headers.get("location")) == (404, None)
    assert world.hits() == []


def _wrong_paths() -> dict[str, str]:
    mail, link = token(Purpose.TRACK), link_token(RING, MAIL.table, LinkRef(3, TARGET))
    other = token(Purpose.TRACK, MailRef(4712, b"table2"))
    expired = KeyRing({9: b"a key that we no longer hold"}, current=9)
    target_at = 3 + 12
    raw = bytearray(base64.urlsafe_b64decode(link + "=" * (-len(link) % 4)))
    raw[target_at:] = b"https://evil.example/"
    edited = base64.urlsafe_b64encode(bytes(raw)).rstrip(b"=").decode()
    return {
        "altered pixel": f"/o/{mail[:-1]}{'A' if mail[-1] != 'A' else 'B'}.gif",
        "truncated pixel": f"/o/{mail[:-4]}.gif",
        "pixel without its ending": f"/o/{mail}",
        "pixel for another purpose": f"/o/{token(Purpose.VIEW)}.gif",
        "pixel of an expired key": f"/o/{token(Purpose.TRACK, ring=expired)}.gif",
        "number in place of a token": "/o/4711.gif",
        "nothing in place of a token": "/o/.gif",
        "click with another mail's token": f"/c/{other}/{link}",
        "click with an edited target": f"/c/{mail}/{edited}",
        "click with the target in clear": f"/c/{mail}/https://evil.example",
        "click with an expired link": f"/c/{mail}/{link_token(expired, MAIL.table, LinkRef(3, TARGET))}",
        "click with a view's token": f"/c/{token(Purpose.VIEW)}/{link}",
        "click without a link": f"/c/{mail}",
        "unsubscribe with a pixel's token": f"/u/{mail}",
        "unsubscribe with an expired key": f"/u/{token(Purpose.UNSUBSCRIBE, ring=expired)}",
        "preferences with a pixel's token": f"/p/{mail}",
        "web view with a pixel's token": f"/v/{mail}",
        "undo by looking": f"/u/{token(Purpose.UNSUBSCRIBE)}/undo",
        "unknown deed": f"/u/{token(Purpose.UNSUBSCRIBE)}/delete",
        "unknown asset": "/a/00000000/logo.png",
        "asset under another name": "/a/a1b2c3d4/evil.html",
        "asset outside": "/a/../../etc/passwd",
        "the root": "/",
        "a made-up path": "/admin",
        "like health": "/healthy",
    }


def _told(reply: httpx.Response) -> tuple[int, bytes, list[tuple[str, str]]]:
    return reply.status_code, reply.content, [item for item in reply.headers.multi_items() if item[0] != "date"]


@pytest.mark.acceptance(row=25)
def test_everything_invalid_gets_one_and_the_same_404(world: World) -> None:
    replies = {name: _told(world.http.get(path)) for name, path in _wrong_paths().items()}
    first = replies["a made-up path"]

    assert first[0] == 404
    assert [name for name, reply in replies.items() if reply != first] == []
    assert world.office.unsubscribed == world.office.undone == []
    assert world.hits() == []


@pytest.mark.acceptance(row=25)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_get_the_404_too(world: World, method: str) -> None:
    expected = _told(world.http.get("/nothing"))

    assert _told(world.http.request(method, open_path())) == expected
    assert _told(world.http.request(method, click_path())) == expected
    assert world.hits() == []


def test_token_of_the_former_key_still_works(world: World) -> None:
    old = token(Purpose.TRACK, ring=replace(RING, current=1))

    assert world.http.get(f"/o/{old}.gif").status_code == 200


def test_head_is_recorded_as_a_machine(world: World) -> None:
    pixel, click = world.http.head(open_path()), world.http.head(click_path())
    verdicts = {classify(hit, TrafficContext(links=5)).kind for hit in world.hits()}

    assert (pixel.status_code, pixel.content, click.status_code) == (200, b"", 302)
    assert verdicts == {Actor.MACHINE}


@pytest.mark.parametrize(
    "headers", [{"purpose": "prefetch"}, {"sec-purpose": "prefetch;prerender"}, {"x-moz": "prefetch"}]
)
def test_prefetch_is_recorded_as_a_machine(world: World, headers: dict[str, str]) -> None:
    world.http.get(click_path(), headers=headers)
    (hit,) = world.hits()

    assert hit.purpose == next(iter(headers.values()))
    assert classify(hit, TrafficContext()).kind is Actor.MACHINE


@pytest.mark.acceptance(row=36)
def test_scanner_over_http_is_seen_through(world: World) -> None:
    for index in range(5):
        world.http.get(click_path(f"https://acme.example/{index}", index))
    hits = world.hits()
    verdicts = [
        classify(hit, TrafficContext(others=tuple(other for other in hits if other != hit), links=5)) for hit in hits
    ]

    assert {(verdict.kind, verdict.reason) for verdict in verdicts} == {
        (Actor.MACHINE, "a scanner fetched 5 links in under a second")
    }


@pytest.mark.acceptance(row=37)
def test_apple_privacy_proxy_over_http_is_seen_through(world: World) -> None:
    world.http.get(open_path(), headers={"user-agent": "Mozilla/5.0"})
    (hit,) = world.hits()

    assert classify(hit, TrafficContext()).reason == "Apple privacy proxy opens everything"


def test_asset_is_served_for_ever_and_asked_for_once(world: World) -> None:
    replies = [world.http.get("/a/a1b2c3d4/logo.png") for _ in range(3)]

    assert {(reply.status_code, reply.content) for reply in replies} == {(200, b"\x89PNG")}
    assert replies[0].headers["content-type"] == "image/png"
    assert "immutable" in replies[0].headers["cache-control"]
    assert replies[0].headers["x-content-type-options"] == "nosniff"
    assert world.office.asked == ["a1b2c3d4"]


def test_asset_says_to_come_back_while_the_store_is_away(tmp_path: Path) -> None:
    with tracker(tmp_path, Office(away=True)) as world:
        reply = world.http.get("/a/a1b2c3d4/logo.png")

    assert (reply.status_code, reply.headers["retry-after"]) == (503, "10")


def test_hot_endpoints_need_no_store(tmp_path: Path) -> None:
    with tracker(tmp_path, Office(away=True)) as world:
        assert world.http.get(open_path()).status_code == 200
        assert world.http.get(click_path()).status_code == 302
        assert world.http.get("/health").text == "ok\n"
        assert len(world.hits()) == 2


def test_who_clicks_arrives_even_if_the_disk_is_full(tmp_path: Path) -> None:
    with tracker(tmp_path / "spool") as world:
        (tmp_path / "spool").rmdir()

        assert world.http.get(click_path()).headers["location"] == TARGET


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("fe80::1%eth0", "fe80::/48"),
        ("testclient", ""),
    ],
)
def test_only_the_network_of_an_address_is_kept(host: str, network: str) -> None:
    maker = HitMaker(SteppedClock(NOON), "run", b"key")
    hit = maker.hit(HitKind.OPEN, 1, {"headers": [], "client": (host, 1), "method": "GET"})

    assert hit.network == network
    assert bool(hit.visitor) is bool(network)
    assert host not in repr(hit)


def test_address_hash_depends_on_the_key() -> None:
    scope = {"headers": [], "client": ("203.0.113.77", 1), "method": "GET"}
    hashes = [
        HitMaker(SteppedClock(NOON), "run", key).hit(HitKind.OPEN, 1, scope).visitor for key in (b"a", b"a", b"b")
    ]

    assert hashes[0] == hashes[1] != hashes[2]


@pytest.mark.parametrize(
    ("trusted", "network"), [("", "127.0.0.0/24"), ("127.0.0.1", "203.0.113.0/24"), ("192.0.2.1", "127.0.0.0/24")]
)
def test_forwarded_address_is_believed_from_a_trusted_proxy_only(tmp_path: Path, trusted: str, network: str) -> None:
    with tracker(tmp_path, conditions=Conditions(trusted_proxies=trusted)) as world:
        world.http.get(open_path(), headers={"x-forwarded-for": "203.0.113.77"})

        assert [hit.network for hit in world.hits()] == [network]
