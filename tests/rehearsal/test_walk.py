"""Walking a campaign: every way is taken, by what the lead does as little as possible, or it is told why not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from engine.content.mails import LinkKind
from engine.domain.campaign import Campaign
from engine.domain.journey.facts import Lead, LeadFacts
from engine.domain.journey.programme import Policy
from engine.rehearsal.letting_in import let_in
from engine.rehearsal.life import Life
from engine.rehearsal.test_run import test_run as planned
from engine.rehearsal.test_run import way_words
from engine.rehearsal.walk import Walk
from engine.rehearsal.walk import walk as walk_of
from engine.rehearsal.ways import ways
from engine.service.check import check
from engine.service.sample_lead import sample_lead
from tests.domain.journey.world import programme
from tests.domain.journey.worlds import campaigns
from tests.rehearsal.homes import write

START = datetime(2026, 11, 2, 8, tzinfo=UTC)

HEAD = """\
title = "Ways"
theme = "dq"
{start}
[stage.aware]
exhausted = "exit"
[[stage.aware.step]]
email = "decay"
"""
ENTERS = "enter = \"source == 'web'\""
STEP = """
[[stage.aware.step]]
id = "ask"
wait = "2d"
branch = [{{ when = "{rule}", go = "slow" }}]
[stage.slow]
exhausted = "exit"
[[stage.slow.step]]
email = "news"
"""


def walked(folder: Path, text: str) -> Walk:
    report = check(write(folder, ways=text))
    errors = [problem for problem in report.problems if problem.is_error]
    assert not errors, errors
    return planned(report, "ways", sample_lead(report.config), START).walk


def paths(walk: Walk) -> Mapping[str, str]:
    """What the lead did for each way, by the way's name."""
    return {one.way.name: way_words(walk, one.path) for one in walk.reached}


@pytest.mark.parametrize(
    ("rule", "done"),
    [
        ("clicked('decay')", "clicks 'pricing' in decay (day 0)"),
        ("clicked('decay', link='pricing')", "clicks 'pricing' in decay (day 0)"),
        ("clicked('decay', link='pricing', within='1h')", "clicks 'pricing' in decay (day 2)"),
        ("opened('decay')", "opens decay (day 0)"),
        ("clicks >= 2", "clicks 'pricing' in decay (day 0), then clicks 'pricing' in decay (day 0)"),
        ("not opened('decay')", "stays silent"),
        ("replied", "replies (day 0)"),
        ("event('demo_booked', seats=3)", "has the event 'demo_booked' (seats = 3) (day 0)"),
        ("seats > 10", "has seats = 11 (day 0)"),
        ("seats != 7", "has seats = 8 (day 0)"),
        ("industry == 'Mining'", "has industry = 'Mining' (day 0)"),
        ("'partner' in interests", "has interests = ('one', 'two', 'partner') (day 0)"),
        ("known(phone) and not known(city)", "has city = nothing (day 0)"),
        ("in_list('vip')", "joins the list 'vip' (day 0)"),
        ("lifecycle in ['mql', 'sql']", "has lifecycle = 'mql' (day 0)"),
        ("days_in_campaign > 1", "stays silent"),
        ("event('a') and (event('b') or opened('decay'))", "has the event 'a' (day 0), then has the event 'b' (day 0)"),
    ],
)
def test_branch_is_reached_by_what_its_rule_asks_for(tmp_path: Path, rule: str, done: str) -> None:
    walk = walked(tmp_path, HEAD.format(start=ENTERS) + STEP.format(rule=rule))
    assert paths(walk)["aware/ask → slow"] == done
    assert paths(walk)["slow/news"] == done
    assert walk.made_so == ("has source = 'web'",)


def test_else_is_reached_where_the_way_holds_by_itself(tmp_path: Path) -> None:
    walk = walked(tmp_path, HEAD.format(start=ENTERS) + STEP.format(rule="not opened('decay')"))
    assert paths(walk)["aware/ask 'else'"] == "opens decay (day 0)"
    assert paths(walk)["aware runs out → exit"] == "opens decay (day 0)"
    assert not walk.missed


@pytest.mark.parametrize(
    ("rule", "because"),
    [
        (
            "clicked('decay') and replied",
            "nothing was found that a lead can do after which this holds: clicked('decay')",
        ),
        ("sent('news')", "nothing was found that a lead can do after which this holds: sent('news')"),
    ],
)
def test_way_that_cannot_be_taken_is_told_with_the_reason(tmp_path: Path, rule: str, because: str) -> None:
    """Who replies leaves by `exit` before the branch is asked."""
    start = ENTERS + '\nexit = "replied"'
    walk = walked(tmp_path, HEAD.format(start=start) + STEP.format(rule=rule))
    missed = {one.way.name: one.because for one in walk.missed}
    assert missed["aware/ask → slow"].startswith(because)
    assert missed["slow/news"] == "no path comes to stage slow"


def test_arm_behind_one_that_always_holds_first_is_told(tmp_path: Path) -> None:
    text = HEAD.format(start=ENTERS) + STEP.format(rule="event('a')")
    text = text.replace('go = "slow" }]', 'go = "exit" }, { when = "event(\'a\')", go = "slow" }]')
    walk = walked(tmp_path, text)
    missed = {one.way.name: one.because for one in walk.missed}
    assert missed["aware/ask → slow"] == "a way before it holds whenever this one does"


def test_else_of_ways_of_which_one_always_holds_is_told(tmp_path: Path) -> None:
    text = HEAD.format(start=ENTERS) + STEP.format(rule="known(city)")
    text = text.replace('go = "slow" }]', 'go = "exit" }, { when = "not known(city)", go = "slow" }]')
    missed = {one.way.name: one.because for one in walked(tmp_path, text).missed}
    assert missed["aware/ask 'else'"] == "one of its ways always holds"


def test_trigger_lets_in_and_its_date_lies_ahead(tmp_path: Path) -> None:
    start = "on = \"event('ordered')\"\nenter = \"trigger.plan == 'team'\""
    text = HEAD.format(start=start) + STEP.format(rule="trigger.seats > 3").replace(
        'email = "news"', 'email = "news"\nat = "2 days before trigger.ends 10:00"'
    )
    walk = walked(tmp_path, text)
    assert walk.made_so == ("was let in with trigger.plan = 'team'",)
    mail = next(one for one in walk.reached if one.way.name == "slow/news")
    assert way_words(walk, mail.path) == "was let in with trigger.seats = 4 (day 0)"
    assert mail.mail is not None
    assert mail.mail.at == datetime(2026, 11, 14, 9, tzinfo=UTC)


def test_lead_whom_the_campaign_does_not_let_in_is_put_in(tmp_path: Path) -> None:
    start = "enter = \"source == 'web' and days_until(vars.starts) > 0\""
    text = HEAD.format(start=start).replace("[stage.aware]", "[vars]\nstarts = 2026-10-01\n[stage.aware]", 1)
    walk = walked(tmp_path, text)
    assert walk.by_hand
    assert "aware/decay" in paths(walk)


def test_what_comes_after_a_hand_off_is_reached_by_its_return(tmp_path: Path) -> None:
    text = HEAD.format(start=ENTERS) + '[[stage.aware.step]]\nhandoff = "sales"\n[[stage.aware.step]]\nemail = "cost"\n'
    assert paths(walked(tmp_path, text))["aware/cost"] == "is given back by sales (day 1)"


def test_mail_that_never_goes_is_told_as_the_story_tells_it(tmp_path: Path) -> None:
    text = HEAD.format(start=ENTERS).replace('email = "decay"', 'email = "decay"\nat = "on vars.day 09:00"')
    text = text.replace("[stage.aware]", "[vars]\nday = 2026-10-01\n[stage.aware]", 1)
    walk = walked(tmp_path, text)
    assert [(one.way.name, one.because) for one in walk.missed] == [
        ("aware/decay", "skipped 'decay': its date had passed: Thu 1 Oct 09:00 (late = \"skip\")")
    ]


def test_links_are_those_that_count(tmp_path: Path) -> None:
    report = check(write(tmp_path))
    mail = next(mail for key, mail in report.mails.items() if key.name == "decay")
    assert [link.name for link in mail.links if link.kind is LinkKind.TRACK] == ["pricing"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(campaign=campaigns("x"))
def test_every_way_is_reached_or_told_and_every_path_can_be_lived_again(campaign: Campaign) -> None:
    policy, links, trigger = Policy(caps=()), lambda _step: ["one", "two"], {"id": "7"}
    lead = Lead(id=1, created_at=START, email="jane@northwind.example")
    walk = walk_of(campaign, policy, lead, links, START, trigger)
    names = sorted(one.way.name for one in (*walk.reached, *walk.missed))
    assert names == sorted(way.name for way in ways(campaign))
    for one in walk.reached:
        if one.mail is not None:
            life = let_in(Life(programme(walk.campaign), LeadFacts(lead), START), walk.campaign, trigger, links).life
            for done in one.path.done:
                life.run_to(done.at)
                done.deed.do(life, campaign.id)
            life.run_to(one.mail.at)
            assert one.mail.send in [mail.send for mail in life.mails], one.way.name


def test_patience_that_is_over_costs_no_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = check(write(tmp_path))

    def names() -> list[str]:
        found = planned(report, "clean", sample_lead(report.config), START).walk
        return [one.way.name for one in found.reached]

    patient = names()
    monkeypatch.setattr("engine.rehearsal.walk.PATIENCE", 0)
    assert names() == patient
    assert "ready runs out → exit" in patient
