"""`ripeline test`: what it shows, writes and ends with."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.cli.life import ripeline, write_home
from tests.cli.test_authoring_commands import IDENTITY

SCENARIOS = """\
[[scenario]]
name  = "a silent lead gets two mails"
start = 2026-11-02T09:00:00
lead  = { source = "web" }
then  = [{ mail = "decay", on = "Mon 2 Nov 09:10" }, { mail = "cost" }, { leaves = "finished" }]

[[scenario]]
name  = "a click on the checklist goes straight to ready & <so on>"
start = 2026-11-02T09:00:00
lead  = { source = "web" }
then  = [
  { mail = "decay" },
  { clicks = "checklist", in = "decay", after = "1h" },
  { stage = "ready", on = "Mon 2 Nov 10:11" },
  { mail = "talk", on = "Mon 2 Nov 12:00" },
]
"""

SHOWN = """\
clean
  ✓ a silent lead gets two mails
  ✗ a click on the checklist goes straight to ready & <so on>
      Tue 3 Nov 10:11  expected  "talk" Mon 2 Nov 12:00
                       got       "Shall we talk?" (ready/talk) Tue 3 Nov 10:11
      because                    'talk' waits 1 day after the step before
                       in        campaigns/clean.test.toml:15
  2 scenarios, 1 failed, N ms · reached: 3 of 3 steps, 2 of 2 stages
"""


@pytest.fixture(scope="module")
def tested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = write_home(tmp_path_factory.mktemp("tested") / "home")
    (home / "campaigns" / "clean.test.toml").write_text(SCENARIOS, "utf-8")
    return home


def test_failure_is_told_with_time_difference_and_reason(tested: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ripeline("test", home=tested) == 1
    assert re.sub(r"\d+ ms", "N ms", capsys.readouterr().out) == SHOWN


def test_part_of_a_name_chooses_and_leaves_coverage_out(tested: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ripeline("test", "clean", "-k", "SILENT", home=tested) == 0
    shown = capsys.readouterr().out
    assert re.sub(r"\d+ ms", "N ms", shown) == "clean\n  ✓ a silent lead gets two mails\n  1 scenario, N ms\n"


def test_what_no_scenario_reaches_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = write_home(tmp_path / "home")
    (home / "campaigns" / "clean.test.toml").write_text(SCENARIOS.partition("\n\n")[0], "utf-8")
    assert ripeline("test", home=home) == 0
    assert capsys.readouterr().out.endswith("reached: 2 of 3 steps, 1 of 2 stages (never: ready/talk, stage ready)\n")


def test_junit_is_read_back(tested: Path, tmp_path: Path) -> None:
    file = tmp_path / "out" / "results.xml"
    assert ripeline("test", "--junit", str(file), home=tested) == 1
    root = ET.parse(file).getroot()
    suite = root[0]
    assert (root.get("tests"), root.get("failures"), suite.get("name")) == ("2", "1", "clean")
    passed, failed = suite
    assert (passed.get("classname"), passed.get("name")) == ("clean", "a silent lead gets two mails")
    assert list(passed) == []
    assert failed.get("name") == "a click on the checklist goes straight to ready & <so on>"
    assert (failed.get("file"), failed.get("line")) == ("campaigns/clean.test.toml", "15")
    assert failed[0].tag == "failure"
    assert failed[0].get("message") == (
        'expected "talk" Mon 2 Nov 12:00, got "Shall we talk?" (ready/talk) Tue 3 Nov 10:11'
    )
    assert "because   'talk' waits 1 day after the step before" in str(failed[0].text)


def test_json_has_the_same(tested: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ripeline("test", "--json", home=tested) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["scenarios"], found["failed"]) == (2, 1)
    campaign = found["campaigns"][0]
    assert campaign["coverage"]["steps"] == {"reached": 3, "total": 3, "never": []}
    assert campaign["scenarios"][1]["difference"]["at"] == "2026-11-03T09:11:00Z"


def test_wrong_usage_and_nothing_to_play_end_with_2(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ripeline("test", "--verbose", home=home) == 2
    assert ripeline("test", home=home) == 2
    assert "this home has no scenarios yet" in capsys.readouterr().err


def test_unknown_campaign_is_told(tested: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ripeline("test", "claen", home=tested) == 2
    assert "there is no campaign 'claen'; did you mean 'clean'?" in capsys.readouterr().err


def test_mistakes_are_told_as_check_tells_them(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mistaken = SCENARIOS.replace('"decay", on', '"dekay", on')
    (home / "campaigns" / "clean.test.toml").write_text(mistaken, "utf-8")
    assert ripeline("test", home=home) == 1
    told = capsys.readouterr().out
    assert told.startswith("campaigns/clean.test.toml:5:19  E403  campaign 'clean' sends no mail 'dekay'\n")
    assert "^^^^^^^  did you mean 'decay'?" in told
    assert ripeline("check", home=home) == 1
    assert "E403" in capsys.readouterr().out


def test_new_home_has_scenarios_that_pass(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ripeline("init", str(tmp_path / "new"), *IDENTITY) == 0
    assert ": 4 campaigns," in capsys.readouterr().out
    assert ripeline("test", home=tmp_path / "new") == 0
    assert "all passed" in capsys.readouterr().out
