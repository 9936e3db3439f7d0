"""Mistakes in files of scenarios are told as those in campaigns: each once, at its place, with what to do about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.authoring.home import HomeFiles
from engine.authoring.toml_source import Document, read_document
from engine.domain.scenario import MailName, Scenario
from engine.errors import Problem
from tests.authoring.homes import CAMPAIGN, CONFIG

OTHER = CAMPAIGN.replace('"decay"', '"welcome"').replace("'decay'", "'welcome'")
LINKS = {"clean-data": {"decay": frozenset({"checklist"}), "cost": frozenset({"pricing", "calculator"})}}

SOUND = """\
[[scenario]]
name  = "a click on pricing"
start = 2026-11-02T09:00:00
lead  = { source = "webinar", zone = "Europe/Berlin", seats = 7, renewal = 2026-12-01, lists = ["news"] }
with  = ["trial"]
then  = [
  { mail = "decay", on = "Mon 2 Nov 09:10", subject = "Hello" },
  { clicks = "pricing", in = "cost", after = "2h" },
  { becomes = { plan = "pro" } },
  { stage = "compare", within = "2 business days" },
  { task = "compare-task" },
  { no_mail = "until Mon 30 Nov 09:00" },
]
"""


def document(path: str, text: str) -> Document:
    found, problems = read_document(path, text)
    assert found is not None and not problems, problems
    return found


def problems_of(text: str) -> list[Problem]:
    """Every problem of a file of scenarios, be it TOML or not."""
    path = "campaigns/clean-data.test.toml"
    found, problems = read_document(path, text)
    if found is None:
        return problems
    return [*problems, *(problem for problem in read_as(found)[1] if problem.place.path == path)]


def read(text: str, path: str = "campaigns/clean-data.test.toml") -> tuple[list[Scenario], list[Problem]]:
    """The scenarios of a text that is TOML, and all problems of the home."""
    return read_as(document(path, text))


def read_as(scenarios_file: Document) -> tuple[list[Scenario], list[Problem]]:
    campaigns = {"clean-data": CAMPAIGN, "trial": OTHER}
    documents = {name: document(f"campaigns/{name}.toml", body) for name, body in campaigns.items()}
    texts = {one.path: one.text for one in documents.values()}
    scenarios = {scenarios_file.path: scenarios_file}
    files = HomeFiles(Path(), document("config.toml", CONFIG), True, documents, texts, [], scenarios)
    home = files.read(LINKS)
    return home.scenarios.get("clean-data", []), home.problems


def test_sound_file_is_read_with_its_times_and_types() -> None:
    (scenario,), problems = read(SOUND)
    assert problems == []
    assert scenario.start.isoformat() == "2026-11-02T08:00:00+00:00"
    assert scenario.lead["seats"] == 7.0
    assert scenario.lead["renewal"] == "2026-12-01"
    assert scenario.others == ("trial",)
    mail, click, *_ = scenario.then
    assert mail.on is not None and mail.on.start.isoformat() == "2026-11-02T08:10:00+00:00"
    assert (click.mail, click.what, click.place.line) == (MailName("clean-data", "cost"), "pricing", 8)


def test_scenarios_are_no_part_of_what_runs() -> None:
    path = "campaigns/clean-data.test.toml"
    files = HomeFiles(Path(), None, False, {}, {}, [], {path: document(path, SOUND)})
    assert path not in files.read().texts


MISTAKES = [
    (
        'after = "2h"',
        'within = "2h"',
        "8:38",
        "E013",
        "'within' does not belong into a step with 'clicks'",
        "write after",
    ),
    (
        'within = "2 b',
        'after = "2 b',
        "10:24",
        "E013",
        "'after' does not belong into a step with 'stage'",
        "write within",
    ),
    ("then  = [", 'holdout = "yes"\nthen  = [', "6:11", "E012", "expected true or false", ""),
    (
        ', in = "cost"',
        ', mail = "cost"',
        "8:25",
        "E402",
        "one step says 'clicks' and 'mail'",
        "write in = … for the mail",
    ),
    (
        'mail = "decay"',
        'mail = "decey"',
        "7:12",
        "E403",
        "campaign 'clean-data' sends no mail 'decey'",
        "did you mean 'decay'?",
    ),
    ('mail = "decay"', 'mail = "trail/cost"', "7:12", "E403", "there is no campaign 'trail'", "did you mean 'trial'?"),
    (
        'clicks = "pricing"',
        'clicks = "prices"',
        "8:14",
        "E404",
        "mail 'cost' has no link 'prices'",
        "did you mean 'pricing'?",
    ),
    (
        'stage = "compare"',
        'stage = "compere"',
        "10:13",
        "E405",
        "the campaign has no stage 'compere'",
        "did you mean 'compare'?",
    ),
    (
        'task = "compare-task"',
        'task = "call"',
        "11:12",
        "E403",
        "the campaign has no task step 'call'",
        "there are: compare-task",
    ),
    (
        'task = "compare-task"',
        'task_done = "compare-tsk", outcome = "reached"',
        "11:17",
        "E403",
        "the campaign has no task step 'compare-tsk'",
        "did you mean 'compare-task'?",
    ),
    (
        'task = "compare-task"',
        'task_done = "compare-task"',
        "11:3",
        "E011",
        "a step with 'task_done' has no 'outcome'",
        'add  outcome = "reached"',
    ),
    (
        'task = "compare-task"',
        'sales = "acepts"',
        "11:13",
        "E014",
        '\'acepts\' is not one of "accepts", "rejects", "snoozes"',
        "did you mean 'accepts'?",
    ),
    (
        'task = "compare-task"',
        'sales = "rejects"',
        "11:3",
        "E011",
        "a step with 'sales' has no 'reason'",
        'add  reason = "…"  (one of: too_early, no_budget',
    ),
    (
        'task = "compare-task"',
        'sales = "rejects", reason = "to_early"',
        "11:33",
        "E410",
        "[sales.reasons] has no 'to_early'",
        "did you mean 'too_early'?",
    ),
    (
        'task = "compare-task"',
        'sales = "accepts", reason = "too_early"',
        "11:24",
        "E013",
        "'reason' does not belong into a step with 'sales'",
        'it belongs to sales = "rejects"',
    ),
    (
        'task = "compare-task"',
        'sales = "snoozes"',
        "11:3",
        "E011",
        "a step with 'sales' has no 'until'",
        'add  until = "Mon 2 Nov 09:10"',
    ),
    (
        'task = "compare-task"',
        'handed_over = "bem"',
        "11:19",
        "E410",
        "nobody in sales is called 'bem'",
        "did you mean 'ben'?",
    ),
    (
        'task = "compare-task"',
        "handed_over = false",
        "11:19",
        "E014",
        "this can only be expected: false says nothing",
        "write true, or take it out",
    ),
    ('with  = ["trial"]', 'with  = ["trail"]', "5:10", "E406", "there is no campaign 'trail'", "did you mean 'trial'?"),
    (
        'with  = ["trial"]',
        'with  = ["clean-data"]',
        "5:10",
        "E406",
        "'clean-data' is the campaign under test",
        "take it out",
    ),
    ("Mon 2 Nov 09:10", "Tue 2 Nov 09:10", "7:26", "E407", "2 Nov 2026 is a Monday, not a Tuesday", "write 'Mon'"),
    (
        "Mon 2 Nov 09:10",
        "Mon 2 Nvo 09:10",
        "7:26",
        "E407",
        "'Nvo' in 'Mon 2 Nvo 09:10' is no month",
        "did you mean 'Nov'?",
    ),
    ("Mon 2 Nov 09:10", "Mon 2 Nov 9am", "7:26", "E407", "'9am' in 'Mon 2 Nov 9am' is no time of day", "write '09:00'"),
    (
        "Mon 2 Nov 09:10",
        "31 Feb 2027 09:10",
        "7:26",
        "E407",
        "'31 Feb 2027 09:10' is no day of the calendar",
        "look it up",
    ),
    ("Mon 2 Nov 09:10", "tomorrow", "7:26", "E407", "'tomorrow' is no moment", "write weekday, day, month and time"),
    ("until Mon 30 Nov 09:00", "until Sun 30 Nov 09:00", "12:15", "E407", "30 Nov 2026 is a Monday", "write 'Mon'"),
    (
        'after = "2h"',
        'on = "Mon 2 Nov"',
        "8:43",
        "E407",
        "'Mon 2 Nov' is a whole day, and something happens at a time",
        "write",
    ),
    (
        'after = "2h"',
        'on = "1 Nov 2026 09:00"',
        "8:3",
        "E407",
        "this step is earlier than one before it",
        "put the steps",
    ),
    (
        'after = "2h"',
        'after = "2h", on = "Mon 2 Nov 11:10"',
        "8:52",
        "E402",
        "one step says 'after' and 'on'",
        "keep one",
    ),
    (
        'after = "2h"',
        'after = "two hours"',
        "8:46",
        "E015",
        "'two hours' is not understood",
        "write the number in digits",
    ),
    ('after = "2h"', 'atfer = "2h"', "8:38", "E010", "a step with 'clicks' knows no 'atfer'", "did you mean 'after'?"),
    (
        ', in = "cost"',
        "",
        "8:3",
        "E011",
        "a step with 'clicks' has no 'in'",
        'add  in = "…"  (the mail that has the link)',
    ),
    (
        'mail = "decay"',
        'mial = "decay"',
        "7:5",
        "E402",
        "this step does nothing and expects nothing",
        "did you mean 'mail'?",
    ),
    (
        'stage = "compare"',
        'stage = "compare", goal = true',
        "10:24",
        "E402",
        "one step says 'stage' and 'goal'",
        "write two steps",
    ),
    ("seats = 7", "saets = 7", "4:55", "E408", "leads have no field 'saets'", "did you mean 'seats'?"),
    ("seats = 7", 'seats = "many"', "4:63", "E408", "'seats': 'many' is no number, such as 1234.5", ""),
    (
        'plan = "pro"',
        'plan = "por"',
        "9:24",
        "E408",
        "'plan': 'por' is none of this field's choices",
        "did you mean 'pro'?",
    ),
    (
        'zone = "Europe/Berlin"',
        'zone = "Berlin"',
        "4:38",
        "E015",
        "no time zone is called 'Berlin'",
        "did you mean 'Europe/Berlin'?",
    ),
    (
        "2026-11-02T09:00:00",
        '"Mon 2 Nov"',
        "3:9",
        "E012",
        "expected a date with a time of day",
        "write it as 2026-11-02T09:00:00",
    ),
    (
        "start = 2026-11-02T09:00:00\n",
        "",
        "1:1",
        "E011",
        "a scenario has no 'start'",
        "add  start = 2026-11-02T09:00:00",
    ),
    (
        "[[scenario]]",
        "[scenario]",
        "1:1",
        "E013",
        "scenarios are a list: two brackets on each side",
        "write [[scenario]]",
    ),
    ("[[scenario]]\n", "", "1:1", "E011", "this file has no scenario", "write [[scenario]] above the keys of each"),
]


@pytest.mark.parametrize(("old", "new", "place", "code", "message", "hint"), MISTAKES, ids=[m[1] for m in MISTAKES])
def test_mistake_is_told_once_at_its_place(old: str, new: str, place: str, code: str, message: str, hint: str) -> None:
    assert SOUND.count(old) == 1
    _, problems = read(SOUND.replace(old, new))
    assert [(found.code, f"{found.place.line}:{found.place.column}") for found in problems] == [(code, place)], problems
    assert problems[0].message.startswith(message)
    assert problems[0].hint.startswith(hint)


def test_two_scenarios_of_one_name() -> None:
    scenarios, problems = read(SOUND + "\n" + SOUND.replace("A click", "a click"))
    assert len(scenarios) == 1
    assert [(found.code, found.place.line, found.message) for found in problems] == [
        ("E409", 16, "the scenario of line 2 has the same name")
    ]


def test_file_beside_no_campaign() -> None:
    _, problems = read(SOUND, "campaigns/clean-dta.test.toml")
    assert [(found.code, str(found.place), found.message, found.hint) for found in problems] == [
        (
            "E401",
            "campaigns/clean-dta.test.toml",
            "there is no campaign 'clean-dta' for these scenarios",
            "did you mean 'clean-data'?",
        )
    ]


def test_steps_may_stand_below_headers_of_their_own() -> None:
    head, _, _ = SOUND.partition("then ")
    scenarios, problems = read(head + '[[scenario.then]]\nmail = "decay"\n[[scenario.then]]\nsilent = "2d"\n')
    assert problems == []
    assert [step.kind for step in scenarios[0].then] == ["mail", "silent"]


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("Mon 4 Jan 10:00", "2027-01-04T09:00:00+00:00"),
        ("29 February 10:00", "2028-02-29T09:00:00+00:00"),
        ("Sunday 8 November 2026 10:00", "2026-11-08T09:00:00+00:00"),
    ],
)
def test_moment_without_a_year_is_the_first_one_since_the_start(text: str, start: str) -> None:
    (scenario,), problems = read(SOUND.replace("until Mon 30 Nov 09:00", f"until {text}"))
    assert problems == []
    assert scenario.then[-1].until.start.isoformat() == start  # type: ignore[union-attr]
