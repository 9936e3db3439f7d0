"""Recipients leave in one click, come back, choose; looking changes nothing, and nothing they say is lost."""

from __future__ import annotations

import base64
import hashlib
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from engine.domain.recipient import Ack, Wish
from engine.domain.tokens import Purpose
from engine.domain.traffic import HitKind
from engine.web.spool import drain, oldest_age
from tests.web.world import CHOICES, NOON, Office, World, token, tracker

LEAVE = f"/u/{token(Purpose.UNSUBSCRIBE)}"
CHOOSE = f"/p/{token(Purpose.UNSUBSCRIBE)}"
VIEW = f"/v/{token(Purpose.VIEW)}"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with tracker(tmp_path) as world:
        yield world


@pytest.mark.acceptance(row=34)
@pytest.mark.parametrize("headers", [{}, {"purpose": "prefetch"}])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_at_unsubscribe_changes_nothing(world: World, method: str, headers: dict[str, str]) -> None:
    reply = world.http.request(method, LEAVE, headers=headers)

    assert reply.status_code == 200
    assert reply.text.count("<button>") == (1 if method == "GET" else 0)
    assert world.office.unsubscribed == []
    assert world.hits() == []


@pytest.mark.acceptance(row=34)
@pytest.mark.parametrize("sent", [{"data": ONE_CLICK}, {"files": {"List-Unsubscribe": (None, "One-Click")}}])
def test_one_click_is_carried_out_before_its_200(world: World, sent: dict[str, object]) -> None:
    reply = world.http.post(LEAVE, headers={"cookie": "old=1"}, **sent)  # type: ignore[arg-type]
    ((delivery, how, at, evidence),) = world.office.unsubscribed

    assert (reply.status_code, reply.history) == (200, [])
    assert "set-cookie" not in reply.headers
    assert (delivery, how, at) == (4711, "one-click", NOON)
    assert evidence["network"] == "127.0.0.0/24"
    assert world.hits() == []


@pytest.mark.acceptance(row=34)
def test_button_of_the_page_unsubscribes(world: World) -> None:
    page = world.http.get(LEAVE)
    reply = world.http.post(_action(page), data=_fields(page))

    assert "You are unsubscribed" in reply.text
    assert [(delivery, how) for delivery, how, *_ in world.office.unsubscribed] == [(4711, "page")]


@pytest.mark.parametrize("data", [{}, {"List-Unsubscribe": "maybe"}, {"leave": "no"}])
def test_post_that_does_not_ask_to_leave_changes_nothing(world: World, data: dict[str, str]) -> None:
    assert world.http.post(LEAVE, data=data).status_code == 400
    assert world.office.unsubscribed == []


@pytest.mark.acceptance(row=34)
@pytest.mark.parametrize("office", [Office(away=True), Office(stuck=threading.Event())], ids=["away", "hangs"])
def test_unsubscribe_is_spooled_while_the_store_is_away(tmp_path: Path, office: Office) -> None:
    with tracker(tmp_path, office, patience=0.05) as world:
        reply = world.http.post(LEAVE, data=ONE_CLICK)
        if office.stuck:
            office.stuck.set()
        (hit,) = world.hits()

    assert reply.status_code == 200
    assert (hit.kind, hit.delivery, hit.how, hit.at) == (HitKind.UNSUBSCRIBE, 4711, "one-click", NOON)
    assert oldest_age(tmp_path, NOON.replace(minute=2)).total_seconds() == 120


def test_unsubscribe_survives_a_service_that_fails_in_any_way(tmp_path: Path) -> None:
    office = Office()
    office.unsubscribe = lambda *_: 1 / 0  # type: ignore[method-assign, assignment, return-value]
    with tracker(tmp_path, office) as world:
        assert world.http.post(LEAVE, data=ONE_CLICK).status_code == 200
        assert [hit.kind for hit in world.hits()] == [HitKind.UNSUBSCRIBE]


def test_unsubscribe_that_cannot_be_kept_at_all_is_not_confirmed(tmp_path: Path) -> None:
    with tracker(tmp_path / "spool", Office(away=True)) as world:
        (tmp_path / "spool").rmdir()

        assert world.http.post(LEAVE, data=ONE_CLICK).status_code == 503


def test_unsubscribe_can_be_undone_from_its_answer(world: World) -> None:
    left = world.http.post(LEAVE, data=ONE_CLICK)
    back = world.http.post(_action(left))

    assert "You are back on" in back.text
    assert world.office.undone == [4711]


def test_undo_that_is_refused_is_said(tmp_path: Path) -> None:
    with tracker(tmp_path, Office(undo_ack=Ack.REFUSED)) as world:
        assert "You stay unsubscribed" in world.http.post(f"{LEAVE}/undo").text


def test_undo_while_the_store_is_away_promises_nothing(tmp_path: Path) -> None:
    with tracker(tmp_path, Office(away=True)) as world:
        reply = world.http.post(f"{LEAVE}/undo")

    assert (reply.status_code, "Nothing was changed" in reply.text) == (503, True)


def test_preferences_show_what_was_chosen(world: World) -> None:
    page = world.http.get(CHOOSE)

    assert re.findall(r'value="(\w+)" checked', page.text) == ["data"]
    assert "How lists stay true" in page.text
    assert world.office.wishes == []


@pytest.mark.parametrize(
    ("data", "wish"),
    [
        ({"topic": ["data", "sales"]}, Wish(frozenset({"data", "sales"}), tracking=True)),
        ({"topic": "sales", "untracked": "yes"}, Wish(frozenset({"sales"}), tracking=False)),
        ({}, Wish(frozenset(), tracking=True)),
        ({"topic": ["data", "made-up"]}, Wish(frozenset({"data"}), tracking=True)),
    ],
)
def test_preferences_are_saved_as_chosen(world: World, data: dict[str, str], wish: Wish) -> None:
    page = world.http.post(CHOOSE, data={**data, "do": "save"})

    assert world.office.wishes == [wish]
    assert set(re.findall(r'name="topic" value="(\w+)" checked', page.text)) == wish.topics
    assert ('name="untracked" value="yes" checked' in page.text) is not wish.tracking
    assert "Saved" in page.text


def test_preferences_can_decline_everything(world: World) -> None:
    world.http.post(CHOOSE, data={"do": "leave"})

    assert [how for _, how, *_ in world.office.unsubscribed] == ["preferences"]
    assert world.office.wishes == []


def test_preferences_of_someone_who_left_offer_the_way_back(tmp_path: Path) -> None:
    with tracker(tmp_path, Office(choices_now=replace(CHOICES, subscribed=False))) as world:
        page = world.http.get(CHOOSE)

        assert world.http.post(_action(page)).status_code == 200
        assert world.office.undone == [4711]


def test_preferences_of_an_erased_lead_are_the_404(tmp_path: Path) -> None:
    with tracker(tmp_path, Office(choices_now=None)) as world:
        assert world.http.get(CHOOSE).content == world.http.get("/nothing").content


def test_web_view_is_the_mail_in_a_sandbox(world: World) -> None:
    reply = world.http.get(VIEW)
    policy = reply.headers["content-security-policy"]

    assert reply.text == "<p>Dear <b>Jane</b></p>"
    assert "sandbox" in policy and "default-src 'none'" in policy
    assert "allow-scripts" not in policy and "allow-same-origin" not in policy
    assert "noindex" in reply.headers["x-robots-tag"]
    assert [hit.kind for hit in world.hits()] == [HitKind.VIEW]


def test_web_view_after_retention_says_so(tmp_path: Path) -> None:
    with tracker(tmp_path, Office(mail=None)) as world:
        reply = world.http.get(VIEW)

        assert (reply.status_code, "too old" in reply.text) == (410, True)
        assert world.hits() == []


@pytest.mark.acceptance(row=23)
def test_nothing_in_a_page_can_run(world: World) -> None:
    page = world.http.get(CHOOSE)
    policy = page.headers["content-security-policy"]

    assert "Sales &lt;craft&gt;" in page.text and "Acme &amp; Söhne" in page.text
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy and "script" not in page.text
    assert (page.headers["referrer-policy"], page.headers["x-content-type-options"]) == ("no-referrer", "nosniff")


def test_policy_allows_exactly_the_style_of_the_page(world: World) -> None:
    page = world.http.get(LEAVE)
    (style,) = re.findall(r"<style>(.*?)</style>", page.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()

    assert f"style-src 'sha256-{digest}';" in page.headers["content-security-policy"]
    assert "style=" not in page.text


@pytest.mark.acceptance(row=24)
def test_pages_know_no_cookie_and_obey_no_cross_site_post_without_the_token(world: World) -> None:
    foreign = {"origin": "https://evil.example", "cookie": "session=old"}
    replies = [
        world.http.get(LEAVE),
        world.http.get(CHOOSE),
        world.http.post("/u/", data=ONE_CLICK, headers=foreign),
        world.http.post("/u/4711", data=ONE_CLICK, headers=foreign),
        world.http.post("/p/4711", data={"do": "leave"}, headers=foreign),
    ]

    assert [reply.status_code for reply in replies] == [200, 200, 404, 404, 404]
    assert not any("set-cookie" in reply.headers for reply in replies)
    assert all("frame-ancestors 'none'" in reply.headers["content-security-policy"] for reply in replies)
    assert world.office.unsubscribed == []


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"x" * 20_000, "application/x-www-form-urlencoded"),
        (b"&".join(b"a=b" for _ in range(300)), "application/x-www-form-urlencoded"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=y"),
        (
            b'--x\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\ny\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
    ],
    ids=["large", "many fields", "broken", "a file"],
)
def test_body_that_is_no_form_of_ours_changes_nothing(world: World, body: bytes, kind: str) -> None:
    reply = world.http.post(LEAVE, content=body, headers={"content-type": kind})

    assert reply.status_code == 400
    assert world.office.unsubscribed == []
    assert list(drain(world.spool)) == []


def _action(page: httpx.Response) -> str:
    """Where the page's form leads, as a browser resolves it."""
    found = re.search(r'action="([^"]+)"', page.text)
    assert found
    return str(page.url.join(found[1]))


def _fields(page: httpx.Response) -> dict[str, str]:
    return dict(re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', page.text))
