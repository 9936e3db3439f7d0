"""Scenarios are played by the daemon's own decisions; the first step that fails is told with what explains it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rehearsal.homes import difference, played

DECAY, COST = 'mail = "decay"', 'mail = "cost"'
PRICING = 'clicks = "pricing", in = "cost"'


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


PASSING = {
    "mails at their minutes": ('mail = "decay", on = "Mon 2 Nov 09:10"', 'mail = "cost", on = "Thu 5 Nov 09:10"'),
    "a day alone": ('mail = "decay", on = "Mon 2 Nov"', 'mail = "cost", on = 2026-11-05'),
    "within a time": (DECAY, 'mail = "cost", within = "3 business days"'),
    "subject and text": ('mail = "decay", subject = "Why data decays", says = "Hello you."',),
    "stage as it is, and the next one": ('stage = "aware"', DECAY, COST, 'stage = "slow"', 'stage = "slow"'),
    "the branch's way": (
        *(DECAY, COST, f'{PRICING}, after = "1h"', 'stage = "ready", on = "Sat 7 Nov"', 'is = { lifecycle = "mql" }'),
        *('task = "call"', 'handoff = "sales", within = "1d"', 'no_mail = "60d"'),
    ),
    "a click by a machine": (DECAY, COST, f'{PRICING}, by = "machine", after = "1h"', 'stage = "slow"'),
    "time that passes": ('silent = "until Mon 16 Nov 08:00"', 'mail = "news", on = "Mon 16 Nov 09:00"'),
    "silence for a while": ('silent = "10d"', 'mail = "news"', 'leaves = "finished", within = "1m"'),
    "reply": (DECAY, 'replies = "decay", after = "1h"', 'leaves = "exit", because = "replied"', 'no_mail = "30d"'),
    "goal": (DECAY, 'event = "demo_booked", on = "Tue 3 Nov 11:00"', "goal = true", COST),
    "unsubscribe": (DECAY, 'unsubscribes = "decay", after = "5m"', 'no_mail = "60d"'),
    "bounce at once": ('mail = "decay", fate = "bounced"', 'no_mail = "60d"'),
    "bounce later": (DECAY, 'bounces = "decay", after = "1h"', 'no_mail = "60d"'),
    "refused mail": ('mail = "decay", fate = "refused"', COST),
    "field that changes": (DECAY, COST, 'becomes = { seats = 3 }, after = "1d"', 'no_mail = "60d"'),
    "field within a time": (DECAY, COST, PRICING, 'is = { lifecycle = "mql" }, within = "2d"'),
    "score that fades, and grade": (
        *(DECAY, 'event = "demo_booked"', "is = { score = 20 }", "becomes = { seats = 3 }", 'is = { fit = "B" }'),
        *(COST, 'silent = "60d"', 'is = { score = 4.7, fit = "B" }'),
    ),
    "field on a day": (DECAY, COST, PRICING, 'is = { lifecycle = "mql" }, on = "Sat 7 Nov"'),
}


@pytest.mark.parametrize("name", PASSING)
def test_scenario_passes(name: str, home: Path) -> None:
    verdict = played(home, *PASSING[name])
    assert verdict.difference is None, verdict.difference


FAILING = {
    "an exit that the campaign does not have": (
        (DECAY, 'event = "cancelled"', 'leaves = "exit", within = "1h"'),
        "exit within 1 hour",
        "nothing until Mon 2 Nov 10:10",
        "exit = replied",
    ),
    "a goal that is not reached": (
        ('silent = "60d"', "goal = true"),
        "the goal",
        "nothing, however long one waits",
        "goal = event('demo_booked')",
    ),
    "another minute": (
        ('mail = "decay", on = "Mon 2 Nov 10:00"',),
        '"decay" Mon 2 Nov 10:00',
        '"Why data decays" (aware/decay) Mon 2 Nov 09:10',
        "'decay' waits 10 minutes after the step before; the window is Mon–Thu 09:00–17:00 their time",
    ),
    "another mail": (
        (DECAY, 'mail = "news"'),
        '"news"',
        '"What it costs" (aware/cost)',
        'next Mon 16 Nov 09:00–17:00 "news", unless',
    ),
    "a branch asked before the click counts": (
        (DECAY, COST, f'{PRICING}, on = "Sat 7 Nov 09:10"', 'handoff = "sales", on = "Sun 8 Nov"'),
        "handoff sales Sun 8 Nov",
        "nothing until Sun 8 Nov 23:59",
        "branch 'after-cost' was asked Sat 7 Nov 09:10 and none of its ways held",
        "the click counts from 09:11:00 on (quarantine 1 minute)",
    ),
    "a lead that never enters": (
        (DECAY,),
        '"decay"',
        "no mail",
        "the lead never entered: enter = source == 'web'",
    ),
    "a subject": (
        ('mail = "decay", subject = "Why data rots"',),
        'subject "Why data rots"',
        'subject "Why data decays"',
        "aware/decay",
    ),
    "a text": (
        ('mail = "decay", says = "Dear Jane"',),
        'a text with "Dear Jane"',
        "a text without it",
        "aware/decay",
    ),
    "a mail that is not there yet": (
        (f'{PRICING}, after = "1m"',),
        'a click on pricing in "cost"',
        'the lead has no mail "cost" at that time',
    ),
    "a mail that is not spoken of": (
        (DECAY, 'event = "demo_booked", after = "4d"'),
        "the event demo_booked",
        '"What it costs" (aware/cost), which the scenario does not expect',
    ),
    "no mail is promised": (
        (DECAY, 'no_mail = "10d"'),
        "no mail until Thu 12 Nov 09:10",
        '"What it costs" (aware/cost), which the scenario does not expect',
    ),
    "another stage": (
        (DECAY, COST, 'stage = "ready"'),
        "stage ready",
        "stage slow Sat 7 Nov 09:10",
        "branch 'after-cost' was asked Sat 7 Nov 09:10 and none of its ways held",
    ),
    "a cap": (
        (
            DECAY,
            'event = "ordered", properties = { number = 7 }',
            'mail = "other/receipt"',
            'mail = "cost", on = "Tue 3 Nov"',
        ),
        '"cost" Tue 3 Nov',
        '"What it costs" (aware/cost) Thu 5 Nov 09:10',
    ),
    "a way out": (
        (DECAY, 'replies = "decay"', 'leaves = "finished"'),
        "finished",
        "exit Mon 2 Nov 09:10",
        "Mon 2 Nov 09:10 left clean: exit: replied",
    ),
    "a field": (
        (DECAY, 'is = { lifecycle = "mql", seats = 3 }'),
        "lifecycle = 'mql', seats = 3",
        "lifecycle = 'subscriber', seats = nothing",
    ),
    "a score": ((DECAY, "is = { score = 20 }"), "score = 20", "score = 0"),
    "the goal": ((DECAY, COST, 'goal = true, within = "1d"'), "the goal within 1 day", "nothing until Fri 6 Nov 09:10"),
    "an act in the past": (
        (COST, 'event = "x", on = "Mon 2 Nov 09:05"'),
        '"cost"',
        '"Why data decays" (aware/decay)',
    ),
}


@pytest.mark.parametrize("name", FAILING)
def test_difference_is_told_with_its_reason(name: str, home: Path) -> None:
    steps, *told = FAILING[name]
    lead = 'source = "fair"' if "never" in name else 'source = "web", company = "Globex"'
    more = 'with = ["other"]' if name == "a cap" else ""
    found = difference(played(home, *steps, lead=lead, more=more))  # type: ignore[arg-type]
    assert len(found) >= len(told)
    assert [told for told, want in zip(found, told, strict=False) if not told.startswith(str(want))] == []


def test_mail_that_cannot_be_written_fails_the_scenario_with_template_and_line(home: Path) -> None:
    found = difference(played(home, DECAY, COST, lead='source = "web"'))
    assert found == (
        '"cost"',
        '"cost" cannot be written for this lead',
        "templates/dq/aware/cost.html:5:85: 'lead.company' has no value for this lead, and no default",
    )


def test_silence_passes_over_no_mail_that_cannot_be_written(home: Path) -> None:
    found = difference(played(home, 'silent = "30d"', lead='source = "web"'))
    assert found[:2] == ("mails that can be written", '"cost" cannot be written for this lead')


def test_campaign_under_test_is_live_whatever_its_file_says(home: Path) -> None:
    assert "state" not in (home / "campaigns/clean.toml").read_text("utf-8")
    assert played(home, DECAY).passed


def test_variant_is_the_first_unless_another_is_asked_for(home: Path) -> None:
    assert played(home, DECAY, 'mail = "cost", subject = "What it costs"').passed
    assert played(home, DECAY, 'mail = "cost", subject = "A sum"', more="variants = { cost = 2 }").passed


def test_other_campaigns_take_part_where_a_scenario_says_so(home: Path) -> None:
    order = 'event = "ordered", properties = { number = 7 }'
    assert played(home, order, 'mail = "decay"').passed
    assert played(home, order, 'mail = "other/receipt", subject = "Your order 7"', more='with = ["other"]').passed


def test_times_are_those_of_the_leads_zone_or_of_the_scenarios(home: Path) -> None:
    where = 'source = "web", zone = "America/New_York"'
    assert played(home, 'mail = "decay", on = "Mon 2 Nov 09:10"', lead=where).passed
    berlin = 'zone = "Europe/Berlin"'
    assert played(home, 'mail = "decay", on = "Mon 2 Nov 15:00"', lead=where, more=berlin).passed


def test_trigger_lets_the_lead_in_at_the_start(home: Path) -> None:
    (home / "campaigns/other.test.toml").write_text(
        '[[scenario]]\nname = "an order"\nstart = 2026-11-07T23:30:00\n'
        'trigger = { event = "ordered", number = 7 }\n'
        'then = [{ mail = "receipt", on = "Sat 7 Nov 23:30", subject = "Your order 7" }, { leaves = "finished" }]\n',
        "utf-8",
    )
    try:
        from engine.rehearsal.scenarios import play_scenarios
        from engine.service.check import check

        assert play_scenarios(check(home), "other").failed == 0
    finally:
        (home / "campaigns/other.test.toml").unlink()
