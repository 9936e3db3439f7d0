"""The reference says what the code says."""

from __future__ import annotations

import re

import pytest

from docs.generate import FOLDER, PAGES
from docs.generation import rule_words, template_words
from docs.generation.errors_page import GROUPS, GROUPS_OF_WARNINGS
from docs.generation.fault_titles import TITLES
from docs.generation.proofs_page import proofs_by_row
from engine.authoring import campaign_words, scenario_words
from engine.authoring.campaign_file import CAMPAIGN_KEYS, STAGE_KEYS
from engine.authoring.error_codes import CODES
from engine.authoring.scenario_file import SCENARIO_KEYS
from engine.authoring.scenario_steps import FURTHER_KEYS
from engine.authoring.step_keys import COMMON_KEYS, STEP_KEYS
from engine.content.names import ADDRESSES, Names
from engine.content.settings import CompileSettings
from engine.content.values import FILTERS
from engine.domain.rules.scope import (
    CAMPAIGN_FUNCTIONS,
    CAMPAIGN_NAMES,
    EVER_FUNCTIONS,
    EVER_NAMES,
    LEAD_FUNCTIONS,
    LEAD_NAMES,
)
from engine.domain.scenario import ACTS, EXPECTATIONS


@pytest.mark.parametrize("name", [name for name in PAGES if name != "proofs.md"])
def test_generated_page_is_fresh(name: str) -> None:
    assert (FOLDER / name).read_text("utf-8") == PAGES[name](), "run `make docs` and commit docs/reference/"


def test_no_proof_is_claimed_that_does_not_exist() -> None:
    """The page may lag behind new tests, and must not promise one that is gone."""
    proofs = proofs_by_row()
    lines = [
        line.split(" | ") for line in (FOLDER / "proofs.md").read_text("utf-8").splitlines() if line[2:3].isdigit()
    ]
    claimed = {int(cells[0].strip("| ")): set(re.findall(r"`(tests/\w+)`", cells[2])) for cells in lines}
    assert set(claimed) == set(TITLES)
    assert not {row: folders - proofs[row] for row, folders in claimed.items() if folders - proofs[row]}


def test_nothing_else_lies_among_the_generated_pages() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(PAGES)


def test_every_key_of_a_campaign_has_a_meaning_and_no_other() -> None:
    assert set(campaign_words.CAMPAIGN) == set(CAMPAIGN_KEYS)
    assert set(campaign_words.STAGE) == set(STAGE_KEYS)
    assert set(campaign_words.EVERY_STEP) == set(COMMON_KEYS)
    assert set(campaign_words.KINDS) == set(campaign_words.OF_KIND) == set(STEP_KEYS)
    assert {kind: set(keys) for kind, keys in campaign_words.OF_KIND.items()} == {
        kind: set(keys.keys) for kind, keys in STEP_KEYS.items()
    }


def test_every_key_of_a_scenario_has_a_meaning_and_no_other() -> None:
    assert set(scenario_words.SCENARIO) == set(SCENARIO_KEYS)
    assert (tuple(scenario_words.ACTS), tuple(scenario_words.EXPECTATIONS)) == (ACTS, EXPECTATIONS)
    assert set(scenario_words.FURTHER) == {key for keys in FURTHER_KEYS.values() for key in keys}


def test_every_name_of_rules_has_a_meaning_and_no_other() -> None:
    assert set(rule_words.NAMES) == {*LEAD_NAMES, "replied"}
    assert set(rule_words.CAMPAIGN) == set(CAMPAIGN_NAMES)
    assert set(rule_words.FUNCTIONS) == {*LEAD_FUNCTIONS, *CAMPAIGN_FUNCTIONS}
    assert set(rule_words.EVER) == {f"ever.{name}" for name in (*EVER_FUNCTIONS, *EVER_NAMES)}


def test_every_name_of_templates_has_a_meaning_and_no_other() -> None:
    assert set(template_words.ROOTS) == set(Names.for_authors(CompileSettings(), {}).members)
    assert set(template_words.ADDRESSES) == set(ADDRESSES)
    assert set(template_words.FILTERS) == set(FILTERS)


def test_every_code_stands_in_a_group() -> None:
    groups = [group for group, _ in (*GROUPS, *GROUPS_OF_WARNINGS)]
    assert [code for code in CODES if groups.count(code[:2]) != 1] == []


def test_there_are_forty_faults() -> None:
    assert list(TITLES) == list(range(1, 41))
