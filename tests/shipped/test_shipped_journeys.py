"""Leads who behave differently go the ways that the shipped campaigns mean them to go."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from engine.domain.journey.facts import EventKind
from tests.domain.journey.world import DAY, HOUR, Play
from tests.shipped.home import local, player

SLOW = ["duplicates", "imports", "forms", "leavers", "hour"]
WEBINAR = datetime(2026, 12, 10, 14, 0, tzinfo=UTC)


def reader(**who: Any) -> Play:
    return player(source="whitepaper", **who)


def trial(**who: Any) -> Play:
    return player(**who).event("trial_started", trial_id="t-1", trial_ends="2026-12-07T17:00:00Z")


def guest(**who: Any) -> Play:
    return player(lists=frozenset({"events"}), **who)


def registered(**who: Any) -> Play:
    return guest(**who).run_to(WEBINAR - 13 * DAY).event("webinar_registered", webinar="clean-crm")


def handed_off(play: Play) -> bool:
    return play.facts.lead.handed_off_at is not None


# clean-data


def test_silent_lead_gets_three_mails_and_then_one_a_month() -> None:
    play = reader().run_for(250 * DAY)
    assert play.steps == ["decay", "cost", "bump", *SLOW]
    assert {local(play, step)[:3] + local(play, step)[-6:] for step in SLOW} == {"Tue 10:00"}
    assert play.sent_at("imports") - play.sent_at("duplicates") == 28 * DAY
    assert play.enrollment("clean-data").waiting == "hold"


def test_reader_of_the_checklist_compares_and_then_meets_sales() -> None:
    play = reader(fields={"phone": "+49 40 1234"}).run_for(DAY).clicks("decay", "checklist").run_for(9 * DAY)
    play.clicks("report", "demo").run_for(21 * DAY)
    assert play.steps == ["decay", "approaches", "report", "offer"]
    assert [line.code for line in play.lines if line.code in ("task", "handoff")] == ["task", "handoff"]
    assert play.facts.lead.lifecycle == "mql"
    assert handed_off(play)


def test_lead_without_a_phone_is_handed_off_without_a_call() -> None:
    play = reader().run_for(4 * DAY).clicks("cost", "pricing").run_for(14 * DAY)
    assert play.steps == ["decay", "cost", "offer"]
    assert not play.told("task")
    assert handed_off(play)


def test_prices_seen_after_the_reminder_still_count() -> None:
    play = reader().run_for(9 * DAY).clicks("cost", "pricing")
    assert play.enrollment("clean-data").stage == "ready"


def test_doing_the_sum_leads_to_comparing() -> None:
    play = reader().run_for(4 * DAY).clicks("cost", "calculator").run_for(6 * DAY)
    assert play.enrollment("clean-data").stage == "compare"


def test_reply_ends_it_at_once() -> None:
    play = reader().run_for(DAY).happens(EventKind.REPLY).run_for(60 * DAY)
    assert play.steps == ["decay"]
    assert play.enrollment("clean-data").ended_why == "exit"


def test_booked_demo_is_the_goal_and_the_end() -> None:
    play = reader().run_for(DAY).event("demo_booked").run_for(60 * DAY)
    assert play.enrollment("clean-data").goal_at == play.told("goal")[0].at
    assert play.steps == ["decay"]


def test_two_clicks_in_the_stream_wake_the_lead() -> None:
    play = reader().run_for(60 * DAY).clicks("duplicates", "read").clicks("imports", "read")
    assert play.enrollment("clean-data").stage == "ready"


def test_lead_that_sales_gives_back_goes_on_slowly() -> None:
    play = reader().run_for(4 * DAY).clicks("cost", "pricing").run_for(14 * DAY)
    play.becomes(handed_off_at=None).run_for(60 * DAY)
    assert play.steps[:4] == ["decay", "cost", "offer", "duplicates"]


# trial


def test_trial_that_nobody_opens_is_asked_about_warned_and_recycled() -> None:
    play = trial().run_for(25 * DAY)
    assert play.steps[:5] == ["welcome", "stuck", "ending", "last-day", "why"]
    assert local(play, "ending") == "Fri 04 Dec 10:00"
    assert local(play, "last-day") == "Mon 07 Dec 09:00"
    assert play.facts.lead.lifecycle == "recycled"
    assert play.steps[5] == "decay"


def test_active_trial_hears_of_what_comes_next_until_it_buys() -> None:
    play = trial().run_for(3 * HOUR).event("first_login").run_for(DAY).event("crm_connected")
    play.run_for(10 * DAY).event("trial_converted").run_for(30 * DAY)
    assert play.steps == ["welcome", "connect", "first-merge", "at-the-door", "colleague", "ending"]
    assert play.enrollment("trial").ended_why == "exit"


def test_who_has_merged_already_is_not_told_how() -> None:
    play = trial().run_for(3 * HOUR).event("first_login").event("crm_connected").event("duplicates_merged")
    assert "first-merge" not in play.run_for(20 * DAY).steps


def test_who_logged_in_and_does_not_connect_reads_what_read_only_means() -> None:
    play = trial().run_for(HOUR).event("first_login").run_for(7 * DAY)
    assert play.steps == ["welcome", "connect", "read-only"]


def test_who_needs_more_time_after_the_trial_is_given_to_sales() -> None:
    play = trial().run_for(17 * DAY).clicks("why", "more-time", campaign="trial").run_for(DAY)
    assert handed_off(play)
    assert play.facts.lead.lifecycle == "mql"


def test_nurturing_waits_while_a_trial_runs() -> None:
    play = reader().run_for(2 * DAY).event("trial_started", trial_id="t-1", trial_ends="2026-12-09T17:00:00Z")
    play.run_for(13 * DAY)
    assert "cost" not in play.steps
    assert play.enrollment("clean-data").waiting == "lane:trial"


# webinar


def test_silent_guest_is_invited_twice_and_left_alone() -> None:
    play = guest().run_for(60 * DAY)
    assert play.steps == ["invitation", "last-call"]
    assert (local(play, "invitation"), local(play, "last-call")) == ("Thu 26 Nov 10:00", "Tue 08 Dec 10:00")


def test_registered_guest_is_reminded_a_day_and_an_hour_before() -> None:
    play = registered().run_to(WEBINAR)
    assert play.steps == ["invitation", "confirmation", "tomorrow", "soon"]
    assert (local(play, "tomorrow"), local(play, "soon")) == ("Wed 09 Dec 10:00", "Thu 10 Dec 14:00")


def test_who_was_there_gets_the_recording_and_goes_on_in_nurturing() -> None:
    play = registered().run_to(WEBINAR + timedelta(minutes=5)).event("webinar_attended", webinar="clean-crm")
    play.run_for(8 * DAY)
    assert play.steps[4:] == ["recording", "decay"]
    assert play.enrollment("webinar").goal_at is not None


def test_who_missed_it_gets_the_short_version() -> None:
    play = registered().run_to(WEBINAR + 5 * DAY)
    assert play.steps[4:] == ["missed"]
    assert local(play, "missed") == "Fri 11 Dec 10:00"


def test_guest_who_comes_to_the_list_late_is_invited_at_once() -> None:
    play = guest(now=WEBINAR - 6 * DAY).run_for(HOUR)
    assert play.steps == ["invitation"]


def test_nobody_is_invited_to_a_webinar_that_is_over() -> None:
    assert guest(now=WEBINAR + DAY).run_for(30 * DAY).steps == []


def test_guest_who_registers_half_an_hour_before_gets_the_link_only() -> None:
    play = player(now=WEBINAR - timedelta(minutes=30)).event("webinar_registered", webinar="clean-crm")
    assert play.run_to(WEBINAR).steps == ["confirmation"]
