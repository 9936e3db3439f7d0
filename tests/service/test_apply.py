"""Applying files to a home in play: who is touched, and that nobody is mailed twice or left behind."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.errors import ProblemsError, RipelineError
from engine.service.apply import apply
from engine.service.keepsakes import part_of
from engine.service.pause import pause_campaign, resume_campaign
from engine.service.prospect import prospect
from engine.service.rollback import report_of_bundle
from tests.service.conftest import Found
from tests.service.world import CAMPAIGNS, World
from tests.smtpscript import Rule, Say, Wait

JANE, BOB = "jane@northwind.example", "bob@northwind.example"
DRIP = "campaigns/drip.toml"


def test_nothing_new_is_said_so(world: World) -> None:
    plan = world.prospect()
    assert plan.nothing_new
    assert plan.safe
    assert plan.effects == plan.openings == ()


def test_removing_a_step_under_waiting_leads_is_not_safe_and_sends_them_on(world: World) -> None:
    world.take_in(f"{JANE},Jane,web")
    world.go()
    plan = world.rewrite(DRIP, lambda text: text.replace(_step("second"), ""))
    assert not plan.safe
    assert [(effect.change.step, effect.leads) for effect in plan.effects] == [("second", 1)]
    world.apply(plan)
    world.later(days=3)
    assert world.states(JANE) == [("first", "sent")]
    assert world.story(JANE)[-1].code == "ended"


def _step(name: str) -> str:
    text = CAMPAIGNS["drip"]
    begin = text.index(f'[[stage.aware.step]]\nemail = "{name}"')
    end = text.index("[stage.ripe]")
    return text[begin:end]


def test_rewording_is_safe_and_takes_effect(world: World) -> None:
    world.take_in(f"{JANE},Jane,web")
    world.go()
    plan = world.rewrite(
        "templates/data/aware/second.html", lambda text: text.replace("Still there?", "Shall we talk?")
    )
    assert plan.safe
    assert not plan.nothing_new
    world.apply(plan)
    world.later(days=3)
    assert "Shall we talk?" in part_of(world.server.accepted[-1].message, "plain")


def test_renamed_step_keeps_its_place_and_is_not_sent_again(world: World) -> None:
    world.take_in(f"{JANE},Jane,web")
    world.go()
    plan = world.rewrite(
        DRIP,
        lambda text: (
            text.replace('theme = "data"', 'theme = "data"\nmoved = { "first" = "hello" }')
            .replace('email = "first"', 'email = "first"\nid = "hello"')
            .replace('thread = "first"', 'thread = "hello"')
            .replace("clicked('first'", "clicked('hello'")
        ),
    )
    assert plan.safe
    world.apply(plan)
    world.later(days=3)
    assert world.subjects(JANE) == ["Your data", "Re: Your data"]


def test_mail_that_waits_while_its_step_is_renamed_still_goes(world: World) -> None:
    world.take_in(f"{JANE},Jane,web")
    world.tick()
    plan = world.rewrite(
        DRIP,
        lambda text: (
            text.replace('theme = "data"', 'theme = "data"\nmoved = { "first" = "hello" }')
            .replace('email = "first"', 'email = "first"\nid = "hello"')
            .replace('thread = "first"', 'thread = "hello"')
            .replace("clicked('first'", "clicked('hello'")
        ),
    )
    world.apply(plan)
    world.go()
    assert world.subjects(JANE) == ["Your data"]
    assert [state for _, state in world.states(JANE)] == ["sent"]


def test_removed_campaign_ends_its_runs_and_withdraws_its_mails(world: World) -> None:
    world.take_in(f"{JANE},Jane,web")
    world.tick()
    (world.path / DRIP).unlink()
    plan = world.prospect()
    assert not plan.safe
    world.apply(plan)
    world.go()
    assert world.states(JANE) == [("first", "dropped")]
    assert world.server.accepted == []


def test_campaign_that_opens_without_backfill_passes_over_who_is_there(world: World) -> None:
    world.take_in(f"{JANE},Jane,fair")
    text = CAMPAIGNS["drip"].replace("source == 'web'", "source == 'fair'").replace("backfill = true", "")
    plan = world.rewrite(DRIP, lambda _: text)
    assert [(o.campaign, o.enter_now, o.passed_over) for o in plan.openings] == [("drip", 0, 1)]
    assert plan.openings[0].safe
    world.apply(plan)
    world.take_in(f"{BOB},Bob,fair")
    world.go()
    assert world.states(JANE) == []
    assert world.states(BOB) == [("first", "sent")]


def test_campaign_that_opens_with_backfill_names_who_would_enter(world: World) -> None:
    world.take_in(f"{JANE},Jane,fair", f"{BOB},Bob,other")
    plan = world.rewrite(DRIP, lambda text: text.replace("source == 'web'", "source == 'fair'"))
    assert not plan.safe
    (opening,) = plan.openings
    assert (opening.enter_now, opening.sample, opening.first_mail) == (1, (f"Jane <{JANE}>",), "first")
    world.apply(plan)
    world.go()
    assert world.states(JANE) == [("first", "sent")]
    assert world.states(BOB) == []


def test_broken_files_change_nothing(world: World) -> None:
    with pytest.raises(ProblemsError):
        world.rewrite(DRIP, lambda text: text.replace("enter =", "entre ="))
    world.take_in(f"{JANE},Jane,web")
    world.go()
    assert world.states(JANE) == [("first", "sent")]


def test_change_is_not_applied_over_one_that_nobody_was_shown(world: World) -> None:
    shown = world.rewrite(DRIP, lambda text: text.replace('wait = "2d"', 'wait = "3d"'))
    other = world.rewrite(DRIP, lambda text: text.replace('wait = "3d"', 'wait = "4d"'))
    world.apply(other)
    with pytest.raises(RipelineError, match="another bundle was applied meanwhile"):
        world.apply(shown)


@pytest.mark.acceptance(row=13)
def test_pause_resume_and_a_new_bundle_in_mid_batch_mail_nobody_twice(found: Found) -> None:
    go_on = threading.Event()
    world = found(
        Rule("DOT", Wait(until=go_on), skip=4, times=1), Rule("RCPT", Say("451 4.3.0 later"), skip=9, times=3)
    )
    people = [f"lead{n}@northwind.example" for n in range(30)]
    world.take_in(*(f"{who},Jane,web" for who in people))
    world.tick()
    with ThreadPoolExecutor(1) as other:
        sending = other.submit(world.send)
        world.server.wait_for(lambda server: len(server.accepted) >= 4)
        pause_campaign(world.home, "drip")
        plan = world.rewrite("templates/data/aware/first.html", lambda text: text.replace("Hello", "Good day"))
        world.apply(plan)
        resume_campaign(world.home, "drip")
        go_on.set()
        sending.result(30)
    world.later(hours=2)
    assert [world.states(who) for who in people] == [[("first", "sent")]] * 30
    assert sorted(mail.recipients[0] for mail in world.server.accepted) == sorted(people)


def test_mails_of_a_paused_campaign_wait_without_an_alert_and_go_at_once_when_it_resumes(world: World) -> None:
    world.take_in(f"{JANE},Jane,web")
    world.tick()
    pause_campaign(world.home, "drip")
    world.later(hours=3)
    assert world.states(JANE) == [("first", "due")]
    assert world.alerts() == []
    resume_campaign(world.home, "drip")
    world.go()
    assert world.states(JANE) == [("first", "sent")]


def test_going_back_is_planned_as_a_change_and_repeats_nothing(world: World) -> None:
    world.take_in(f"{JANE},Jane,web")
    world.go()
    first = world.runner.current().programme.bundle
    world.apply(world.rewrite(DRIP, lambda text: text.replace('wait = "2d"', 'wait = "9d"')))
    number, report = report_of_bundle(world.home)
    assert number == first
    plan = prospect(world.home, report, world.runner)
    assert [effect.change.told for effect in plan.effects] == ["waits 9 days → 2 days"]
    assert apply(world.home, plan, "ann, back") == first + 2
    world.later(days=3)
    assert world.states(JANE) == [("first", "sent"), ("second", "sent")]
    assert world.runner.digest == plan.digest


@pytest.mark.parametrize(
    ("number", "said"), [(99, "there is no bundle 99"), (1, "bundle 1 is what runs already"), (None, "first one")]
)
def test_bundle_that_cannot_be_gone_back_to_is_told(world: World, number: int | None, said: str) -> None:
    with pytest.raises(RipelineError, match=said):
        report_of_bundle(world.home, number)
