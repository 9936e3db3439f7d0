"""The pages behind an alert's buttons, asked over a real socket."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from engine.domain.sales.sheet import Question, Said
from engine.domain.tokens import Purpose, fingerprint_of, person_token
from tests.web.browsers import browser
from tests.web.world import RING, Office, World, tracker

__all__ = ["browser", "world"]

ASKED = Question(
    "Ann", "Thu 26 Nov 17:00", "it goes to Bea", reasons={"too_early": "Too early", "no_fit": "Not for us"}
)
ANN = "/h/" + person_token(RING, Purpose.HANDOFF, 7, "ann")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with tracker(tmp_path / "spool", Office(question=ASKED)) as made:
        yield made


@pytest.mark.acceptance(row=34)
@pytest.mark.parametrize("do", ["", "?do=accept", "?do=reject", "?do=snooze", "?do=<script>"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_changes_nothing_whichever_button_led_here(world: World, do: str, method: str) -> None:
    answer = world.http.request(method, ANN + do)
    assert answer.status_code == 200
    assert world.office.said == []
    assert "script" not in answer.text.casefold()


@pytest.mark.acceptance(row=23)
def test_names_are_escaped_and_nothing_may_run(world: World) -> None:
    answer = world.http.get(ANN)
    assert "Jane &lt;Park&gt;" in answer.text
    assert "<Park>" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_tap_dials_the_number_or_writes_to_the_lead(world: World) -> None:
    page = world.http.get(ANN).text
    assert '<a href="tel:+49301234567">+49 30 1234-567</a>' in page
    assert '<a href="mailto:jane@northwind.example">jane@northwind.example</a>' in page


def test_the_buttons_form_stands_first_and_the_others_behind_a_fold(world: World) -> None:
    page = world.http.get(f"{ANN}?do=reject").text
    assert page.index("Give back to marketing") < page.index("Something else") < page.index("Accept: I take care")
    assert "Please answer by Thu 26 Nov 17:00; then it goes to Bea." in page


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"do": "accept"}, Said("accept")),
        ({"do": "reject", "reason": "too_early", "note": " in spring "}, Said("reject", "too_early", "in spring")),
        ({"do": "snooze", "days": "7"}, Said("snooze", days=7)),
    ],
)
def test_an_answer_is_carried_out_and_told(world: World, form: dict[str, str], said: Said) -> None:
    answer = world.http.post(ANN, data=form)
    assert answer.status_code == 200
    assert world.office.said == [("handoff", 7, fingerprint_of("ann"), said)]
    assert "Yours. Jane hears nothing" in answer.text


@pytest.mark.parametrize(
    "form",
    [{}, {"do": "buy"}, {"do": "reject"}, {"do": "snooze"}, {"do": "snooze", "days": "900"}, {"do": "done"}],
)
def test_a_form_without_an_answer_is_asked_again(world: World, form: dict[str, str]) -> None:
    answer = world.http.post(ANN, data=form)
    assert answer.status_code == 400
    assert "Please choose one of the answers." in answer.text
    assert world.office.said == []


@pytest.mark.acceptance(row=25)
def test_a_token_altered_or_of_another_kind_or_person_opens_nothing(world: World) -> None:
    others = [
        ANN[:-1] + ("A" if ANN[-1] != "A" else "B"),
        "/k/" + ANN[3:],
        "/h/" + person_token(RING, Purpose.TASK, 7, "ann"),
        "/h/" + person_token(RING, Purpose.HANDOFF, 8, "ann"),
        "/h/" + person_token(RING, Purpose.HANDOFF, 7, "bob"),
        "/h/",
    ]
    for path in others:
        assert world.http.get(path).status_code == 404
    assert world.http.post(others[0], data={"do": "accept"}).status_code == 404
    assert world.office.said == []


def test_what_is_answered_already_is_said_and_asks_no_more(world: World) -> None:
    world.office.question = replace(ASKED, open=False, state="Bea accepted this lead on Mon 2 Nov.")
    page = world.http.get(ANN).text
    assert "Bea accepted this lead" in page
    assert "<form" not in page


def test_who_took_it_is_not_asked_to_accept_again_and_may_give_it_back(world: World) -> None:
    world.office.question = replace(ASKED, until="", then="", state="Ann accepted this lead.")
    page = world.http.get(ANN).text
    assert "Ann accepted this lead." in page
    assert "Give back to marketing" in page
    assert "Accept:" not in page
    assert "Ask me again" not in page


def test_a_task_asks_what_came_of_it(world: World) -> None:
    world.office.question = Question("Ann", "Wed 4 Nov", kind="task", text="Call before the trial ends")
    path = "/k/" + person_token(RING, Purpose.TASK, 7, "ann")
    assert "Call before the trial ends" in world.http.get(path).text
    world.http.post(path, data={"do": "done", "note": "they stay"})
    assert world.office.said == [("task", 7, fingerprint_of("ann"), Said("done", note="they stay"))]


def test_nothing_is_lost_in_silence_while_the_store_is_away(world: World) -> None:
    world.office.away = True
    answer = world.http.post(ANN, data={"do": "accept"})
    assert answer.status_code == 503
    assert "Nothing was changed" in answer.text


def test_answers_to_a_task_stand_apart_under_a_thumb(world: World, browser: Browser) -> None:
    world.office.question = Question("Ann", "Wed 4 Nov", kind="task", text="Call before the trial ends")
    page = browser.new_page(viewport={"width": 375, "height": 800})
    page.goto(str(world.http.base_url.join("/k/" + person_token(RING, Purpose.TASK, 7, "ann"))))
    names = ("Done", "It could not be done")
    done, failed = (page.get_by_role("button", name=name, exact=True).bounding_box() for name in names)
    page.close()
    assert done is not None
    assert failed is not None
    assert failed["y"] - (done["y"] + done["height"]) >= 8
