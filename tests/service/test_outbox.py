"""Webhook steps reach their receiver: signed, at least once under one name, whoever is away, slow or killed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook as Published

from engine.clock import SystemClock
from engine.config.model import Safety
from engine.config.outside import Crm, Webhook
from engine.connect.signing import fresh_secret
from engine.domain.outbox import SCHEDULE, Answer, Fate
from engine.errors import RipelineError
from engine.service.erase import dossier_of, erase
from engine.service.outbox import LEASE, Postman, drop, outbox_of, resume_target, retry
from engine.service.running import Runner
from engine.service.status import status_of
from engine.service.webhooks import make_secret, post_test
from engine.service.why import story_of_lead
from engine.store.database import reading, writing
from engine.store.outbox import Letter, Waiting, claim_letter, give_up_letter, letter_row, open_letters, post
from tests.connect.dripping import DrippingServer
from tests.connect.hookserver import HookServer
from tests.service.conftest import Found
from tests.service.world import MONDAY, World

STEPS = """
title = "Told"
theme = "data"
state = "live"
enter = "source == 'told'"
backfill = true
[stage.only]
exhausted = "exit"
[[stage.only.step]]
id = "tell-crm"
webhook = "crm"
"""
SECRET = fresh_secret()


@pytest.fixture
def hooks() -> Iterator[HookServer]:
    with HookServer() as running:
        yield running


@pytest.fixture
def told(found: Found, hooks: HookServer, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world with a campaign that posts its leads to `crm`, and one lead in it."""
    monkeypatch.setenv("CRM_HOOK_SECRET", SECRET)
    world = found(webhooks={"crm": Webhook(url=hooks.url, secret_env="CRM_HOOK_SECRET", inner=True)})
    config = world.path / "config.toml"
    hook = '\n[webhooks]\ncrm = { url = "https://crm.example", secret_env = "CRM_HOOK_SECRET" }\n'
    config.write_text(config.read_text("utf-8") + hook, "utf-8")
    (world.path / "campaigns" / "told.toml").write_text(STEPS, "utf-8")
    world.apply(world.prospect())
    world.take_in("jane@northwind.example,Jane,told")
    world.tick()
    return world


def postman(world: World) -> Postman:
    return Postman(world.home, Runner(world.home))


def row(world: World, number: int = 1) -> Any:
    with reading(world.home.store) as connection:
        return letter_row(connection, number)


def at(world: World, **after: float) -> None:
    world.clock.step_to(MONDAY + timedelta(**after))


def moments(world: World) -> list[tuple[str, str, str]]:
    story = story_of_lead(world.home, world.runner.current(), "jane@northwind.example", world.clock.now())
    return [(m.what, m.about, m.why) for m in story.moments]


def test_step_is_told_to_its_receiver_and_the_story_says_so(told: World, hooks: HookServer) -> None:
    assert postman(told).round() == 1
    [posted] = hooks.posted
    content = json.loads(posted.content)
    data = content["data"]
    assert (content["type"], content["timestamp"]) == ("lead.step", MONDAY.isoformat())
    assert (data["campaign"], data["stage"], data["step"]) == ("told", "only", "tell-crm")
    assert (data["lead"]["email"], data["lead"]["fields"]["first_name"]) == ("jane@northwind.example", "Jane")
    assert ("entered", "told") in [(line["what"], line["about"]) for line in data["lead"]["story"]]
    assert ("told", "crm (lead.step)", "127.0.0.1 answered 204") in moments(told)
    assert status_of(told.home, told.clock.now()).outside == {}


def test_published_library_takes_what_arrives(told: World, hooks: HookServer) -> None:
    post_test(replace(told.home, clock=SystemClock()), "crm")  # the library asks the machine's clock
    [posted] = hooks.posted
    assert Published(SECRET).verify(posted.content, posted.headers)["type"] == "ripeline.test"


def test_step_is_posted_once_however_often_it_is_looked_at(told: World, hooks: HookServer) -> None:
    for _ in range(3):
        postman(told).round()
    assert len(hooks.posted) == 1


def test_receiver_that_is_away_for_a_day_misses_nothing(told: World, hooks: HookServer) -> None:
    hooks.answer(503)
    for hour in range(24):
        at(told, hours=hour)
        postman(told).round()
    tries = len(hooks.posted)
    assert 5 <= tries <= 8
    assert [letter.problem for letter in outbox_of(told.home).letters] == ["127.0.0.1 answered 503"]
    hooks.answer(200)
    at(told, hours=48)
    assert postman(told).round() == 1
    assert len({posted.headers["webhook-id"] for posted in hooks.posted}) == 1
    assert len(hooks.posted) == tries + 1


def test_carrier_killed_after_the_post_posts_again_under_the_same_name(told: World, hooks: HookServer) -> None:
    with pytest.raises(KeyboardInterrupt):  # as a kill: nothing after the post is done
        dying = postman(told)
        dying._settle = lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)  # type: ignore[method-assign]
        dying.round()
    assert postman(told).round() == 0
    told.clock.step_to(MONDAY + LEASE)
    assert postman(told).round() == 1
    first, second = hooks.posted
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.content == second.content


def test_carrier_killed_before_the_post_loses_nothing(told: World, hooks: HookServer) -> None:
    postman(told)._claimed([])  # posts nothing yet: the step's letter is written in a round
    with pytest.raises(KeyboardInterrupt):
        dying = postman(told)
        dying._carried = lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)  # type: ignore[method-assign]
        dying.round()
    assert hooks.posted == []
    told.clock.step_to(MONDAY + LEASE)
    assert postman(told).round() == 1


def test_letter_is_given_up_after_four_days_with_an_alert_and_can_be_tried_again(
    told: World, hooks: HookServer
) -> None:
    hooks.answer(500)
    carrier = postman(told)
    for _ in range(len(SCHEDULE) + 1):
        carrier.round()
        if row(told).due_at is not None:
            told.clock.step_to(row(told).due_at)
    assert row(told).given_up_at is not None
    assert timedelta(days=4) <= told.clock.now() - MONDAY <= timedelta(days=5)
    assert len(hooks.posted) == len(SCHEDULE) + 1
    assert told.alerts() == ["outbox:webhook:crm"]
    assert ("not told", "crm (lead.step)", "127.0.0.1 answered 500") in moments(told)
    assert status_of(told.home, told.clock.now()).letters.given_up == 1
    hooks.answer(200)
    assert retry(told.home, 1) == 1
    assert carrier.round() == 1
    assert told.alerts() == []


def test_receiver_that_is_gone_gets_nothing_until_a_person_resumes_it(told: World, hooks: HookServer) -> None:
    hooks.answer(410)
    carrier = postman(told)
    for day in range(3):
        at(told, days=day)
        carrier.round()
    assert len(hooks.posted) == 1
    assert told.alerts() == ["outbox:webhook:crm"]
    hooks.answer(200)
    assert resume_target(told.home, "crm") == 1
    assert carrier.round() == 1
    assert told.alerts() == []
    with pytest.raises(RipelineError, match="nothing is stopped"):
        resume_target(told.home, "crm")


def test_receiver_that_fails_holds_up_nobody_else(told: World, hooks: HookServer) -> None:
    with HookServer((503, {}, b"")) as broken:
        told.home.config.webhooks["bi"] = Webhook(url=broken.url, secret_env="CRM_HOOK_SECRET", inner=True)
        with writing(told.home.store) as connection:
            for number in range(5):
                post(connection, Letter(f"bi-{number}", "webhook", "bi", "test"), MONDAY - timedelta(hours=1))
        assert postman(told).round() == 1
        assert (len(broken.posted), len(hooks.posted)) == (1, 1)


def test_receiver_whose_answer_drips_holds_up_nobody_else(
    told: World, hooks: HookServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.service.outbox.LONGEST", timedelta(seconds=0.4))
    with DrippingServer(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n") as dripping:
        told.home.config.webhooks["bi"] = Webhook(url=dripping.url, secret_env="CRM_HOOK_SECRET", inner=True)
        with writing(told.home.store) as connection:
            for number in range(3):
                post(connection, Letter(f"bi-{number}", "webhook", "bi", "test"), MONDAY - timedelta(hours=1))
        assert postman(told).round() == 1
        assert (dripping.visits, len(hooks.posted)) == (1, 1)
    with reading(told.home.store) as connection:
        slow = next(letter for letter in open_letters(connection, 9) if letter.attempts)
    assert "did not answer completely" in slow.problem


def test_receiver_says_when_to_come_again(told: World, hooks: HookServer) -> None:
    hooks.answer(429, **{"Retry-After": "7200"})
    postman(told).round()
    assert row(told).due_at == MONDAY + timedelta(hours=2)


def test_secret_that_is_missing_is_told_and_its_letters_wait(told: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CRM_HOOK_SECRET")
    assert postman(told).round() == 0
    assert row(told).problem == "webhook 'crm': the environment variable CRM_HOOK_SECRET is not set"


@pytest.mark.acceptance(row=29)
def test_webhook_inside_is_refused_unless_config_says_that_it_stands_there(told: World, hooks: HookServer) -> None:
    refusals = {
        f"https://127.0.0.1:{hooks.port}/": "public address",
        hooks.url: "https://",
        "https://169.254.169.254/latest/meta-data/": "public address",
    }
    for url, problem in refusals.items():
        told.home.config.webhooks["crm"] = url
        told.clock.step_to(told.clock.now() + timedelta(hours=30))
        assert postman(told).round() == 0
        assert problem in row(told).problem
    told.home.config.webhooks["crm"] = Webhook(
        url="http://169.254.169.254/latest/", secret_env="CRM_HOOK_SECRET", inner=True
    )
    told.clock.step_to(told.clock.now() + timedelta(hours=30))
    postman(told).round()
    assert "not a public address" in row(told).problem
    assert hooks.posted == []


@pytest.mark.acceptance(row=29)
def test_webhook_that_redirects_inside_leads_nowhere(told: World, hooks: HookServer) -> None:
    with HookServer() as inside:
        hooks.answer(307, Location=inside.url)
        assert postman(told).round() == 0
        assert row(told).problem.endswith("307 (redirects are not followed)")
        assert inside.posted == []


def test_erased_lead_takes_its_letter_along(told: World, hooks: HookServer) -> None:
    hooks.answer(503)
    postman(told).round()
    erase(told.home, dossier_of(told.home, "jane@northwind.example"), "asked")
    at(told, days=1)
    postman(told).round()
    assert len(hooks.posted) == 1


def test_letter_claimed_by_another_is_not_carried_twice(told: World, hooks: HookServer) -> None:
    hooks.answer(503)
    postman(told).round()
    at(told, hours=1)
    with writing(told.home.store) as connection:
        assert claim_letter(connection, told.clock.now(), told.clock.now() + LEASE) is not None
    assert postman(told).round() == 0
    assert len(hooks.posted) == 1


def safe(told: World, *hosts: str, to: str = "me@acme.example") -> None:
    """The daemon is started again with this in its config."""
    told.home.config.__dict__["safety"] = Safety(deliver_to=to, hosts=hosts)


def test_safe_mode_holds_what_would_be_told_of_real_people(told: World, hooks: HookServer) -> None:
    safe(told)
    assert postman(told).round() == 0
    at(told, days=9)
    assert postman(told).round() == 0
    assert (hooks.posted, row(told).attempts) == ([], 0)

    found = outbox_of(told.home)
    assert found.held_letters == 1
    why = found.held["webhook", "crm"]
    assert why == "held by safe mode, as 127.0.0.1 is not among [safety] hosts"
    concerns = story_of_lead(told.home, told.runner.current(), "jane@northwind.example", told.clock.now()).concerns
    assert f"Not told to webhook 'crm': lead.step, {why}." in concerns
    assert status_of(told.home, told.clock.now()).held_letters == 1


def test_what_safe_mode_held_goes_out_when_it_is_off(told: World, hooks: HookServer) -> None:
    safe(told)
    postman(told).round()
    safe(told, to="")
    assert postman(told).round() == 1
    assert len(hooks.posted) == 1
    assert outbox_of(told.home).held == {}


def test_hosts_for_trying_things_out_are_told_in_safe_mode_too(told: World, hooks: HookServer) -> None:
    safe(told, "127.0.0.1")
    assert postman(told).round() == 1
    assert len(hooks.posted) == 1


def test_held_letters_are_dropped_by_hand_and_never_go(told: World, hooks: HookServer) -> None:
    safe(told)
    postman(told).round()
    assert drop(told.home) == 1
    assert drop(told.home) == 0
    safe(told, to="")
    at(told, days=1)
    assert retry(told.home) == 0
    assert postman(told).round() == 0
    assert hooks.posted == []
    assert any("dropped by hand" in why for _, _, why in moments(told))
    with pytest.raises(RipelineError, match="does not wait"):
        drop(told.home, 1)


def test_letter_that_was_given_up_can_be_dropped_and_is_then_no_trouble(told: World, hooks: HookServer) -> None:
    hooks.answer(503)
    postman(told).round()
    with writing(told.home.store) as connection:
        assert give_up_letter(connection, 1, 1, "away", MONDAY)
    assert drop(told.home, 1) == 1
    assert outbox_of(told.home).counts == Waiting()


def test_safe_mode_holds_the_crm_too(found: Found, monkeypatch: pytest.MonkeyPatch) -> None:
    crm = Crm(kind="salesforce", url="https://acme.my.salesforce.com")
    world = found(crm=crm, safety=Safety(deliver_to="me@acme.example"))
    with writing(world.home.store) as connection:
        post(connection, Letter("h1", "crm", "salesforce", "lead.handed_off"), MONDAY)
    carried: list[Any] = []

    def carry(letter: Any) -> Answer:
        carried.append(letter)
        return Answer(Fate.DONE)

    assert Postman(world.home, Runner(world.home), {"crm": carry}).round() == 0
    assert carried == []
    safe(world, "Acme.my.salesforce.com")
    assert Postman(world.home, Runner(world.home), {"crm": carry}).round() == 1


def test_sample_is_posted_signed(told: World, hooks: HookServer) -> None:
    assert post_test(told.home, "crm").words == "127.0.0.1 answered 204"
    assert json.loads(hooks.posted[0].content)["type"] == "ripeline.test"
    with pytest.raises(RipelineError, match="did you mean 'crm'"):
        post_test(told.home, "crn")


def test_secret_is_made_in_a_file_and_changed_with_both_signing(told: World, hooks: HookServer) -> None:
    path, changed = make_secret(told.path, "crm")
    old = path.read_text().strip()
    assert (path.stat().st_mode & 0o777, changed) == (0o600, False)
    assert (path.parent / ".gitignore").read_text().splitlines()[-1] == "*"
    assert make_secret(told.path, "crm") == (path, True)
    assert path.read_text().split()[1] == old
    told.home.config.webhooks["crm"] = Webhook(url=hooks.url, secret_file="keys/crm-webhook-secret", inner=True)
    post_test(told.home, "crm")
    assert len(hooks.posted[0].headers["webhook-signature"].split(" ")) == 2
    path.chmod(0o644)
    with pytest.raises(RipelineError, match="can be read by others"):
        post_test(told.home, "crm")
    with pytest.raises(RipelineError, match="cannot be the name"):
        make_secret(told.path, "../x")
