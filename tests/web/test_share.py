"""The page of a mail that was passed on: looking is told, a form brings a colleague, nothing runs in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.domain.tokens import Purpose
from engine.domain.traffic import HitKind
from tests.web.world import World, token, tracker

SHARE = f"/s/{token(Purpose.SHARE)}"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with tracker(tmp_path) as world:
        yield world


def test_page_shows_the_mail_in_a_frame_with_a_form(world: World) -> None:
    page, mail = world.http.get(SHARE), world.http.get(f"{SHARE}/mail")

    assert page.status_code == mail.status_code == 200
    assert 'name="address"' in page.text
    assert "frame-src 'self'" in page.headers["content-security-policy"]
    assert mail.text == "<p>Dear <b>Jane</b></p>"
    policy = mail.headers["content-security-policy"]
    assert "frame-ancestors 'self'" in policy and "sandbox" in policy and "form-action 'none'" in policy
    assert [(hit.kind, hit.delivery) for hit in world.hits()] == [(HitKind.SHARE, 4711)]


def test_form_brings_a_colleague_and_says_thank_you(world: World) -> None:
    reply = world.http.post(SHARE, data={"name": " Bo <b>", "address": "bo@northwind.example"})

    assert reply.status_code == 200 and "Thank you" in reply.text
    assert world.office.brought == [(4711, "Bo <b>", "bo@northwind.example")]
    assert world.hits() == []


def test_form_without_an_address_comes_back_filled_in_and_escaped(world: World) -> None:
    reply = world.http.post(SHARE, data={"name": '"><b>', "address": "bo"})

    assert reply.status_code == 400
    assert "This is no mail address" in reply.text
    assert "&#34;&gt;&lt;b&gt;" in reply.text and "<b>" not in reply.text
    assert world.office.brought == []


def test_form_that_is_too_large_is_refused(world: World) -> None:
    assert world.http.post(SHARE, data={"name": "x" * 20_000, "address": "bo@a.example"}).status_code == 400
    assert world.office.brought == []


@pytest.mark.parametrize("purpose", [Purpose.VIEW, Purpose.UNSUBSCRIBE, Purpose.TRACK])
def test_token_for_something_else_opens_nothing(world: World, purpose: Purpose) -> None:
    assert world.http.get(f"/s/{token(purpose)}").status_code == 404
    assert world.http.get(f"/v/{token(Purpose.SHARE)}").status_code == 404
    assert world.http.post(f"{SHARE}/mail").status_code == 404


def test_mail_that_is_too_old_is_gone(world: World) -> None:
    world.office.mail = None

    assert world.http.get(SHARE).status_code == world.http.get(f"{SHARE}/mail").status_code == 410
    assert world.hits() == []


def test_store_that_is_away_is_told(world: World) -> None:
    world.office.away = True

    assert world.http.get(SHARE).status_code == 503
    assert world.http.post(SHARE, data={"address": "bo@a.example"}).status_code == 503
