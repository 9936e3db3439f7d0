"""`ripeline review`: one file for the pull request, with findings, plan, scenarios, journeys and mails."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from tests.cli.life import CAMPAIGN, START, Life, ripeline, write_home

SCENARIO = """\
[[scenario]]
name = "a silent lead"
start = 2026-11-02T09:00:00
lead = { source = "web" }
then = [{ mail = "decay" }, { mail = "cost" }, { no_mail = "10d" }]
"""


def change(home: Path, name: str, old: str, new: str) -> None:
    path = home / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "review.html"


def test_files_are_compared_with_another_folder(
    home: Path, tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = write_home(tmp_path / "main")
    (home / "campaigns" / "clean.test.toml").write_text(SCENARIO, "utf-8")
    change(home, "templates/dq/aware/cost.md", "get the", "take the")
    assert ripeline("review", "--against", str(other), "--out", str(out), home=home) == 0
    assert re.search(r"^Written to \S+review.html, \d+ KB$", capsys.readouterr().out, re.MULTILINE)
    page = out.read_text("utf-8")
    assert "Compared with the files in main" in page
    assert "Mails: 1 changed, 0 new, 0 removed, 2 as before." in page
    assert "1 scenario, all passed." in page
    assert "a silent lead" in page and "2 of 3 steps" in page
    assert not (home / "var" / "ripeline.db").exists()


def test_files_with_errors_are_reviewed_and_end_with_1(
    home: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "campaigns" / "clean.toml").write_text(CAMPAIGN.replace("replied", "replid"), "utf-8")
    assert ripeline("review", "--out", str(out), home=home) == 1
    assert "The files have 1 error; `ripeline check` shows where." in capsys.readouterr().out
    assert "unknown name &#39;replid&#39;" in out.read_text("utf-8")


def test_what_runs_is_compared_with_and_planned_without_names(tmp_path: Path, out: Path) -> None:
    with Life(tmp_path / "home") as life:
        life.apply()
        life.take_in_leads()
        life.play_until(START + timedelta(hours=1))
        change(life.path, "templates/dq/aware/cost.md", "get the", "take the")
        change(
            life.path, "campaigns/clean.toml", "enter = \"source == 'web'\"", "enter = \"source in ['web', 'fair']\""
        )
        assert ripeline("review", "--out", str(out), home=life.path) == 0
    page = out.read_text("utf-8")
    assert "Compared with what runs (bundle 1)" in page
    assert "Mails: 1 changed, 0 new, 0 removed, 2 as before." in page
    assert "-get the" in page and "+take the" in page
    assert 'id="plan"' in page and "1 lead at once" in page
    assert 'id="changes"' not in page, "the plan tells them"
    assert "globex" not in page and "initech" not in page, "nothing about real people"


def test_home_whose_store_is_away_is_reviewed_without_it(
    home: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = home / "config.toml"
    config.write_text('store = "postgresql://u@127.0.0.1:1/x"\n' + config.read_text("utf-8"), "utf-8")
    assert ripeline("review", "--out", str(out), home=home) == 0
    assert capsys.readouterr().err.startswith("Reviewed without the leads: the database cannot be opened")
    assert 'id="plan"' not in out.read_text("utf-8")


def test_folder_that_is_no_home_and_file_that_cannot_be_written_are_told(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ripeline("review", "--against", str(tmp_path), home=home) == 1
    assert "is no home" in capsys.readouterr().err
    assert ripeline("review", "--out", str(tmp_path / "no" / "review.html"), home=home) == 1
    assert "review.html cannot be written: No such file or directory" in capsys.readouterr().err
