"""Scenarios in which sales answers, or nobody does, and in which colleagues do tasks."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.rehearsal.player import Verdict
from engine.rehearsal.scenarios import play_scenarios
from engine.service.check import check
from tests.rehearsal.homes import CONFIG, difference, scenario, write

SALES = """
[sender.owners]
ann = "Ann Lee <ann@acme.example>"
tom = "Tom Hadley <tom@acme.example>"
[lifecycle.when]
engaged = "ever.clicks >= 1"
[sales]
hand_raises   = ["demo_requested"]
sla           = "1 business day"
recycle_after = "3 business days"
[[sales.person]]
name = "ann"
[[sales.person]]
name = "tom"
[[sales.route]]
name = "large"
when = "seats > 100"
to = ["tom"]
[[sales.route]]
name = "others"
to = ["ann"]
[sales.reasons.too_early]
title = "Too early"
[sales.reasons.no_fit]
title = "Not for us"
disqualify = true
"""
DECAY, COST = 'mail = "decay"', 'mail = "cost"'
RAISED = (DECAY, 'event = "demo_requested", after = "1h"')
PRICING = 'clicks = "pricing", in = "cost", after = "1h"'
TOO_EARLY = 'sales = "rejects", reason = "too_early", after = "2h"'
CALLED = (DECAY, COST, PRICING, 'stage = "ready"', 'task = "call"')


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write(tmp_path_factory.mktemp("home"))
    (folder / "config.toml").write_text(CONFIG + SALES, "utf-8")
    clean = folder / "campaigns/clean.toml"
    asks = "branch = [{ when = \"event('task_done', step='call', outcome='not now')\", go = \"slow\" }]"
    step = f'[[stage.ready.step]]\nid = "asked"\n{asks}\n\n'
    text = clean.read_text("utf-8").replace("[[stage.ready.step]]\nhandoff", f"{step}[[stage.ready.step]]\nhandoff")
    clean.write_text(text, "utf-8")
    return folder


def played(home: Path, *steps: str, lead: str = 'source = "web", company = "Globex"') -> Verdict:
    (home / "campaigns/clean.test.toml").write_text(scenario(*steps, lead=lead), "utf-8")
    report = check(home)
    assert report.usable, report.problems
    return play_scenarios(report).campaigns[0].verdicts[0]


PASSING = {
    "raised hand, whoever gets it": (*RAISED, 'handed_over = true, within = "1m"'),
    "raised hand, with its reason": (*RAISED, 'handed_over = "ann", because = "demo_requested"'),
    "the lead is its salesperson's from then on": (*RAISED, 'is = { owner = "ann", lifecycle = "mql" }'),
    "accepted: sales keeps it": (*RAISED, 'sales = "accepts"', 'is = { lifecycle = "sal" }', 'no_mail = "90d"'),
    "accepted, and given back at once": (*RAISED, 'sales = "accepts"', TOO_EARLY, 'is = { lifecycle = "recycled" }'),
    "given back: the campaign goes on": (*RAISED, TOO_EARLY, 'is = { lifecycle = "recycled" }', COST),
    "given back for good": (*RAISED, 'sales = "rejects", reason = "no_fit"', 'is = { lifecycle = "disqualified" }'),
    "given back after it was accepted": (*RAISED, 'sales = "accepts"', TOO_EARLY, COST),
    "it matures again, and raises its hand again": (
        *(*RAISED, TOO_EARLY, COST, 'clicks = "pricing", in = "cost", after = "1h"'),
        *('is = { lifecycle = "engaged" }, within = "2m"', 'event = "demo_requested", after = "1h"'),
        *('handed_over = "ann"', 'is = { lifecycle = "mql" }', 'sales = "accepts"', 'is = { lifecycle = "sal" }'),
    ),
    "nobody answers: marketing takes it back": (
        *(*RAISED, 'is = { lifecycle = "mql" }, on = "Thu 5 Nov 10:08"'),
        *('mail = "cost", on = "Thu 5 Nov 10:10"', 'is = { lifecycle = "recycled" }'),
    ),
    "a snooze ends, and the time to answer begins anew": (
        *(
            *RAISED,
            'sales = "snoozes", until = "Mon 9 Nov 09:00"',
            'is = { lifecycle = "mql" }, on = "Thu 12 Nov 08:59"',
        ),
        *('sales = "rejects", reason = "too_early", on = "Thu 12 Nov 09:00"', COST),
    ),
    "a task is done: the journey goes on at once": (
        *(*CALLED, 'task_done = "call", outcome = "reached", after = "3h"', 'handoff = "sales", within = "1m"'),
        'handed_over = "ann"',
    ),
    "a branch asks for the outcome": (
        *(*CALLED, 'task_done = "call", outcome = "not now", after = "3h"', 'stage = "slow", within = "1m"'),
    ),
    "two things in the minute of the hand-off": (
        *(DECAY, 'event = "demo_requested", on = "Mon 2 Nov 10:00"', 'sales = "accepts", on = "Mon 2 Nov 10:00"'),
        'sales = "rejects", reason = "too_early", on = "Mon 2 Nov 10:00"',
    ),
}


@pytest.mark.parametrize("name", PASSING)
def test_scenario_in_which_colleagues_answer_passes(name: str, home: Path) -> None:
    verdict = played(home, *PASSING[name])
    assert verdict.difference is None, verdict.difference


def test_route_decides_to_whom_a_lead_comes(home: Path) -> None:
    large = 'source = "web", company = "Globex", seats = 500'
    assert played(home, *RAISED, 'handed_over = "tom"', lead=large).passed
    assert difference(played(home, *RAISED, 'handed_over = "ann"', lead=large))[:2] == (
        "the lead handed over to ann",
        "handed over to tom Mon 2 Nov 10:10",
    )


FAILING = {
    "never handed over": (
        (DECAY, 'sales = "accepts", after = "1h"'),
        "sales accepts the lead",
        "sales has no lead in hand: it was not handed over until then",
    ),
    "given back before": (
        (*RAISED, TOO_EARLY, 'sales = "accepts", after = "1h"'),
        "sales accepts the lead",
        "sales has no lead in hand: it gave it back Mon 2 Nov 12:10 (too_early)",
    ),
    "taken back before": (
        (*RAISED, 'sales = "rejects", reason = "no_fit", on = "Thu 5 Nov 10:11"'),
        "sales rejects the lead",
        '"What it costs" (aware/cost), which the scenario does not expect',
    ),
    "taken back, and nobody has it any more": (
        (*RAISED, COST, 'sales = "rejects", reason = "no_fit", on = "Thu 5 Nov 18:00"'),
        "sales rejects the lead",
        "sales has no lead in hand: nobody answered, and marketing took it back Thu 5 Nov 10:10",
    ),
    "a snooze of what was accepted": (
        (*RAISED, 'sales = "accepts"', 'sales = "snoozes", until = "Mon 9 Nov"'),
        "sales snoozes the lead",
        "sales accepted the lead already, that of Mon 2 Nov 10:10",
    ),
    "a snooze for too long": (
        (*RAISED, 'sales = "snoozes", until = "Mon 8 Mar 2027"'),
        "sales snoozes the lead",
        "Mon 8 Mar 2027 00:00 cannot be: sales snoozes for 90 days at most, and not backwards",
    ),
    "a task that is not due": (
        (DECAY, 'task_done = "call", outcome = "reached"'),
        'the outcome of task "call"',
        'task "call" has not come due until then',
    ),
    "a task that is over": (
        (*CALLED, 'task_done = "call", outcome = "a  voice mail"', 'task_done = "call", outcome = "reached"'),
        'the outcome of task "call"',
        'task "call" was done already: a voice mail',
    ),
    "nobody is handed over": ((DECAY, 'handed_over = true, within = "1h"'), "the lead handed over within 1 hour"),
    "another reason": (
        (*RAISED, 'handed_over = true, because = "score"'),
        'the lead handed over because of "score"',
        "handed over: raised its hand: demo_requested",
    ),
}


@pytest.mark.parametrize("name", FAILING)
def test_answer_that_cannot_be_is_told(name: str, home: Path) -> None:
    steps, *told = FAILING[name]
    assert list(difference(played(home, *steps)))[: len(told)] == told
