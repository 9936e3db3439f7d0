"""What comes next, as `decide` itself will have it if the lead stays silent."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings

from engine.domain.delivery import DeliveryState
from engine.domain.journey.facts import LeadFacts, Suppression
from engine.domain.journey.outlook import outlook, tell_next
from engine.domain.journey.programme import Policy, Programme

from .world import DAY, HOUR, MONDAY, Play, branch, campaign, caps, email, lead, programme, setting, stage, task, window
from .worlds import facts, programmes

ZONE = ZoneInfo("UTC")


def ahead(play: Play) -> list[tuple[str, str, str]]:
    """The outlook as plain lines."""
    lines = [tell_next(found, ZONE, play.now) for found in outlook(play.facts, play.programme, play.now)]
    return [(line.verb, line.what, line.because) for line in lines]


def test_the_next_mail_is_told_with_its_window_and_what_would_change_it():
    one = stage("aware", email("decay"), email("case", "11d"), advance="clicks >= 2", exhausted="hold")
    ways = programme(campaign("c", one, stage("two"), exit="replied", window=window("Mon-Thu", "09:00-17:00")))
    play = Play(ways).run_to(MONDAY + HOUR)
    wanted = ("next", 'Mon 16 Nov 09:00–17:00 "case"', "unless advance: clicks >= 2, or exit: replied")
    assert ahead(play) == [wanted]
    assert play.run_to(MONDAY + 20 * DAY).sent_at("case") == datetime(2026, 11, 16, 9, tzinfo=UTC)


def test_what_would_change_the_present_comes_from_the_present_stage_and_its_branches():
    """A lead that stands in `one` is not told the rules of a later stage, but those that move it from here."""
    ask = branch("ask", "2d", ("clicks > 0", "three"), ("", "two"))
    one = stage("one", email("a"), ask, advance="clicks >= 2")
    two = stage("two", email("b", "1d"), advance="opens >= 9")
    play = Play(programme(campaign("c", one, two, stage("three", email("x")), exit="replied"))).run_to(MONDAY)
    ((_, what, because),) = ahead(play)
    assert what == 'Thu 5 Nov 10:00 "b"'
    assert because == "unless advance: clicks >= 2, or branch: clicks > 0, or exit: replied"


def test_a_lead_that_gets_no_mail_is_told_which_turn_comes_and_why_it_is_not_sent():
    one = stage("one", email("a"), email("b", "2d"), exhausted="hold")
    play = Play(programme(campaign("c", one))).suppressed("unsubscribed", "marketing").run_to(MONDAY)
    verb, what, because = ahead(play)[0]
    assert (verb, what) == ("next", 'Wed 4 Nov 10:00 passes "b"')
    assert because == "it is not sent: suppressed: unsubscribed"


def test_the_outlook_sees_through_branches_and_stages():
    one = stage("one", email("a"), branch("ask", "2d", ("clicks > 0", "never"), ("", "two")))
    play = Play(programme(campaign("c", one, stage("never", email("x")), stage("two", email("b", "1d"))))).run_to(
        MONDAY
    )
    assert ahead(play) == [("next", 'Thu 5 Nov 10:00 "b"', "unless branch: clicks > 0")]


def test_a_wait_until_something_happens_says_what_would_bring_the_mail_on():
    one = stage("one", email("import", "2d", until="event('first_login')"), exhausted="hold")
    play = Play(programme(campaign("c", one, exit="replied"))).run_to(MONDAY + HOUR)
    wanted = ("next", 'Wed 4 Nov 10:00 "import"', "sooner if event('first_login'); unless exit: replied")
    assert ahead(play) == [wanted]


def test_a_zone_that_a_step_sets_moves_the_next_mail():
    one = stage("one", setting("move", zone="America/New_York"), email("b", "1d"))
    play = Play(programme(campaign("c", one, window=window("Mon-Sun", "09:00-17:00"))))
    assert ahead(play)[0][1] == 'Tue 3 Nov 14:00–22:00 "b"'


def test_a_cap_moves_the_next_mail():
    one = stage("one", email("a"), email("b", "1d"))
    play = Play(programme(campaign("c", one), policy=Policy(caps=caps("1 per week")))).run_to(MONDAY)
    assert ahead(play) == [("next", 'Mon 9 Nov 00:00 "b"', "")]


def test_a_paused_run_says_for_whom_it_waits():
    low = campaign("trial", stage("one", email("l")), lane="nurture", priority=40)
    high = campaign("clean", stage("one", email("h", "1d")), lane="nurture", priority=50)
    play = Play(programme(low, high)).run_to(MONDAY)
    assert ahead(play) == [
        ("next", 'Tue 3 Nov 10:00 "h"', ""),
        ("paused", "trial", "clean goes first in lane nurture (priority 40 < 50)"),
    ]


def test_mails_that_will_never_go_are_named_with_the_reason():
    facts_ = LeadFacts(lead(), suppressions=(Suppression("unsubscribed", "marketing"),))
    play = Play(programme(campaign("c", stage("one", email("a", "1d"), email("b", "1d")))), facts_).run_to(MONDAY)
    assert ahead(play) == [
        ("next", "Wed 4 Nov 10:00 leaves c", "its last step is done"),
        ("never", '"a"', "suppressed: unsubscribed"),
    ]


@pytest.mark.parametrize(
    ("steps", "line"),
    [
        ([task("call", "2d", "1d")], ("next", 'Tue 3 Nov 10:00 task "do call"', "")),
        ([email("a", at="on lead.renewal")], ("waits", "c", "the lead has no date from which its next step counts")),
        ([email("a")], ("waits", "c", "its stage has no further step; what is added reaches it")),
    ],
)
def test_other_things_to_come_are_told(steps, line):
    play = Play(programme(campaign("c", stage("one", *steps, exhausted="hold")))).run_to(MONDAY)
    assert ahead(play) == [line]


def test_a_mail_on_its_way_comes_first():
    play = Play(programme(campaign("c", stage("one", email("a"), email("b", "1d")))), accepts=None).run_to(MONDAY)
    play.delivery_becomes("a", DeliveryState.SENDING)
    assert ahead(play) == [("next", 'Mon 2 Nov 10:00 "a"', "")]


def test_who_left_everything_has_no_outlook():
    assert ahead(Play(programme(campaign("c", stage("one", email("a"))))).run_to(MONDAY)) == []


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(facts(), programmes())
def test_every_open_run_has_an_outlook(known: LeadFacts, ways: Programme):
    found = {(one.campaign, one.run) for one in outlook(known, ways, MONDAY)}
    assert {(run.campaign, run.run) for run in known.enrollments if run.status != "ended"} <= found
