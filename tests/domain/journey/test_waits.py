"""Waits, windows, dates and `when`: the moment at which a step is due."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec.structs import replace

from engine.domain.delivery import DeliveryState
from engine.domain.journey.facts import LeadFacts
from engine.domain.journey.programme import Policy
from engine.domain.timing import PlainCalendar

from .world import DAY, HOUR, MINUTE, MONDAY, Play, branch, campaign, caps, email, lead, programme, stage, window

OFFICE = window("Mon-Thu", "09:00-17:00")


def at(day: int, clock: str = "10:00", month: int = 11) -> datetime:
    hour, minute = clock.split(":")
    return datetime(2026, month, day, int(hour), int(minute), tzinfo=UTC)


@pytest.mark.parametrize(
    ("wait", "sent"),
    [
        ("", at(2)),
        ("10m", at(2, "10:10")),
        ("2d", at(4)),
        ("3 business days", at(5)),
        ("5 business days", at(9)),
        ("until Thu 08:30", at(5, "08:30")),
    ],
)
def test_a_mail_goes_when_its_wait_is_over(wait, sent):
    play = Play(programme(campaign("c", stage("one", email("a", wait)))))
    play.run_to(MONDAY + 20 * DAY)
    assert play.sent_at("a") == sent


def test_a_wait_counts_from_the_acceptance_of_the_mail_before():
    play = Play(programme(campaign("c", stage("one", email("a"), email("b", "1d")))), accepts=5 * HOUR)
    play.run_to(MONDAY + 5 * DAY)
    decided = {d.step: d.created_at for d in play.facts.deliveries}
    assert decided == {"a": MONDAY, "b": MONDAY + 5 * HOUR + DAY}


@pytest.mark.parametrize("state", [DeliveryState.FAILED, DeliveryState.DROPPED])
def test_after_a_mail_that_never_went_the_next_wait_counts_from_its_end(state):
    play = Play(programme(campaign("c", stage("one", email("a"), email("b", "1d")))), accepts=None)
    play.run_to(MONDAY + 3 * HOUR).delivery_becomes("a", state)
    play.run_to(MONDAY + 5 * DAY)
    assert {d.step: d.created_at for d in play.facts.deliveries}["b"] == MONDAY + 3 * HOUR + DAY


@pytest.mark.parametrize(
    ("wait", "zone", "sent"),
    [
        ("10m", "UTC", at(2, "10:10")),
        ("8h", "UTC", at(3, "09:00")),
        ("3d", "UTC", at(5)),
        ("4d", "UTC", at(9, "09:00")),
        ("10m", "America/New_York", at(2, "14:00")),
        ("10m", "Nowhere/Atall", at(2, "10:10")),
    ],
)
def test_the_window_applies_after_the_wait_in_the_leads_zone(wait, zone, sent):
    ways = programme(campaign("c", stage("one", email("a", wait)), window=OFFICE))
    play = Play(ways, LeadFacts(lead(zone=zone))).run_to(MONDAY + 20 * DAY)
    assert play.sent_at("a") == sent
    assert play.told("held") == []


def test_a_condition_is_asked_when_the_window_is_open_not_before():
    ways = programme(
        campaign("c", stage("one", email("first"), email("a", "4d", when="clicked('first')")), window=OFFICE)
    )
    play = Play(ways).run_to(at(7, "12:00")).clicks("first").run_to(at(10))
    assert play.sent_at("a") == at(9, "09:00")


def test_a_step_whose_condition_is_false_is_passed_and_says_why():
    play = Play(programme(campaign("c", stage("one", email("a", when="points > 3"), email("b", "1d")))))
    play.run_to(MONDAY + 2 * DAY)
    assert play.steps == ["b"]
    assert play.sent_at("b") == MONDAY + DAY
    assert play.told("skipped")[0].data == {"step": "a", "rule": "points > 3", "because": "points is unknown"}


def test_a_condition_is_not_asked_again_once_the_mail_is_decided():
    ways = programme(campaign("c", stage("one", email("a", when="points > 3"), email("b", "1d"))))
    play = Play(ways, LeadFacts(lead(fields={"points": 5})), accepts=None).run_to(MONDAY)
    play.knows(points=0).run_for(HOUR)
    assert play.told("skipped") == []
    assert play.enrollment().step == "a"


@pytest.mark.parametrize(
    ("when", "sent"),
    [
        ("3 days before trigger.ends 10:30", at(17, "10:30")),
        ("on trigger.ends", at(20, "00:00")),
        ("2 hours before trigger.ends", at(19, "22:00")),
        ("1 business day after trigger.ends 08:00", at(23, "08:00")),
    ],
)
def test_a_dated_step_is_due_at_its_date(when, sent):
    play = Play(programme(campaign("c", stage("one", email("a", at=when)), on="trial"))).event(
        "trial", ends="2026-11-20"
    )
    play.run_to(MONDAY + 40 * DAY)
    assert play.sent_at("a") == sent


def test_a_time_of_day_in_at_overrides_the_window():
    ways = programme(campaign("c", stage("one", email("a", at="on trigger.ends 20:00")), on="trial", window=OFFICE))
    play = Play(ways).event("trial", ends="2026-11-07").run_to(at(20))
    assert play.sent_at("a") == at(7, "20:00")


def test_a_dated_step_without_time_of_day_waits_for_the_window():
    ways = programme(campaign("c", stage("one", email("a", at="on trigger.ends")), on="trial", window=OFFICE))
    play = Play(ways).event("trial", ends="2026-11-06").run_to(at(20))
    assert play.sent_at("a") == at(9, "09:00")


def test_a_time_of_day_does_not_override_a_blackout():
    policy = Policy(calendar=lambda country: PlainCalendar(blackouts=frozenset({date(2026, 11, 7)})))
    ways = programme(campaign("c", stage("one", email("a", at="on trigger.ends 20:00")), on="trial"), policy=policy)
    play = Play(ways).event("trial", ends="2026-11-07").run_to(at(20))
    assert play.sent_at("a") == at(8, "00:00")


@pytest.mark.parametrize("moved_to", ["2026-11-10", "2026-11-30"])
def test_a_moved_date_reschedules_a_mail_that_is_not_sent(moved_to):
    ways = programme(campaign("c", stage("one", email("a", at="on lead.renewal 09:00"))))
    play = Play(ways).knows(renewal="2026-11-20").run_to(at(5)).knows(renewal=moved_to).run_to(at(1, month=12))
    assert play.sent_at("a").date() == date.fromisoformat(moved_to)
    assert play.steps == ["a"]


def test_a_moved_date_does_not_move_a_mail_that_is_on_its_way():
    ways = programme(campaign("c", stage("one", email("a", at="on lead.renewal 09:00"), email("b", "1d"))))
    play = Play(ways, accepts=None).knows(renewal="2026-11-03").run_to(at(3, "09:00"))
    play.knows(renewal="2026-12-24").delivery_becomes("a", DeliveryState.SENT).run_to(at(6))
    assert [d.step for d in play.facts.deliveries] == ["a", "b"]


def test_a_date_that_nobody_knows_is_waited_for_and_told_once():
    ways = programme(campaign("c", stage("one", email("a", at="on lead.renewal 09:00"))))
    play = Play(ways).run_to(at(4))
    play.look(at(5))
    assert play.enrollment().waiting == "date_unknown"
    assert len(play.told("date_unknown")) == 1
    play.knows(renewal="2026-11-09").run_to(at(10))
    assert play.sent_at("a") == at(9, "09:00")
    assert play.enrollment().status == "ended"


@pytest.mark.parametrize(("late", "steps"), [("skip", ["b"]), ("send", ["a", "b"])])
def test_a_date_that_passed_before_the_lead_came_is_skipped_unless_late_says_send(late, steps):
    dated = email("a", at="3 days before trigger.ends 10:00", late=late)
    ways = programme(campaign("c", stage("one", dated, email("b", "1d")), on="trial"))
    play = Play(ways).event("trial", ends="2026-11-03").run_to(at(9))
    assert play.steps == steps


@pytest.mark.acceptance(row=11)
@pytest.mark.parametrize(
    ("down_until", "expires", "sent"),
    [
        (at(5, "20:00"), "", True),
        (at(7, "20:00"), "", False),
        (at(7, "20:00"), "5d", True),
        (at(5, "20:00"), "2h", False),
    ],
)
def test_a_dated_mail_goes_late_after_downtime_within_its_limit_only(down_until, expires, sent):
    ways = programme(campaign("c", stage("one", email("a", at="on trigger.ends 10:00", expires=expires)), on="trial"))
    play = Play(ways).event("trial", ends="2026-11-05")
    play.look(down_until)
    assert play.steps == (["a"] if sent else [])


def test_of_several_dated_mails_missed_in_downtime_only_the_last_goes():
    steps = (email("week", at="2 days before trigger.ends 10:00"), email("eve", at="1 day before trigger.ends 10:00"))
    ways = programme(campaign("c", stage("one", *steps, email("b", "1d")), on="trial"))
    play = Play(ways).event("trial", ends="2026-11-07")
    play.look(at(6, "09:00"))
    assert play.steps == ["week"]
    play = Play(ways).event("trial", ends="2026-11-07")
    play.look(at(6, "10:05"))
    assert play.steps == ["eve"]
    assert [line.data["step"] for line in play.told("skipped_late")] == ["week"]


def test_a_dated_mail_held_by_its_window_or_a_cap_is_not_late():
    policy = Policy(caps=caps("1 per week"))
    ways = programme(
        campaign("c", stage("one", email("first"), email("a", at="on trigger.day 10:00")), on="trial"), policy=policy
    )
    play = Play(ways).event("trial", day="2026-11-04").run_to(at(20))
    assert play.sent_at("a") == at(9, "00:00")


def test_a_mail_that_expired_in_downtime_is_dropped_whatever_it_waited_for():
    play = Play(programme(campaign("c", stage("one", email("a", "1d", expires="2d"))))).run_to(MONDAY)
    play.look(MONDAY + 4 * DAY)
    assert play.steps == []
    assert play.told("dropped")[0].data["why"] == "expired"


@pytest.mark.parametrize(
    ("comes", "sent"),
    [(MONDAY + 3 * HOUR, MONDAY + 3 * HOUR), (MONDAY + 3 * DAY, MONDAY + 2 * DAY), (None, MONDAY + 2 * DAY)],
)
def test_a_wait_for_an_event_ends_with_it_or_at_its_longest(comes, sent):
    ways = programme(campaign("c", stage("one", email("a", "2d", until="event('login')"), email("z", "30d"))))
    play = Play(ways).run_to(MONDAY)
    if comes:
        play.run_to(comes).event("login")
    play.run_to(MONDAY + 5 * DAY)
    assert play.sent_at("a") == sent


def test_an_event_that_ended_a_wait_ends_it_for_good():
    wait = email("a", "20d", until="event('login', within='1d')")
    play = Play(programme(campaign("c", stage("one", wait), window=OFFICE))).run_to(at(6)).event("login")
    assert play.enrollment().due_at == at(9, "09:00")
    play.run_to(at(20))
    assert play.sent_at("a") == at(9, "09:00")


def test_an_event_between_the_trigger_and_a_late_daemon_counts():
    ways = programme(campaign("c", stage("one", email("a", "2d", until="event('login')")), on="trial"))
    play = Play(ways)
    play.now = MONDAY + 2 * HOUR
    play.happens("custom", "login", at=MONDAY + HOUR)
    play.happens("custom", "trial", at=MONDAY)
    assert play.steps == ["a"]


@pytest.mark.acceptance(row=11)
def test_after_downtime_a_lead_gets_one_mail_not_all_that_were_missed():
    steps = (email("a", "1d"), email("b", "1d"), email("c", "1d"))
    play = Play(programme(campaign("c", stage("one", *steps)))).run_to(MONDAY)
    play.look(MONDAY + 30 * DAY)
    assert play.steps == ["a"]
    play.run_to(MONDAY + 40 * DAY)
    assert [mail.at for mail in play.mails] == [MONDAY + d * DAY for d in (30, 31, 32)]


@pytest.mark.acceptance(row=11)
@pytest.mark.parametrize("jump", [DAY, -DAY, HOUR, -HOUR])
def test_a_clock_that_jumps_sends_no_step_early_and_none_twice(jump):
    ways = programme(campaign("c", stage("one", email("a"), email("b", "2d"), email("c", "2d"))))
    play = Play(ways).run_to(MONDAY + HOUR)
    play.look(play.now + jump)
    play.look(play.now - jump)
    play.run_to(MONDAY + 10 * DAY)
    assert play.steps == ["a", "b", "c"]
    assert play.sent_at("b") >= MONDAY + 2 * DAY


@pytest.mark.acceptance(row=11)
def test_days_keep_their_local_time_over_the_change_of_clocks():
    start = datetime(2026, 10, 24, 8, 0, tzinfo=UTC)
    ways = programme(campaign("c", stage("one", email("a", "2d"))))
    play = Play(ways, LeadFacts(lead(zone="Europe/Berlin")), now=start).run_to(start + 5 * DAY)
    assert play.sent_at("a") == datetime(2026, 10, 26, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("calendar", "sent"),
    [
        (PlainCalendar(holidays=frozenset({date(2026, 11, 3)})), at(4, "00:00")),
        (PlainCalendar(blackouts=frozenset({date(2026, 11, 3), date(2026, 11, 4)})), at(5, "00:00")),
    ],
)
def test_no_marketing_mail_goes_on_holidays_and_blackout_dates(calendar, sent):
    policy = Policy(calendar=lambda country: calendar if country == "DE" else PlainCalendar())
    ways = programme(campaign("c", stage("one", email("a", "1d"))), policy=policy)
    assert Play(ways, LeadFacts(lead(country="DE"))).run_to(at(9)).sent_at("a") == sent
    assert Play(ways, LeadFacts(lead(country="US"))).run_to(at(9)).sent_at("a") == at(3)


def test_operational_mail_goes_on_holidays_and_outside_the_window():
    policy = Policy(calendar=lambda country: PlainCalendar(holidays=frozenset({date(2026, 11, 7)})))
    ways = programme(campaign("c", stage("one", email("a", "5d", operational=True)), window=OFFICE), policy=policy)
    assert Play(ways).run_to(at(20)).sent_at("a") == at(7)


def test_business_days_skip_the_holidays_of_the_leads_country():
    policy = Policy(calendar=lambda country: PlainCalendar(holidays=frozenset({date(2026, 11, 3)})))
    ways = programme(campaign("c", stage("one", email("a", "2 business days"))), policy=policy)
    assert Play(ways).run_to(at(20)).sent_at("a") == at(5)


def test_a_yearly_mail_goes_on_the_next_anniversary():
    ways = programme(campaign("c", stage("one", email("a", at="every year on lead.birthday 09:00"))))
    play = Play(ways, LeadFacts(lead(fields={"birthday": "1980-12-01"}))).run_to(at(2, month=12))
    assert play.sent_at("a") == at(1, "09:00", month=12)


def test_a_branch_needs_no_window():
    ways = programme(
        campaign("c", stage("one", branch("ask", "5d", ("", "two"))), stage("two", email("a")), window=OFFICE)
    )
    play = Play(ways).run_to(at(7))
    assert play.enrollment().stage == "two"
    assert play.run_to(at(12)).sent_at("a") == at(9, "09:00")


def test_an_open_look_changes_nothing_before_the_step_is_due():
    play = Play(programme(campaign("c", stage("one", email("a", "1d"))))).run_to(MONDAY)
    for minutes in range(0, 24 * 60, 45):
        decision = play.look(MONDAY + minutes * MINUTE)
        assert replace(decision, recheck_at=None) == type(decision)()
        assert decision.recheck_at == MONDAY + DAY


def test_a_wait_of_nothing_lets_the_next_mail_follow_the_acceptance():
    ways = programme(campaign("c", stage("one", email("a"), email("b", operational=True))))
    play = Play(ways, accepts=timedelta(minutes=3)).run_to(MONDAY + HOUR)
    assert [mail.at - MONDAY for mail in play.mails] == [3 * MINUTE, 6 * MINUTE]


@pytest.mark.parametrize("day", ["9999-12-31", "9991-01-01"])
def test_a_date_that_means_never_waits_and_breaks_nothing(day):
    one = stage("one", email("a", at="3 days before lead.renewal 10:00"))
    ways = programme(campaign("c", one, window=window("Mon-Thu", "09:00-17:00")))
    assert Play(ways).knows(renewal=day).run_to(MONDAY + 40 * DAY).mails == []
