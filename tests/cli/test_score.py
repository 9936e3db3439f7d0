"""`score`: a lead's score as a table that adds up, and all leads scored at once."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from engine.cli.story import told
from engine.domain.journey.facts import Event, EventKind, Lead, LeadFacts
from engine.domain.journey.policy import Policy
from engine.domain.journey.view import LeadView
from engine.domain.rules import Rule, parse_rule
from engine.domain.sales.policy import SalesPolicy
from engine.service.score import Ripeness, ripeness
from engine.service.why import story_of_lead
from tests.cli.life import Life
from tests.cli.life import ripeline as run
from tests.domain.rules.facts import HERE, LEAD_SCOPE, NOW

SCORING = """
[scoring]
half_life = "10d"

[[scoring.points]]
name = "looked at the checklist"
each = "ever.clicked('clean/decay', link='checklist')"
points = 20

[[scoring.points]]
name = "got mail"
each = "ever.sent('clean/decay')"
points = 2
most = 1

[[scoring.fit]]
name = "came from the web"
when = "source == 'web'"
points = 45
"""


class Done(NamedTuple):
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


@pytest.fixture
def ripeline(capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    def call(*arguments: str, home: Path) -> Done:
        code = run("score", *arguments, home=home)
        return Done(code, *capsys.readouterr())

    return call


@pytest.fixture
def scored(tmp_path: Path, lived: Life) -> Path:
    """The home that was lived in, with a scheme; its own clock reads today."""
    home = Path(shutil.copytree(lived.home.path, tmp_path / "home"))
    with (home / "config.toml").open("a", encoding="utf-8") as file:
        file.write(SCORING)
    return home


def test_sheet_says_how_often_how_much_and_what_it_is_worth_today(scored: Path, ripeline: Callable[..., Done]) -> None:
    done = ripeline("jane@northwind.example", "--json", home=scored)
    sheet = json.loads(done.out)

    lines = {line["name"]: line for line in sheet["scored"]["lines"]}
    assert (lines["looked at the checklist"]["times"], lines["looked at the checklist"]["fresh"]) == (1, 20)
    assert lines["got mail"]["capped"] is (lines["got mail"]["worth"] == 1)
    total = sum(line["worth"] for line in lines.values())
    assert sheet["scored"]["score"] == pytest.approx(total, abs=0.05)
    assert sheet["graded"]["fit"] == "B"


def test_table_is_for_people(scored: Path, ripeline: Callable[..., Done]) -> None:
    done = ripeline("Jane Park", home=scored)

    assert done.code == 0
    assert "looked at the checklist" in done.out
    assert "came from the web" in done.out and "fit B" in done.out


def test_all_leads_are_scored_at_once(scored: Path, ripeline: Callable[..., Done]) -> None:
    first = ripeline("--all", home=scored)
    again = ripeline("--all", home=scored)

    assert first.out.startswith("All leads are scored. With a new score: 3 leads")
    assert again.out.startswith("All leads are scored. With a new score: 0 leads")


def test_one_lead_or_all_must_be_named(scored: Path, ripeline: Callable[..., Done]) -> None:
    for arguments in ((), ("jane park", "--all")):
        done = ripeline(*arguments, home=scored)
        assert done.code == 1
        assert "name a lead whose score you want to see" in done.err


def test_home_without_scoring_says_so(lived: Life, ripeline: Callable[..., Done]) -> None:
    done = ripeline("jane park", home=lived.home.path)

    assert done.code == 1
    assert "config.toml scores nobody" in done.err


def _ready(source: str) -> Policy:
    found = parse_rule(source, LEAD_SCOPE, HERE)
    assert isinstance(found, Rule)
    return Policy(sales=SalesPolicy(ready=found))


@pytest.mark.parametrize(
    ("score", "fit", "needs", "because"),
    [
        (46.0, "B", 60, "score is 46, not at least 60"),
        (46.0, "D", 60, "score is 46, not at least 60"),
        (80.0, "D", None, "fit is 'D', not 'A' or 'B'"),
    ],
)
def test_what_a_lead_needs_to_be_ripe_is_told(score: float, fit: str, needs: float | None, because: str) -> None:
    facts = LeadFacts(Lead(1, NOW, score=score, fit=fit), events=(Event(1, EventKind.REPLY, NOW),))
    found = ripeness(_ready("score >= 60 and fit in ['A', 'B']"), LeadView(facts, None, None, {}), score, NOW)

    assert found == Ripeness("score >= 60 and fit in ['A', 'B']", False, because, needs)


def test_ripe_lead_needs_nothing_more() -> None:
    facts = LeadFacts(Lead(1, NOW, score=60.0))
    found = ripeness(_ready("score >= 60"), LeadView(facts, None, None, {}), 60.0, NOW)

    assert found is not None and found.holds and found.needs is None
    assert ripeness(Policy(), LeadView(facts, None, None, {}), 60.0, NOW) is None


def test_why_tells_the_score_that_is_missing(lived: Life) -> None:
    from dataclasses import replace

    running = lived.runner.current()
    programme = replace(running.programme, policy=replace(running.programme.policy, sales=_ready("score >= 60").sales))
    story = story_of_lead(lived.home, replace(running, programme=programme), "jane park", lived.clock.now())
    head, ripe = ["".join(words for words, _ in line) for line in list(told(story))[:2]]

    assert "· score 0 (needs 60) ·" in head
    assert ripe == "not ripe  score is 0, not at least 60"


def test_company_is_shown_for_people_and_for_programs(lived: Life, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("account", "northwind.example", home=lived.home.path) == 0
    told_out = capsys.readouterr().out
    assert run("account", "northwind.example", "--json", home=lived.home.path) == 0
    sheet = json.loads(capsys.readouterr().out)

    assert "Jane Park" in told_out and "nobody is known who decides" in told_out
    assert "jane@northwind.example" in [one["email"] for one in sheet["people"]]
    assert sheet["missing"] == ["decides", "pays", "recommends", "uses"]
    assert run("account", "nobody.example", home=lived.home.path) == 1


def test_import_tells_roles_that_config_does_not_know(
    tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "people.csv"
    file.write_text("email,role\njane@northwind.example,boss\n", "utf-8")

    assert run("import", str(file), home=home) == 0
    assert "Roles that config does not know: boss (1).  ([accounts] roles names them)" in capsys.readouterr().out
