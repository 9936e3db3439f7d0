"""Lanes, hand-off, paused and changed campaigns: who stands still, and goes on from where."""

from __future__ import annotations

import pytest

from engine.domain.campaign import CampaignState
from engine.domain.delivery import DeliveryState
from engine.domain.journey.facts import EventKind
from engine.domain.journey.programme import Standing
from engine.domain.steps import HandoffStep
from engine.domain.timing import Span

from .world import DAY, HOUR, MONDAY, Play, campaign, email, programme, stage

HIGH = campaign("high", stage("one", email("h", "3d")), lane="nurture", priority=50, enter="ripe", exit="replied")
LOW = campaign("low", stage("one", email("l1"), email("l2", "2d"), email("l3", "2d")), lane="nurture", priority=40)


def test_in_a_lane_the_highest_priority_runs_and_the_others_pause_in_place():
    play = Play(programme(LOW, HIGH)).run_to(MONDAY + HOUR).knows(ripe=True)
    low = play.enrollment("low")
    assert (low.status, low.waiting, low.step) == ("paused", "lane:high", "l2")
    assert play.run_to(MONDAY + 3 * DAY).steps == ["l1"]


def test_when_the_lane_is_free_the_next_one_goes_on_in_the_same_look():
    play = Play(programme(LOW, HIGH)).run_to(MONDAY + HOUR).knows(ripe=True).run_to(MONDAY + 20 * DAY)
    assert play.steps == ["l1", "h", "l2", "l3"]
    ended = next(line for line in play.told("ended") if line.campaign == "high")
    assert play.told("resumed")[0].at == ended.at
    assert play.sent_at("l2") - play.sent_at("h") < HOUR


def test_an_exit_counts_while_the_run_is_paused():
    low = campaign("low", stage("one", email("l1"), email("l2", "2d")), lane="nurture", priority=1, exit="replied")
    play = Play(programme(low, HIGH)).run_to(MONDAY).knows(ripe=True).happens(EventKind.REPLY)
    assert {e.ended_why for e in play.facts.enrollments} == {"exit"}


def test_campaigns_outside_a_lane_run_beside_each_other():
    other = campaign("other", stage("one", email("o", "1d")))
    play = Play(programme(LOW, HIGH, other)).knows(ripe=True).run_to(MONDAY + 2 * DAY)
    assert play.steps == ["o"]
    assert play.enrollment("low").status == "paused"


def test_two_runs_of_one_campaign_in_a_lane_go_one_after_the_other():
    keyed = campaign("k", stage("one", email("a", "1d")), on="trial", key="trigger.id", lane="x")
    play = Play(programme(keyed)).event("trial", id=1).event("trial", id=2).run_to(MONDAY + 3 * DAY)
    assert [(e.key, e.status) for e in play.facts.enrollments] == [("1", "ended"), ("2", "ended")]
    assert len(play.mails) == 2


def test_a_paused_campaign_does_not_keep_its_lane():
    play = Play(programme(LOW, HIGH)).run_to(MONDAY + HOUR).knows(ripe=True)
    play.under(LOW, HIGH, high=Standing(paused=True)).run_to(MONDAY + 10 * DAY)
    assert play.steps == ["l1", "l2", "l3"]


def test_pause_is_told_once():
    play = Play(programme(LOW, HIGH)).knows(ripe=True)
    for hours in range(5):
        play.look(MONDAY + hours * HOUR)
    assert play.codes.count("paused") == 1


HANDS_OVER = stage("one", email("a"), HandoffStep(id="over", note="call her"), email("b"), email("c", "1d"))


def test_a_handoff_pauses_every_campaign_at_once_also_the_one_that_handed_over():
    other = campaign("other", stage("one", email("x"), email("y", "1d")), priority=10)
    play = Play(programme(campaign("c", HANDS_OVER), other)).run_to(MONDAY + 30 * DAY)
    assert play.facts.lead.handed_off_at is not None
    assert set(play.steps) <= {"a", "x"}
    assert {e.waiting for e in play.facts.enrollments} == {"handed_off"}


def test_recycling_resumes_where_the_lead_was():
    play = Play(programme(campaign("c", HANDS_OVER))).run_to(MONDAY + 30 * DAY).becomes(handed_off_at=None)
    play.run_to(MONDAY + 40 * DAY)
    assert play.steps == ["a", "b", "c"]
    assert len([a for a in play.facts.actions if a.step == "over"]) == 1


def test_sales_gives_a_lead_back_by_the_event_recycled():
    play = Play(programme(campaign("c", HANDS_OVER))).run_to(MONDAY + 30 * DAY)
    play.event("Recycled", reason="too early")
    play.run_for(10 * DAY)
    assert play.steps == ["a", "b", "c"]


def test_the_wait_behind_a_handoff_counts_from_when_sales_gave_the_lead_back():
    one = stage("one", HandoffStep(id="over"), exhausted="two", after="14d")
    play = Play(programme(campaign("c", one, stage("two", email("z"))))).run_to(MONDAY + 30 * DAY)
    play.event("recycled")
    play.run_for(13 * DAY)
    assert play.steps == []
    play.run_for(2 * DAY)
    assert play.steps == ["z"]


@pytest.mark.parametrize(("later", "steps"), [(0, ["a", "b", "c"]), (-1, ["a"])])
def test_a_give_back_known_by_its_day_alone_counts_on_the_day_of_the_handoff(later, steps):
    play = Play(programme(campaign("c", HANDS_OVER))).run_to(MONDAY + 30 * DAY)
    handed = play.facts.lead.handed_off_at
    day = handed.replace(hour=0, minute=0) + later * DAY
    play.happens(EventKind.CUSTOM, "recycled", at=day, received_at=play.now)
    play.run_for(10 * DAY)
    assert play.steps == steps


def test_a_handoff_after_the_lead_came_back_holds_again():
    first, second = HandoffStep(id="over"), HandoffStep(id="again", wait=Span(days=1))
    play = Play(programme(campaign("c", stage("one", email("a"), first, second, email("b"))))).run_to(MONDAY + 9 * DAY)
    play.event("recycled")
    play.run_for(9 * DAY)
    assert play.steps == ["a"]
    assert play.enrollment().waiting == "handed_off"


def test_who_enters_while_sales_has_the_lead_waits_as_well():
    play = Play(programme(campaign("c", stage("one", email("a"))))).becomes(handed_off_at=MONDAY)
    assert (play.enrollment().status, play.facts.deliveries) == ("paused", ())


def test_a_mail_accepted_while_its_run_is_paused_is_over_on_return():
    play = Play(programme(campaign("c", stage("one", email("a"), email("b", "1d")))), accepts=None).run_to(MONDAY)
    play.becomes(handed_off_at=MONDAY).delivery_becomes("a", DeliveryState.SENT).becomes(handed_off_at=None)
    assert play.enrollment().step == "b"


LONG = (stage("one", email("a"), email("b", "2d"), email("c", "2d"), exhausted="hold"), stage("two", email("z", "9d")))


@pytest.mark.acceptance(row=13)
@pytest.mark.parametrize("state", [CampaignState.PAUSED, CampaignState.DRAFT])
def test_a_paused_campaign_keeps_everything_and_goes_on_without_repeating(state):
    play = Play(programme(campaign("c", *LONG))).run_to(MONDAY + DAY).under(campaign("c", *LONG, state=state))
    assert play.run_to(MONDAY + 9 * DAY).enrollment().waiting == "campaign_paused"
    play.under(campaign("c", *LONG)).run_to(MONDAY + 20 * DAY)
    assert play.steps == ["a", "b", "c"]


@pytest.mark.acceptance(row=13)
def test_a_removed_campaign_stands_still_and_goes_on_when_it_is_back():
    play = Play(programme(campaign("c", *LONG))).run_to(MONDAY + DAY).under()
    assert (play.enrollment().waiting, play.due_at) == ("campaign_removed", None)
    play.run_to(MONDAY + 9 * DAY).under(campaign("c", *LONG)).run_to(MONDAY + 20 * DAY)
    assert play.steps == ["a", "b", "c"]


@pytest.mark.acceptance(row=13)
def test_a_removed_stage_ends_with_its_reason_or_goes_where_moved_says():
    play = Play(programme(campaign("c", *LONG))).run_to(MONDAY + DAY).under(campaign("c", LONG[1]))
    assert play.enrollment().ended_why == "stage_removed"
    renamed = stage("uno", *LONG[0].steps, exhausted="hold")
    play = Play(programme(campaign("c", *LONG))).run_to(MONDAY + DAY)
    play.under(campaign("c", renamed, LONG[1], moved={"one": "eins", "eins": "uno"})).run_to(MONDAY + 20 * DAY)
    assert play.steps == ["a", "b", "c"]
    assert play.enrollment().stage == "uno"


@pytest.mark.acceptance(row=13)
def test_a_removed_step_lets_its_leads_go_on_to_the_next():
    play = Play(programme(campaign("c", *LONG))).run_to(MONDAY + DAY)
    play.under(campaign("c", stage("one", email("a"), email("c", "2d"), exhausted="hold"))).run_to(MONDAY + 20 * DAY)
    assert [(m.step, m.at) for m in play.mails] == [("a", MONDAY), ("c", MONDAY + 2 * DAY)]


@pytest.mark.acceptance(row=13)
def test_a_step_added_before_where_a_lead_stands_is_not_for_it():
    play = Play(programme(campaign("c", *LONG))).run_to(MONDAY + 3 * DAY)
    added = stage("one", email("new"), email("a"), email("b", "2d"), email("case"), email("c", "2d"), exhausted="hold")
    play.under(campaign("c", added)).run_to(MONDAY + 20 * DAY)
    assert play.steps == ["a", "b", "c"]


def test_a_step_added_at_the_end_reaches_those_who_wait_there():
    play = Play(programme(campaign("c", *LONG))).run_to(MONDAY + 9 * DAY)
    more = stage("one", *LONG[0].steps, email("d", "7d"), exhausted="hold")
    play.under(campaign("c", more)).run_to(MONDAY + 30 * DAY)
    assert play.sent_at("d") == MONDAY + 11 * DAY


@pytest.mark.acceptance(row=13)
@pytest.mark.parametrize("key", ["a", "one/a"])
@pytest.mark.parametrize("sent", [True, False])
def test_a_renamed_step_is_not_mailed_again(key, sent):
    play = Play(programme(campaign("c", *LONG)), accepts=None).run_to(MONDAY)
    if sent:
        play.delivery_becomes("a", DeliveryState.SENT)
    new = stage("one", email("alpha"), email("b", "2d"), email("c", "2d"), exhausted="hold")
    moved = {key: "one/alpha" if "/" in key else "alpha"}
    play.under(campaign("c", new, moved=moved))
    if not sent:
        play.delivery_becomes("a", DeliveryState.SENT)
    play.run_to(MONDAY + 3 * DAY)
    assert [d.step for d in play.facts.deliveries] == ["a", "b"]
    assert play.latest.withdrawn == ()


def test_a_rename_keeps_the_wait_that_was_begun():
    play = Play(programme(campaign("c", *LONG))).run_to(MONDAY + DAY)
    due = play.enrollment().due_at
    new = stage("one", email("a"), email("beta", "9d"), email("c", "2d"), exhausted="hold")
    play.under(campaign("c", new, moved={"b": "beta"}))
    assert (play.enrollment().step, play.enrollment().due_at) == ("beta", due)


def test_clicks_on_a_renamed_step_still_count():
    play = Play(programme(campaign("c", *LONG))).run_to(MONDAY + HOUR).clicks("a", "price")
    new = stage("one", email("alpha"), email("b", "2d"), advance="clicked('alpha', link='price')")
    play.under(campaign("c", new, stage("two", email("z", "9d")), moved={"a": "alpha"}))
    assert play.enrollment().stage == "two"


@pytest.mark.acceptance(row=13)
def test_a_changed_wait_leaves_those_alone_who_wait_already():
    play = Play(programme(campaign("c", *LONG))).run_to(MONDAY + DAY)
    play.under(campaign("c", stage("one", email("a"), email("b", "5d"), exhausted="hold"))).run_to(MONDAY + 20 * DAY)
    assert play.sent_at("b") == MONDAY + 2 * DAY


@pytest.mark.parametrize("moved", [{"a": "b"}, {"b": "c", "c": "b"}])
def test_a_rename_does_not_touch_steps_that_still_exist(moved):
    play = Play(programme(campaign("c", *LONG, moved=moved)), accepts=HOUR).run_to(MONDAY + 20 * DAY)
    assert play.steps == ["a", "b", "c"]
    assert all(decision.withdrawn == () for _, decision in play.decisions)
