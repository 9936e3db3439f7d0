"""The story in words: every code has its sentence, and each says what and why."""

from __future__ import annotations

import ast
import inspect
import json
import sys
from datetime import datetime
from types import ModuleType
from zoneinfo import ZoneInfo

import pytest

from engine.domain.journey import decide, due, mailable, progress, run
from engine.domain.journey.decision import Line
from engine.domain.journey.facts import LeadFacts
from engine.domain.journey.programme import Policy
from engine.domain.journey.telling import ENDINGS, NO_MAIL, SENTENCES, Told, tell_line
from engine.domain.merging import MERGED
from engine.domain.steps import KINDS, EmailStep, HandoffStep, NotifyStep, WebhookStep, base

from .world import DAY, HOUR, MONDAY, Play, campaign, caps, lead, programme, stage, task
from .world import branch as branch_step
from .world import email as mail

UTC = ZoneInfo("UTC")
SPEAKING = (decide, due, progress, run, base, *{sys.modules[kind.__module__] for kind in KINDS.values()})


def constants_given_to(module: ModuleType, method: str, place: int = 0) -> set[str]:
    """The texts with which `method` is called in a module, at that place of its arguments."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Call) and _name(node.func) == method and len(node.args) > place:
            found |= _texts(node.args[place], module)
    return found


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _texts(node: ast.expr, module: ModuleType) -> set[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.IfExp):
        return _texts(node.body, module) | _texts(node.orelse, module)
    found = getattr(module, node.id, None) if isinstance(node, ast.Name) else None
    return {found} if isinstance(found, str) else set()


def test_every_code_has_its_sentence():
    codes = {code for module in SPEAKING for code in constants_given_to(module, "tell")}
    codes |= constants_given_to(progress, "_enter", 2) | constants_given_to(progress, "_go", 2)
    codes |= {kind for kind in KINDS if kind not in ("email", "branch")}
    assert len(codes) > 15
    assert codes <= SENTENCES.keys()


def test_every_reason_for_no_mail_has_its_words():
    reasons = constants_given_to(mailable, "Held") | constants_given_to(sys.modules[EmailStep.__module__], "_drop", 1)
    assert len(reasons) > 7
    assert reasons <= NO_MAIL.keys()


def test_every_end_has_its_words():
    ends = {why for module in SPEAKING for why in constants_given_to(module, "end")}
    assert ends | {MERGED} == ENDINGS.keys()


def told(play: Play, code: str, zone: str = "UTC") -> Told:
    """The first line of that code in words, after a journey through the store's JSON."""
    line = play.told(code)[0]
    kept = json.loads(json.dumps(line.data, default=str))
    by_store = tell_line(Line(line.at, line.code, line.campaign, line.run, kept), play.programme, ZoneInfo(zone))
    assert by_store == tell_line(line, play.programme, ZoneInfo(zone))
    return by_store


def test_a_life_is_told_as_a_story():
    one = stage("aware", mail("decay"), mail("cost", "3d"), advance="clicked('decay', link='checklist')")
    ways = programme(
        campaign("clean-data", one, stage("compare", mail("vendors"), mail("b")), enter="source == 'webinar'"),
        policy=Policy(caps=caps("1 per week")),
    )
    play = Play(ways, LeadFacts(lead(source="webinar", zone="UTC"))).run_to(MONDAY + HOUR)
    play.clicks("decay", "checklist").run_to(MONDAY + DAY)
    assert told(play, "entered") == Told("entered", "clean-data", "enter: source is 'webinar'")
    assert told(play, "advanced") == Told("advanced", "aware → compare", "advance: clicked('decay', link='checklist')")
    assert told(play, "held") == Told("held", '"vendors"', "cap: 1 mail per week; next slot Mon 9 Nov 00:00")
    assert told(play, "held", "Europe/Berlin").because.endswith("Mon 9 Nov 01:00")


def test_a_pause_names_the_campaign_that_goes_first_and_why():
    low = campaign("trial", stage("one", mail("l")), lane="nurture", priority=40)
    play = Play(programme(low, campaign("clean", stage("one", mail("h", "1d")), lane="nurture", priority=50))).run_to(
        MONDAY
    )
    because = "clean goes first in lane nurture (priority 40 < 50)"
    assert told(play, "paused") == Told("paused", "trial", because)
    assert told(play.run_to(MONDAY + 2 * DAY), "resumed") == Told(
        "resumed", "trial", "clean no longer goes first in its lane"
    )


OUTSIDE = stage(
    "one",
    NotifyStep(id="n", text="look", who="owner"),
    WebhookStep(id="w", to="crm"),
    task("t", "1d"),
    HandoffStep(id="h", note="call her"),
)


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("notify", Told("due", "a notice to owner", "look")),
        ("webhook", Told("due", "a post to crm")),
        ("task", Told("due", "a task for owner", "do t")),
        ("task_overdue", Told("gave up", "waiting for 'do t'", "its deadline has passed")),
        ("handoff", Told("handed off", "to sales", "call her")),
        ("paused", Told("paused", "c", "sales has the lead")),
    ],
)
def test_what_reaches_outside_is_told(code, sentence):
    assert told(Play(programme(campaign("c", OUTSIDE))).run_to(MONDAY + 9 * DAY), code) == sentence


@pytest.mark.parametrize(
    ("steps", "more", "code", "sentence"),
    [
        ([mail("a", when="points > 3")], {}, "skipped", Told("skipped", "'a'", "when: points is unknown")),
        ([mail("a")], {"holdout": 1.0}, "held_out", Told("held out", "c", "holdout of 100%: no marketing mail")),
        (
            [mail("a")],
            {"holdout": 1.0},
            "dropped",
            Told("not sent", '"a"', "the lead is in the holdout, kept out to measure lift"),
        ),
        ([mail("a")], {"exit": "source == 'x'"}, "ended", Told("left", "c", "exit: source is 'x'")),
        ([mail("a")], {"goal": "source == 'x'"}, "goal", Told("reached", "the goal of c", "goal: source is 'x'")),
        ([mail("a")], {}, "ended", Told("finished", "c", "its last step is done")),
        ([branch_step("b", "", ("", "exit"))], {}, "ended", Told("left", "c", "exit: no other way")),
        (
            [mail("a", at="on lead.renewal")],
            {},
            "date_unknown",
            Told("waits", "for the date of 'a'", "the lead has no such date"),
        ),
        (
            [mail("a", at="1 day before vars.day 10:00")],
            {"vars": {"day": "2026-10-20"}},
            "skipped_late",
            Told("skipped", "'a'", 'its date had passed: Mon 19 Oct 10:00 (late = "skip")'),
        ),
    ],
)
def test_what_happens_inside_is_told(steps, more, code, sentence):
    play = Play(programme(campaign("c", stage("one", *steps), **more)), LeadFacts(lead(source="x"))).run_to(
        MONDAY + DAY
    )
    assert told(play, code) == sentence


def test_a_code_that_nobody_knows_is_told_as_it_stands():
    line = Line(datetime(2026, 1, 1, tzinfo=UTC), "odd", "c", 1, {"a": 1})
    assert tell_line(line, programme(), UTC) == Told("odd", "c", "a: 1")
