"""Advancing, leaving, running out of steps, streams: how a lead moves through the stages of a campaign."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine.domain.actor import Actor
from engine.domain.delivery import DeliveryState
from engine.domain.journey.facts import EventKind, LeadFacts

from .world import DAY, HOUR, MONDAY, Play, branch, campaign, email, lead, programme, setting, stage

TWO = (
    stage("aware", email("decay"), email("cost", "3d"), advance="clicked('decay', link='checklist') or clicks >= 2"),
    stage("ready", email("offer", "1d")),
)


def test_a_click_advances_at_once_and_cancels_the_remaining_steps():
    play = Play(programme(campaign("c", *TWO))).run_to(MONDAY + HOUR).clicks("decay", "checklist")
    assert play.enrollment().stage == "ready"
    assert play.told("advanced")[0].data["because"] == "clicked('decay', link='checklist')"
    play.run_to(MONDAY + 20 * DAY)
    assert play.steps == ["decay", "offer"]
    assert play.sent_at("offer") == MONDAY + HOUR + DAY


@pytest.mark.acceptance(row=36)
@pytest.mark.parametrize("actor", [Actor.MACHINE, Actor.UNKNOWN])
def test_clicks_of_machines_advance_nobody(actor):
    play = Play(programme(campaign("c", *TWO))).run_to(MONDAY + HOUR)
    play.clicks("decay", "checklist", actor=actor).clicks("decay", "pricing", actor=actor)
    assert play.enrollment().stage == "aware"


def test_clicks_count_in_this_stage_only():
    last = stage("third", email("z"))
    middle = stage("middle", email("m", "9d"), advance="clicks >= 1")
    first = stage("first", email("a"), email("b", "9d"), advance="clicks >= 1")
    play = Play(programme(campaign("c", first, middle, last))).run_to(MONDAY + HOUR).clicks("a")
    assert play.enrollment().stage == "middle"
    play.run_for(HOUR)
    assert play.enrollment().stage == "middle"


def test_several_stages_are_advanced_at_once_when_their_rules_hold():
    stages = [stage(name, email(name), advance="ripe") for name in ("one", "two")]
    play = Play(programme(campaign("c", *stages, stage("three", email("end")))), LeadFacts(lead(fields={"ripe": True})))
    play.run_to(MONDAY)
    assert play.steps == ["end"]
    assert [line.data["to"] for line in play.told("advanced")] == ["two", "three"]


def test_time_alone_advances_and_the_decision_knows_when():
    slow = stage("one", email("a"), email("b", "30d"), advance="days_in_stage >= 5")
    play = Play(programme(campaign("c", slow, stage("two", email("x"))))).run_to(MONDAY + 4 * DAY)
    assert play.due_at == MONDAY + 5 * DAY
    play.run_to(MONDAY + 6 * DAY)
    assert play.sent_at("x") == MONDAY + 5 * DAY


def test_an_advance_rule_on_the_last_stage_does_not_stop_its_steps():
    play = Play(programme(campaign("c", stage("only", email("a"), advance="true", exhausted="exit"))))
    assert play.run_to(MONDAY + DAY).steps == ["a"]


@pytest.mark.parametrize(
    "happening",
    [
        lambda play: play.happens(EventKind.REPLY),
        lambda play: play.becomes(lifecycle="customer"),
        lambda play: play.run_to(MONDAY + 8 * DAY),
    ],
    ids=["a reply", "a change of the lead", "time alone"],
)
def test_exit_interrupts_a_wait(happening):
    rule = "replied or lifecycle == 'customer' or days_in_campaign > 7"
    play = Play(programme(campaign("c", stage("one", email("a"), email("b", "30d")), exit=rule))).run_to(MONDAY + DAY)
    happening(play)
    assert (play.enrollment().status, play.enrollment().ended_why) == ("ended", "exit")
    assert play.run_for(40 * DAY).steps == ["a"]


def test_exit_is_asked_on_entry():
    play = Play(programme(campaign("c", stage("one", email("a")), exit="ripe")), LeadFacts(lead(fields={"ripe": True})))
    play.run_to(MONDAY)
    assert play.codes == ["entered", "ended"]
    assert play.facts.deliveries == ()


def test_a_goal_is_noted_once_and_nobody_leaves_by_it():
    play = Play(programme(campaign("c", stage("one", email("a", "5d")), goal="event('demo')"))).run_to(MONDAY + DAY)
    play.event("demo").event("demo").run_to(MONDAY + 9 * DAY)
    assert len(play.told("goal")) == 1
    assert play.enrollment().goal_at == MONDAY + DAY
    assert play.steps == ["a"]


@pytest.mark.parametrize("state", [DeliveryState.DUE, DeliveryState.DEFERRED])
@pytest.mark.parametrize("leaving", ["exit", "advance"])
def test_a_mail_that_is_not_begun_is_withdrawn_when_the_lead_goes_on(state, leaving):
    one = stage("one", email("a"), email("b"), advance="ripe")
    play = Play(programme(campaign("c", one, stage("two", email("x", "9d")), exit="replied")), accepts=None)
    play.run_to(MONDAY).delivery_becomes("a", state)
    play.happens(EventKind.REPLY) if leaving == "exit" else play.knows(ripe=True)
    assert [d.state for d in play.facts.deliveries] == [DeliveryState.DROPPED]
    assert [w.step for w in play.latest.withdrawn] == ["a"]
    play.look()
    assert play.latest.withdrawn == ()


@pytest.mark.parametrize("state", [DeliveryState.SENDING, DeliveryState.TRANSMITTING, DeliveryState.UNKNOWN])
def test_a_mail_on_its_way_is_left_alone_when_the_lead_leaves(state):
    play = Play(programme(campaign("c", stage("one", email("a")), exit="replied")), accepts=None).run_to(MONDAY)
    play.delivery_becomes("a", state).happens(EventKind.REPLY)
    assert play.latest.withdrawn == ()
    assert play.facts.deliveries[0].state is state


def test_operational_mail_is_not_withdrawn_by_advancing():
    one = stage("one", email("a", operational=True), advance="ripe")
    play = Play(programme(campaign("c", one, stage("two", email("x", "9d")))), accepts=None).run_to(MONDAY)
    assert play.knows(ripe=True).latest.withdrawn == ()


@pytest.mark.parametrize(
    ("exhausted", "after", "then"),
    [("two", "14d", "two"), ("two", "", "two"), ("exit", "3d", ""), ("exit", "", ""), ("hold", "", "one")],
)
def test_a_stage_that_runs_out_does_what_its_author_said(exhausted, after, then):
    one = stage("one", email("a"), exhausted=exhausted, after=after)
    play = Play(programme(campaign("c", one, stage("two", email("x", "90d"))))).run_to(MONDAY + 20 * DAY)
    run = play.enrollment()
    assert (run.stage if run.status == "active" else "") == then


def test_running_out_waits_from_the_last_mails_acceptance_and_is_interrupted_by_advance():
    one = stage("one", email("a"), advance="ripe", exhausted="slow", after="14d")
    ways = programme(campaign("c", one, stage("two", email("x")), stage("slow", email("s"))))
    play = Play(ways, accepts=2 * DAY).run_to(MONDAY + 40 * DAY)
    assert {d.step: d.created_at for d in play.facts.deliveries}["s"] == MONDAY + 16 * DAY
    play = Play(ways, accepts=2 * DAY).run_to(MONDAY + 10 * DAY).knows(ripe=True).run_to(MONDAY + 40 * DAY)
    assert play.steps == ["a", "x"]


def test_a_campaign_whose_last_stage_says_nothing_is_finished():
    play = Play(programme(campaign("c", stage("one", email("a"))))).run_to(MONDAY + DAY)
    assert (play.enrollment().ended_why, play.due_at) == ("finished", None)


def test_a_stage_without_exit_and_without_exhausted_holds_its_leads():
    play = Play(programme(campaign("c", stage("one", email("a"), advance="ripe"), stage("two", email("b")))))
    play.run_to(MONDAY + DAY)
    assert play.enrollment().waiting == "hold"
    assert len(play.told("holding")) == 1
    assert play.knows(ripe=True).steps == ["a", "b"]


@pytest.mark.parametrize(("link", "then"), [("pricing", "ready"), ("other", "compare"), (None, "aware")])
def test_a_branch_takes_its_first_arm_that_holds_and_otherwise_the_next_step_follows(link, then):
    ask = branch("ask", "2d", ("clicked('cost', link='pricing')", "ready"), ("clicked('cost')", "compare"))
    stages = (
        stage("aware", email("cost"), ask, email("bump", "1d"), exhausted="hold"),
        stage("compare", email("c", "9d")),
        stage("ready", email("r", "9d")),
    )
    play = Play(programme(campaign("c", *stages))).run_to(MONDAY + DAY)
    if link:
        play.clicks("cost", link)
    play.run_to(MONDAY + 4 * DAY)
    assert play.enrollment().stage == then
    assert play.steps == (["cost"] if link else ["cost", "bump"])


def test_a_branch_can_leave_the_campaign():
    play = Play(programme(campaign("c", stage("one", branch("ask", "1d", ("", "exit")), email("a")))))
    play.run_to(MONDAY + 3 * DAY)
    assert (play.enrollment().ended_why, play.steps) == ("exit", [])


def test_a_lead_that_comes_back_to_a_stage_gets_no_mail_twice_unless_it_repeats():
    one = stage("one", email("a"), email("r", "1d", repeat=True), branch("ask", "1d", ("points < 1", "one")))
    play = Play(programme(campaign("c", one)), LeadFacts(lead(fields={"points": 0}))).run_to(MONDAY + 5 * DAY)
    assert play.steps == ["a", "r", "r", "r"]
    assert [mail.occurrence for mail in play.mails] == [1, 1, 2, 3]
    assert play.codes.count("had_already") >= 2, "the story says why 'a' does not come again"


def test_a_campaign_that_goes_in_circles_stops_and_says_so():
    stages = (stage("one", branch("x", "", ("", "two"))), stage("two", branch("y", "", ("", "one"))))
    play = Play(programme(campaign("c", *stages))).run_to(MONDAY)
    assert play.codes.count("going_in_circles") == 1
    assert play.look().enrollments == ()
    assert play.due_at == MONDAY + DAY


STREAM = "every week Tue 10:00"


def streaming(*names: str, exhausted: str = "hold") -> Play:
    steps = [email(name) for name in names]
    return Play(programme(campaign("c", stage("slow", *steps, cadence=STREAM, exhausted=exhausted))))


def test_a_stream_sends_one_mail_a_slot_and_never_repeats():
    play = streaming("a", "b", "c").run_to(MONDAY + 60 * DAY)
    assert [(mail.step, mail.at) for mail in play.mails] == [
        (step, datetime(2026, 11, day, 10, tzinfo=UTC)) for step, day in (("a", 3), ("b", 10), ("c", 17))
    ]
    assert play.enrollment().waiting == "hold"


def test_what_is_added_later_reaches_those_on_hold_at_a_slot_to_come():
    play = streaming("a").run_to(datetime(2026, 11, 25, 12, tzinfo=UTC))
    added = stage("slow", email("new"), email("a"), cadence=STREAM, exhausted="hold")
    play.under(campaign("c", added)).run_for(30 * DAY)
    assert play.steps == ["a", "new"]
    assert play.sent_at("new") == datetime(2026, 12, 1, 10, tzinfo=UTC)


def test_a_stream_never_repeats_a_mail_in_a_later_run_and_wastes_no_slot_on_it():
    slow = stage("slow", email("a"), email("b"), cadence=STREAM, exhausted="exit")
    play = Play(programme(campaign("c", slow, reenter="1d"))).run_to(datetime(2026, 11, 10, 11, tzinfo=UTC))
    more = stage("slow", email("a"), email("b"), email("c"), cadence=STREAM, exhausted="exit")
    play.under(campaign("c", more, reenter="1d")).run_for(20 * DAY)
    assert play.steps == ["a", "b", "c"]
    assert play.sent_at("c") == datetime(2026, 11, 17, 10, tzinfo=UTC)


def test_a_stream_in_which_a_lead_had_everything_runs_out_at_once():
    slow = stage("slow", email("a"), cadence=STREAM, exhausted="exit")
    back = stage("back", branch("again", "30d", ("", "slow")))
    ways = programme(campaign("c", stage("slow", email("a"), cadence=STREAM, exhausted="back"), back))
    play = Play(ways).run_to(MONDAY + 20 * DAY).under(campaign("c", slow, back)).run_for(60 * DAY)
    assert play.steps == ["a"]
    assert play.enrollment().ended_why == "finished"


def test_a_stream_that_was_paused_goes_on_at_a_slot_not_in_between():
    play = streaming("a", "b").run_to(datetime(2026, 11, 4, tzinfo=UTC)).becomes(handed_off_at=MONDAY + DAY)
    play.run_to(datetime(2026, 11, 27, 12, tzinfo=UTC)).becomes(handed_off_at=None).run_for(20 * DAY)
    assert play.sent_at("b") == datetime(2026, 12, 1, 10, tzinfo=UTC)


def test_a_set_field_is_seen_by_later_rules_of_the_same_decision():
    one = stage("one", setting("grow", points=9), advance="points > 5")
    other = campaign("other", stage("x", email("hello")), enter="points > 5")
    play = Play(programme(other, campaign("c", one, stage("two", email("b")))))
    decision = play.look()
    assert decision.fields == {"points": 9}
    assert {e.campaign: e.stage for e in play.facts.enrollments} == {"c": "two", "other": "x"}
    assert play.look().enrollments == ()


def test_a_set_lifecycle_can_end_the_run_that_set_it():
    ways = programme(
        campaign("c", stage("one", setting("win", lifecycle="customer"), email("a")), exit="lifecycle == 'customer'")
    )
    play = Play(ways).run_to(MONDAY)
    assert (play.enrollment().ended_why, play.facts.deliveries) == ("exit", ())
