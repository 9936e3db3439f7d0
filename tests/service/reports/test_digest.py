"""The weekly digest: what it says, that it goes once, and that a death in between does not lose it."""

from __future__ import annotations

from datetime import date, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest

from engine.config.model import Safety
from engine.config.outside import Reports
from engine.errors import RipelineError
from engine.service.reports import send_digest
from engine.service.reports.digest import Digest, digest_message, digest_of, html_of
from engine.service.reports.forecast import Week
from engine.service.reports.picture import weeks_picture
from engine.service.reports.send_digest import digest_is_due, send_due_digests
from tests.service.conftest import Found
from tests.service.reports.test_reports import hand_over
from tests.service.world import MONDAY, World

BOSS = "boss@acme.example"


@pytest.fixture
def told(found: Found) -> World:
    """A home whose boss gets the digest on Mondays at 09:00, when it is."""
    world = found(reports=Reports(digest_to=(BOSS,), digest_at="Mon 09:00"), safety=Safety())
    world.take_in("jane@northwind.example,Jane,web")
    return world


def digests(world: World) -> list[Any]:
    return [mail for mail in world.server.accepted if BOSS in str(mail)]


def test_it_says_the_week_against_those_before_and_what_waits(told: World) -> None:
    hand_over(told, at=MONDAY - timedelta(days=5), answered_at=MONDAY)
    hand_over(told, lead_id=1, at=MONDAY - timedelta(days=3), ended_at=None, escalated_at=MONDAY)
    found = digest_of(told.home)
    assert found.weeks[-1] == (date(2026, 10, 26), 2)
    assert found.headline == "2 leads ripe for sales, 2 more than in an average week before"
    lines = dict(found.lines)
    assert lines["Sales"] == "1 accepted, 0 given back, 0 ignored of 2 in 4 weeks"
    assert lines["Waiting"] == "1 not answered yet, 1 of them too long"


def test_the_mail_has_text_html_and_the_picture_inline_with_its_figures_in_words(told: World) -> None:
    message = digest_message(told.home, digest_of(told.home), BOSS)
    read = message_from_bytes(message.as_bytes(), policy=default)
    assert isinstance(read, EmailMessage)
    html = read.get_body(("html",))
    plain = read.get_body(("plain",))
    assert html is not None
    assert plain is not None
    assert 'src="cid:weeks@ripeline"' in html.get_content()
    assert "26 Oct 0" in html.get_content()
    assert "Leads ripe for sales by week" in plain.get_content()
    [picture] = [part for part in read.walk() if part.get_content_type() == "image/png"]
    assert picture["Content-ID"] == "<weeks@ripeline>"
    assert picture.get_content().startswith(b"\x89PNG")


def test_names_are_escaped() -> None:
    found = Digest("<svg onload>", date(2026, 11, 1), [(date(2026, 10, 26), 1)] * 2, (), [("Best theme", "<b>x</b>")])
    html = html_of(found, "cid:x")
    assert "<svg" not in html
    assert "&lt;svg onload&gt;" in html
    assert "&lt;b&gt;x&lt;/b&gt;" in html


def test_the_same_figures_give_the_same_picture() -> None:
    weeks = [(date(2026, 10, 26), 3), (date(2026, 11, 2), 4)]
    coming = [Week(date(2026, 11, 9), 5, 4, 7)]
    assert weeks_picture(weeks, coming) == weeks_picture(weeks, coming)
    assert weeks_picture(weeks, []) != weeks_picture(weeks, coming)


def test_it_goes_once_a_week(told: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    monkeypatch.setattr(send_digest, "send_digest", lambda _, to: sent.append(to))
    assert digest_is_due(told.home)
    assert [send_due_digests(told.home) for _ in range(3)] == [1, 0, 0]
    told.later(minutes=60 * 30)
    assert not digest_is_due(told.home)
    told.later(minutes=60 * 24 * 6)
    assert send_due_digests(told.home) == 1
    assert sent == [BOSS, BOSS]


def test_one_that_was_cut_off_is_tried_again_later(told: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(*_: object) -> None:
        raise RipelineError("cut off")

    with monkeypatch.context() as patched:
        patched.setattr(send_digest, "send_digest", dies)
        with pytest.raises(RipelineError):
            send_due_digests(told.home)
    assert not digest_is_due(told.home)
    told.later(minutes=31)
    assert digest_is_due(told.home)


def test_it_is_mailed_by_a_relay(told: World) -> None:
    assert send_due_digests(told.home) == 1
    assert len(digests(told)) == 1
