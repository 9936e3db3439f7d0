"""Files that pages show are files that work."""

from __future__ import annotations

import re
import shutil
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from docs.generation import rule_words
from engine.authoring import campaign_words, scenario_words
from engine.authoring.policy import scope_for
from engine.config.model import Config, LeadField
from engine.domain.rules import FieldType, Kind, Rule, Scope, parse_rule
from engine.errors import Place, Problem
from engine.rehearsal.scenarios import play_scenarios
from engine.service.check import check
from tests.docs.pages import DOCS, ROOT, Block, all_blocks, blocks

COMPANY = """
[company]
name           = "Acme"
postal_address = "1 Main St, Springfield"

[sender]
default          = "Jo Doe <jo@acme.example>"
verified_domains = ["acme.example"]
"""
CAMPAIGN = """
title = "Sample"
theme = "sample"
on    = "event('trial_started')"
[stage.start]
exhausted = "exit"
[[stage.start.step]]
email = "mail"
"""
HEAD = '+++\nsubject = "A subject"\n+++\n'
TUTORIAL = DOCS / "tutorial.md"

CAMPAIGNS = [block for block in all_blocks("toml") if "[stage." in block.text]
SCENARIOS = [block for block in all_blocks("toml") if "[[scenario]]" in block.text]
CONFIGS = [block for block in all_blocks("toml") if "[stage." not in block.text and block not in SCENARIOS]
TEMPLATES = all_blocks("markdown", "html", "jinja")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with the shipped layouts, and nothing else yet."""
    for folder in ("layouts", "partials"):
        shutil.copytree(ROOT / "templates" / folder, tmp_path / "templates" / folder)
    write(tmp_path / "config.toml", COMPANY)
    return tmp_path


def errors(home: Path) -> list[Problem]:
    return [problem for problem in check(home).problems if problem.is_error]


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def mended(text: str) -> str:
    """The tutorial shows one mistake on purpose."""
    return text.replace("lead.firstname", "lead.first_name")


@pytest.mark.parametrize("block", CAMPAIGNS, ids=str)
def test_campaign_that_is_shown_checks(block: Block, home: Path) -> None:
    write(home / "campaigns/welcome.toml", block.text)
    for mail in blocks(TUTORIAL):
        if mail.names.startswith("templates/"):
            write(home / mail.names, mended(mail.text))
    assert not errors(home)


@pytest.mark.parametrize("block", CONFIGS, ids=str)
def test_config_that_is_shown_checks(block: Block, home: Path) -> None:
    write(home / "config.toml", block.text + COMPANY)
    assert not errors(home)


@pytest.mark.parametrize("block", SCENARIOS, ids=str)
def test_scenarios_that_are_shown_pass(block: Block, tmp_path: Path) -> None:
    for part in ("campaigns", "templates"):
        shutil.copytree(ROOT / part, tmp_path / part)
    shutil.copy(ROOT / "config.toml", tmp_path)
    write(tmp_path / "campaigns/clean-data.test.toml", block.text)
    (found,) = play_scenarios(check(tmp_path), "clean-data").campaigns
    assert [verdict.difference for verdict in found.verdicts if not verdict.passed] == []


def test_workflow_that_is_shown_is_the_one_that_ships() -> None:
    shown = [block.text for block in blocks(DOCS / "how-to/test-a-campaign.md") if block.language == "yaml"]
    shipped = (ROOT / "deploy/ci/ripeline.yml").read_text("utf-8")
    assert shipped.endswith(shown[0])
    assert "run: ripeline check" in shown[0] and "run: ripeline test --junit" in shown[0]


def test_hooks_that_are_shown_exist() -> None:
    hooks = re.findall(r"^- id: (\S+)$", (ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"), re.MULTILINE)
    shown = [block.text for block in blocks(DOCS / "how-to/test-a-campaign.md") if block.language == "yaml"]
    assert re.findall(r"- id: (\S+)", shown[1]) == hooks == ["ripeline-fmt", "ripeline-check", "ripeline-test"]


@pytest.mark.parametrize("block", TEMPLATES, ids=str)
def test_template_that_is_shown_compiles(block: Block, home: Path) -> None:
    write(home / "campaigns/sample.toml", CAMPAIGN)
    form = "html" if block.language == "html" else "md"
    head = "" if block.text.startswith("+++") else HEAD
    write(home / f"templates/sample/start/mail.{form}", head + mended(block.text))
    assert not errors(home)


def test_readme_shows_the_tutorials_campaign() -> None:
    keys = [re.findall(r"^\S+\s*=.*?(?=\s+#|$)|^\[.*", block.text, re.MULTILINE) for block in CAMPAIGNS]
    assert len(keys) == 2
    assert keys[0] == keys[1]


def _scope() -> Scope:
    steps = {"decay": frozenset(("checklist", "demo"))}
    fields = {"contacts": LeadField(type="number"), "interests": LeadField(type="tags")}
    return replace(
        scope_for(Config(fields=fields)),
        in_campaign=True,
        has_trigger=True,
        vars={"starts": FieldType(Kind.DATE)},
        steps=steps,
        campaigns={"clean-data": steps, "trial": {}},
    )


EXAMPLES = [example for example, _ in (*rule_words.FUNCTIONS.values(), *rule_words.EVER.values())]


@pytest.mark.parametrize("rule", EXAMPLES)
def test_rule_of_the_reference_is_a_rule(rule: str) -> None:
    assert isinstance(parse_rule(rule, _scope(), Place("rule", 1, 1)), Rule)


def _rules_of_the_guide() -> list[str]:
    text = (DOCS / "how-to/write-rules.md").read_text("utf-8")
    rows = [line.split("|") for line in text.splitlines() if line.startswith("| ") and "`" in line]
    return [cells[2].strip().strip("`") for cells in rows]


@pytest.mark.parametrize("rule", _rules_of_the_guide())
def test_rule_of_the_guide_is_a_rule(rule: str) -> None:
    assert isinstance(parse_rule(rule, _scope(), Place("rule", 1, 1)), Rule)


def test_examples_of_scenario_keys_are_toml() -> None:
    for key, (_, example) in scenario_words.SCENARIO.items():
        tomllib.loads(f"{key} = {example}")
    for _, example in (*scenario_words.ACTS.values(), *scenario_words.EXPECTATIONS.values()):
        for one in example.split(" or "):
            tomllib.loads(f"then = [{one}]")


def test_examples_of_campaign_words_are_toml() -> None:
    for meanings in (campaign_words.CAMPAIGN, campaign_words.STAGE, *campaign_words.OF_KIND.values()):
        for key, (_, example) in meanings.items():
            tomllib.loads(example if example.startswith("[") else f"{key} = {example}")
