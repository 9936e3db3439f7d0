"""`ripeline report` and `ripeline doctor`, as a person and a program call them."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path

import pytest

from engine.cli.main import run
from engine.service.doctor.examination import PRACTICES
from engine.service.housekeeping import keep_house
from tests.cli.life import Life

NAMES = ("funnel", "themes", "campaigns", "sales", "forecast")


def test_without_a_name_the_reports_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report"]) == 0
    out = capsys.readouterr().out
    assert all(f"\n  {name} " in f"\n{out}" for name in NAMES)


def test_a_slip_in_the_name_is_answered_with_what_was_meant(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", "funel"]) == 2
    assert "there is no report 'funel'; did you mean 'funnel'?" in capsys.readouterr().err


@pytest.mark.parametrize("name", NAMES)
def test_every_report_can_be_read_in_every_format(lived: Life, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    home = ["--home", str(lived.home.path)]
    assert run(["report", name, *home]) == 0
    assert capsys.readouterr().out
    assert run(["report", name, *home, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["report"] == name
    assert run(["report", name, *home, "--format", "csv"]) == 0
    assert list(csv.reader(StringIO(capsys.readouterr().out)))


def test_a_report_is_written_to_a_file(lived: Life, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep_house(lived.home, lived.home.clock.now())
    out = tmp_path / "campaigns.csv"
    asked = ["--first", "2026-10-01", "--last", "2026-12-31", "--format", "csv", "--out", str(out)]
    assert run(["report", "campaigns", "--home", str(lived.home.path), *asked]) == 0
    assert "mails" in out.read_text("utf-8")
    assert capsys.readouterr().out == ""


def test_days_that_contradict_each_other_are_refused(lived: Life, capsys: pytest.CaptureFixture[str]) -> None:
    home = ["--home", str(lived.home.path)]
    assert run(["report", "sales", *home, "--since", "4w", "--first", "2026-11-01"]) == 2
    assert "leave one out" in capsys.readouterr().err
    assert run(["report", "sales", *home, "--keep"]) == 2
    assert "--keep is for the forecast" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_said(lived: Life, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["report", "themes", "--home", str(lived.home.path), "--out", "/nowhere/themes.csv"]
    assert run(asked) == 1
    assert "/nowhere/themes.csv cannot be written" in capsys.readouterr().err


def test_a_forecast_is_made_and_kept(lived: Life, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", "forecast", "--keep", "--home", str(lived.home.path), "--format", "json"]) == 0
    weeks = json.loads(capsys.readouterr().out)["tables"][0]["rows"]
    assert len(weeks) == 4
    assert all(week["low"] <= week["expected"] <= week["high"] for week in weeks)


def test_the_doctor_tells_every_practice_and_ends_well(lived: Life, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--home", str(lived.home.path)]) == 0
    assert "Next: " in capsys.readouterr().out
    assert run(["doctor", "--home", str(lived.home.path), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["practice"] for one in found["practices"]] == [f"N{one.number}" for one in PRACTICES]


def test_digest_goes_to_no_address_that_is_none(lived: Life, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", "digest", "--to", "boss", "--home", str(lived.home.path)]) == 1
    assert "--to: 'boss' is no mail address: an email address must have an @-sign" in capsys.readouterr().err
