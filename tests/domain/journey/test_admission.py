"""Who enters, when, and how often."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from engine.domain.campaign import CampaignState
from engine.domain.journey.chance import held_out, variant
from engine.domain.journey.facts import EnrollmentStatus, EventKind, LeadFacts
from engine.domain.journey.programme import Standing

from .world import DAY, HOUR, MONDAY, Play, campaign, email, lead, programme, stage

ONE = stage("one", email("a", "30d"))
SHORT = stage("one", email("a"))


def test_a_lead_enters_when_the_condition_holds_and_the_story_says_why():
    play = Play(programme(campaign("c", ONE, enter="source in ['webinar', 'whitepaper']"))).run_to(MONDAY)
    assert play.facts.enrollments == ()
    play.becomes(source="Webinar")
    assert play.told("entered")[0].data == {"because": "source is 'Webinar'", "stage": "one"}


def test_a_condition_that_time_alone_fulfils_is_not_missed():
    play = Play(programme(campaign("c", ONE, enter="days_since(created) >= 10"))).run_to(MONDAY)
    assert play.due_at == MONDAY + 9 * DAY
    assert play.run_to(MONDAY + 20 * DAY).enrollment().entered_at == MONDAY + 9 * DAY


def test_who_enters_one_campaign_enters_those_that_ask_for_it_at_the_same_look():
    asking = campaign("a", ONE, enter="ever.entered('b')"), campaign("b", ONE, exit="ever.entered('a')")
    play = Play(programme(*asking)).run_to(MONDAY)
    assert [(e.campaign, e.status) for e in play.facts.enrollments] == [
        ("b", EnrollmentStatus.ENDED),
        ("a", EnrollmentStatus.ACTIVE),
    ]


@pytest.mark.parametrize("state", [CampaignState.DRAFT, CampaignState.CLOSING, CampaignState.PAUSED])
def test_only_a_live_campaign_lets_leads_in(state):
    play = Play(programme(campaign("c", ONE, state=state))).run_to(MONDAY)
    assert play.facts.enrollments == ()


def test_a_campaign_that_an_operator_paused_lets_nobody_in():
    assert Play(programme(campaign("c", ONE), c=Standing(paused=True))).run_to(MONDAY).facts.enrollments == ()


@pytest.mark.parametrize(("backfill", "entered"), [(False, 0), (True, 1)])
def test_leads_that_met_the_condition_before_it_was_live_enter_with_backfill_only(backfill, entered):
    facts = LeadFacts(lead(), passed_over=frozenset({"c"}))
    play = Play(programme(campaign("c", ONE, backfill=backfill)), facts).run_to(MONDAY)
    assert len(play.facts.enrollments) == entered


@pytest.mark.parametrize(("backfill", "entered"), [(False, 0), (True, 1)])
def test_events_before_a_campaign_was_live_let_in_with_backfill_only(backfill, entered):
    ways = programme(campaign("c", ONE, on="trial", backfill=backfill), c=Standing(live_since=MONDAY + DAY))
    play = Play(ways).event("trial").run_to(MONDAY + 2 * DAY)
    assert len(play.facts.enrollments) == entered


def test_without_reenter_a_lead_enters_once_in_its_life():
    play = Play(programme(campaign("c", SHORT))).run_to(MONDAY + 900 * DAY)
    assert len(play.facts.enrollments) == 1
    assert play.due_at is None


def test_reenter_lets_in_again_so_long_after_the_last_end():
    play = Play(programme(campaign("c", SHORT, reenter="180d"))).run_to(MONDAY + 400 * DAY)
    assert [e.entered_at for e in play.facts.enrollments] == [MONDAY, MONDAY + 180 * DAY, MONDAY + 360 * DAY]
    assert [e.run for e in play.facts.enrollments] == [1, 2, 3]


def test_a_trigger_lets_in_with_its_properties():
    ways = programme(campaign("c", stage("one", email("a", when="trigger.plan == 'pro'")), on="trial"))
    play = Play(ways).event("Trial", plan="PRO").run_to(MONDAY + HOUR)
    assert play.enrollment().trigger == {"plan": "PRO"}
    assert play.steps == ["a"]


def test_an_event_lets_in_once_however_often_it_is_looked_at():
    play = Play(programme(campaign("c", SHORT, on="trial", reenter="1d"))).event("trial")
    play.run_to(MONDAY + 10 * DAY)
    play.look(MONDAY + 20 * DAY)
    assert len(play.facts.enrollments) == 1


def test_each_key_has_one_enrollment():
    play = Play(programme(campaign("c", ONE, on="trial", key="trigger.trial_id")))
    play.event("trial", trial_id=7).event("trial", trial_id=8).event("trial", trial_id=7).event("trial")
    assert [e.key for e in play.facts.enrollments] == ["7", "8"]


def test_two_events_of_one_key_seen_at_once_enter_once():
    play = Play(programme(campaign("c", ONE, on="trial", key="trigger.id")))
    events = tuple(
        replace(event, id=number)
        for number, event in enumerate(Play(programme()).event("trial", id=1).facts.events * 2)
    )
    play.facts = replace(play.facts, events=events)
    play.look()
    assert len(play.facts.enrollments) == 1


def test_an_event_that_came_too_early_for_its_key_is_not_kept_for_later():
    play = Play(programme(campaign("c", SHORT, on="trial", reenter="180d"))).event("trial").run_to(MONDAY + 20 * DAY)
    play.event("trial").run_to(MONDAY + 300 * DAY)
    assert len(play.facts.enrollments) == 1
    assert len(play.event("trial").facts.enrollments) == 2


def test_beside_a_trigger_enter_asks_who_the_lead_is():
    ways = programme(campaign("c", ONE, on="trial", enter="plan == 'pro' and trigger.size > 3"))
    assert Play(ways).event("trial", size=9).facts.enrollments == ()
    assert len(Play(ways).knows(plan="pro").event("trial", size=9).facts.enrollments) == 1
    assert Play(ways).knows(plan="pro").event("trial", size=1).facts.enrollments == ()


@pytest.mark.parametrize(("later", "entered"), [(HOUR, 1), (30 * DAY, 0)])
def test_what_is_known_shortly_after_an_event_still_lets_in(later, entered):
    play = Play(programme(campaign("c", ONE, on="trial", enter="plan == 'pro'"))).event("trial")
    play.run_for(later).knows(plan="pro")
    assert len(play.facts.enrollments) == entered


def test_other_kinds_of_events_of_that_name_do_not_trigger():
    play = Play(programme(campaign("c", ONE, on="trial"))).happens(EventKind.CLICK, "trial")
    assert play.facts.enrollments == ()


def test_the_end_of_one_campaign_can_let_into_the_next_in_the_same_look():
    after = campaign("b", ONE, enter="ever.finished('a')")
    play = Play(programme(after, campaign("a", SHORT))).run_to(MONDAY)
    assert [e.campaign for e in play.facts.enrollments] == ["a", "b"]
    assert {e.entered_at for e in play.facts.enrollments} == {MONDAY}


def test_a_closing_campaign_runs_on_for_those_who_are_in():
    play = Play(programme(campaign("c", ONE))).run_to(MONDAY + DAY)
    play.under(campaign("c", ONE, state=CampaignState.CLOSING)).run_to(MONDAY + 40 * DAY)
    assert play.steps == ["a"]


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_about_that_share_of_leads_is_held_out_and_always_the_same(share):
    chosen = [held_out("c", number, share) for number in range(4000)]
    assert chosen == [held_out("c", number, share) for number in range(4000)]
    assert abs(sum(chosen) / 4000 - share) < 0.03
    assert chosen != [held_out("d", number, share) for number in range(4000)]


@pytest.mark.parametrize("count", [2, 3, 5])
def test_variants_are_balanced_in_every_block_and_sticky(count):
    numbers = [variant("c", "a", who, count) for who in range(count * 50)]
    blocks = [sorted(numbers[start : start + count]) for start in range(0, len(numbers), count)]
    assert all(block == list(range(count)) for block in blocks)
    assert numbers == [variant("c", "a", who, count) for who in range(count * 50)]


def test_a_leads_variant_goes_with_its_mail():
    step = email("a", variants={"subject": ("one", "two"), "email": ("x",)})
    decision = Play(programme(campaign("c", stage("s", step)))).look()
    assert decision.sends[0].variants == {"subject": variant("c", "a", 1, 2), "email": 0}
