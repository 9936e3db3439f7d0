"""Whether a due mail may go: addresses, suppressions, holdout, caps, one mail at a time, unknown fates."""

from __future__ import annotations

from datetime import date

import pytest

from engine.domain.delivery import DeliveryState
from engine.domain.journey.facts import EventKind, LeadFacts, Suppression
from engine.domain.journey.programme import Policy
from engine.domain.timing import PlainCalendar

from .world import DAY, HOUR, MINUTE, MONDAY, SCOPE, Play, campaign, caps, email, lead, programme, rule, stage, window

THREE = stage("one", email("a"), email("b", "1d"), email("c", "1d"), exhausted="hold")


def test_a_cap_holds_a_mail_and_says_until_when():
    play = Play(programme(campaign("c", THREE), policy=Policy(caps=caps("2 per week")))).run_to(MONDAY + 3 * DAY)
    assert play.steps == ["a", "b"]
    held = play.told("held")
    assert len(held) == 1
    assert held[0].data["why"] == "cap"
    assert held[0].data["cap"] == "2 mails per week"
    assert held[0].data["until"] == play.due_at
    play.run_to(MONDAY + 20 * DAY)
    assert play.sent_at("c") == held[0].data["until"]


def test_the_slot_behind_a_cap_lies_in_the_window():
    ways = programme(
        campaign("c", THREE, window=window("Mon-Fri", "09:00-17:00")), policy=Policy(caps=caps("1 per 4 days"))
    )
    play = Play(ways).run_to(MONDAY + 20 * DAY)
    assert [mail.at.strftime("%a %d %H:%M") for mail in play.mails] == ["Mon 02 10:00", "Fri 06 09:00", "Tue 10 09:00"]


@pytest.mark.parametrize(("expires", "steps"), [("", ["a", "b"]), ("3d", ["a"]), ("10d", ["a", "b"])])
def test_a_held_mail_waits_until_expires_drops_it(expires, steps):
    one = stage("one", email("a"), email("b", "1d", expires=expires))
    play = Play(programme(campaign("c", one), policy=Policy(caps=caps("1 per week")))).run_to(MONDAY + 20 * DAY)
    assert play.steps == steps
    assert [line.data["why"] for line in play.told("dropped")] == ([] if "b" in steps else ["cap"])


def test_caps_span_campaigns_and_count_marketing_mail_only():
    first = campaign("first", stage("one", email("o", operational=True), email("a")))
    second = campaign("second", stage("one", email("b", "1d")), priority=10)
    play = Play(programme(first, second, policy=Policy(caps=caps("1 per week")))).run_to(MONDAY + 20 * DAY)
    assert play.steps == ["o", "a", "b"]
    assert play.sent_at("b") >= MONDAY + 6 * DAY


@pytest.mark.parametrize("state", [DeliveryState.UNKNOWN, DeliveryState.SENDING])
def test_a_mail_that_may_have_arrived_counts_for_caps(state):
    second = campaign("second", stage("one", email("b", "1d")), priority=10)
    ways = programme(campaign("first", stage("one", email("a"))), second, policy=Policy(caps=caps("1 per week")))
    play = Play(ways, accepts=None).run_to(MONDAY).delivery_becomes("a", state).run_to(MONDAY + 2 * DAY)
    assert [d.step for d in play.facts.deliveries] == ["a"]


def test_never_two_marketing_mails_in_one_tick_also_over_two_campaigns():
    ways = programme(
        campaign("low", stage("one", email("l")), priority=1), campaign("high", stage("one", email("h")), priority=9)
    )
    play = Play(ways, accepts=None)
    assert [send.step for send in play.look().sends] == ["h"]
    assert play.look().sends == ()
    assert play.due_at == MONDAY + MINUTE
    play.run_to(MONDAY + HOUR)
    assert [(d.step, d.created_at) for d in play.facts.deliveries] == [("h", MONDAY), ("l", MONDAY + MINUTE)]


def test_operational_mail_goes_beside_a_marketing_mail():
    ways = programme(
        campaign("low", stage("one", email("o", operational=True)), priority=1),
        campaign("high", stage("s", email("h"))),
    )
    assert [send.step for send in Play(ways).look().sends] == ["h", "o"]


EVERYTHING = Policy(
    caps=caps("1 per week"),
    never_domains=frozenset({"northwind.example"}),
    calendar=lambda country: PlainCalendar(holidays=frozenset({date(2026, 11, 2)})),
)


@pytest.mark.acceptance(row=35)
@pytest.mark.parametrize(
    ("scope", "theme", "marketing", "operational"),
    [
        ("all", "data", False, False),
        ("marketing", "data", False, True),
        ("topic:data", "data", False, True),
        ("topic:other", "data", True, True),
    ],
)
def test_suppressions_close_what_they_cover(scope, theme, marketing, operational):
    one = stage("one", email("o", operational=True), email("m"))
    facts = LeadFacts(lead(), suppressions=(Suppression("unsubscribed", scope, MONDAY),))
    play = Play(programme(campaign("c", one, theme=theme)), facts).run_to(MONDAY + DAY)
    assert play.steps == ["o"] * operational + ["m"] * marketing
    assert {line.data["why"] for line in play.told("dropped")} == ({"suppressed"} if not marketing else set())


@pytest.mark.acceptance(row=35)
def test_who_unsubscribes_in_mid_wait_is_not_sent_the_next_step():
    play = Play(programme(campaign("c", THREE))).run_to(MONDAY + HOUR).suppressed("unsubscribed", "marketing")
    assert play.run_to(MONDAY + 20 * DAY).steps == ["a"]
    assert play.told("dropped")[0].data["reason"] == "unsubscribed"


def test_operational_mail_ignores_caps_windows_holdout_and_opt_out():
    one = stage("one", email("o1", operational=True), email("o2", operational=True))
    closed = campaign("c", one, window=window("Fri", "01:00-02:00"), holdout=1.0)
    facts = LeadFacts(lead(), suppressions=(Suppression("unsubscribed", "marketing"),))
    assert Play(programme(closed, policy=EVERYTHING), facts).run_to(MONDAY).steps == ["o1", "o2"]


def test_the_holdout_gets_no_marketing_mail_and_its_goal_is_measured():
    play = Play(programme(campaign("c", THREE, holdout=1.0, goal="event('demo')"))).run_to(MONDAY + DAY)
    play.event("demo").run_to(MONDAY + 20 * DAY)
    assert play.steps == []
    assert play.enrollment().holdout
    assert play.enrollment().goal_at == MONDAY + DAY
    assert {line.data["why"] for line in play.told("dropped")} == {"holdout"}


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        (Policy(never_domains=frozenset({"northwind.example"})), "the domain northwind.example is never mailed"),
        (Policy(never_rule=rule("plan == 'competitor'", SCOPE)), "plan == 'competitor'"),
    ],
)
def test_who_is_never_mailed_is_not_mailed(policy, reason):
    facts = LeadFacts(lead(email="Jane@NorthWind.example", fields={"plan": "competitor"}))
    play = Play(programme(campaign("c", THREE), policy=policy), facts).run_to(MONDAY + 9 * DAY)
    assert play.steps == []
    assert play.told("dropped")[0].data["reason"] == reason


def test_a_lead_without_address_passes_its_mails_with_the_reason():
    play = Play(programme(campaign("c", THREE)), LeadFacts(lead(email=""))).run_to(MONDAY + 9 * DAY)
    assert {line.data["why"] for line in play.told("dropped")} == {"no_address"}


def test_a_window_that_never_opens_drops_the_mail_with_the_reason():
    class Closed(PlainCalendar):
        def is_blackout(self, day: date) -> bool:
            return True

    play = Play(programme(campaign("c", THREE), policy=Policy(calendar=lambda country: Closed()))).run_to(MONDAY)
    assert play.told("dropped")[0].data["why"] == "window_never"


@pytest.mark.acceptance(row=3)
def test_a_mail_of_unknown_fate_holds_the_lead_until_it_is_given_up():
    play = Play(programme(campaign("c", THREE)), accepts=None).run_to(MONDAY)
    play.delivery_becomes("a", DeliveryState.UNKNOWN).run_to(MONDAY + 3 * DAY)
    assert play.enrollment().step == "a"
    play.delivery_becomes("a", DeliveryState.UNKNOWN, finished_at=play.now)
    assert play.enrollment().step == "b"
    play.run_to(MONDAY + 4 * DAY)
    assert [d.step for d in play.facts.deliveries] == ["a", "b"]


def test_a_held_mail_whose_condition_turns_false_is_skipped():
    one = stage("one", email("a"), email("b", "1d", when="not replied"))
    play = Play(programme(campaign("c", one), policy=Policy(caps=caps("1 per week")))).run_to(MONDAY + 2 * DAY)
    play.happens(EventKind.REPLY)
    assert play.codes.count("skipped") == 1
