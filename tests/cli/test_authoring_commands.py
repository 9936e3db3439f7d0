"""init, check, apply and history: from an empty folder to what runs."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from engine.authoring.home import read_home
from tests.cli.life import CAMPAIGN, START, Life, ripeline, write_home

IDENTITY = (
    *("--company", 'Acme "Data" GmbH', "--postal-address", "1 Main St, Springfield"),
    *("--from", "Zoë Lee <zoe@acme.example>", "--deliver-to", "me@acme.example"),
)


def test_init_lays_out_a_home_without_mistakes_in_safe_mode(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = tmp_path / "new"
    assert ripeline("init", str(home), *IDENTITY) == 0
    shown = capsys.readouterr().out
    assert "Safe mode: every mail goes to me@acme.example" in shown
    assert re.findall(r"^  ripeline (\w+)", shown, re.MULTILINE) == ["check", "test", "preview", "new", "apply"]
    found = read_home(home)
    assert found.problems == []
    assert found.config.safety.deliver_to == "me@acme.example"
    assert found.config.company.name == 'Acme "Data" GmbH'
    assert found.config.sender.default == "Zoë Lee <zoe@acme.example>"
    assert found.config.sender.verified_domains == ("acme.example",)
    assert len(found.campaigns) >= 3
    assert "northlight" not in "".join(found.texts.values()).casefold()
    assert {"var/", "keys/"} <= set((home / ".gitignore").read_text("utf-8").splitlines())


def test_init_asks_for_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = iter(["Acme", "1 Main St", "Ann <ann@acme.example>", ""])
    monkeypatch.setattr("typer._click.termui.visible_prompt_func", lambda _="": next(answers))
    assert ripeline("init", str(tmp_path / "new")) == 0
    assert "every mail goes to ann@acme.example" in capsys.readouterr().out


def test_init_refuses_a_folder_with_files_and_overwrites_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.toml").write_text("mine", "utf-8")
    assert ripeline("init", str(tmp_path), *IDENTITY) == 1
    assert "is not empty. Name another folder, or add --force" in capsys.readouterr().err
    assert ripeline("init", str(tmp_path), "--force", *IDENTITY) == 0
    assert (tmp_path / "config.toml").read_text("utf-8") == "mine"
    assert "Left as they were: config.toml" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--from", "Ann Lee", "--from: 'Ann Lee' is no mail address"),
        ("--deliver-to", "me", "--deliver-to: 'me' is no mail address"),
        ("--company", "Ac\nme", "holds a control character"),
    ],
)
@pytest.mark.acceptance(row=27)
def test_init_refuses_what_no_header_may_hold(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, value: str, told: str
) -> None:
    given = list(IDENTITY)
    given[given.index(option) + 1] = value
    assert ripeline("init", str(tmp_path / "new"), *given) == 1
    assert told in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_check_shows_the_table_of_themes_and_stages(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ripeline("check", "--coverage", home=home) == 0
    head, row, _, legend = capsys.readouterr().out.splitlines()[2:]
    assert head.split() == [stage.id for stage in read_home(home).campaigns["clean"].stages]
    assert row.split()[0] == read_home(home).campaigns["clean"].theme
    assert legend.startswith("Mails by theme and stage: ")
    assert ripeline("check", "--coverage", "--format", "json", home=home) == 0
    assert set(json.loads(capsys.readouterr().out)["coverage"]) == {"stages", "themes"}


def test_check_is_strict_where_asked(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ripeline("check", "--strict", home=home) == 0
    (home / "campaigns" / "notes.text").write_text("Not a campaign", "utf-8")
    assert ripeline("check", home=home) == 0
    assert ripeline("check", "--strict", home=home) == 1
    assert "W001" in capsys.readouterr().out


@pytest.mark.parametrize(("code", "said"), [("w512", "WCAG"), ("E334", "A mistake"), ("W002", "Take it out")])
def test_check_explains_a_code(capsys: pytest.CaptureFixture[str], code: str, said: str) -> None:
    assert ripeline("check", "--explain", code) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(code.upper())
    assert said in shown
    assert ("silence = {" in shown) == (code == "w512")


def test_check_explains_no_code_that_does_not_exist(capsys: pytest.CaptureFixture[str]) -> None:
    assert ripeline("check", "--explain", "W5122") == 1
    assert "check knows no code 'W5122'; did you mean 'W522'?" in capsys.readouterr().err


def test_check_ends_with_1_on_errors_and_writes_no_store(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ripeline("check", home=home) == 0
    assert "1 campaign, 3 mails: no mistakes." in capsys.readouterr().out
    (home / "campaigns" / "clean.toml").write_text(CAMPAIGN.replace("replied", "replid"), "utf-8")
    assert ripeline("check", "--format", "json", home=home) == 1
    found = json.loads(capsys.readouterr().out)
    assert [problem["code"] for problem in found["problems"]] == ["E104"]
    assert not (home / "var" / "ripeline.db").exists()


def test_check_needs_no_store(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = home / "config.toml"
    config.write_text('store = "postgresql://u@127.0.0.1:1/x"\n' + config.read_text("utf-8"), "utf-8")
    assert ripeline("check", home=home) == 0
    shown = capsys.readouterr()
    assert "1 campaign, 3 mails: no mistakes." in shown.out
    assert shown.err.startswith("Checked without the leads: the database cannot be opened")


def test_check_counts_the_real_leads_who_lack_a_field(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Life(tmp_path / "home") as life:
        life.take_in_leads()
        mail = life.path / "templates" / "dq" / "aware" / "cost.md"
        mail.write_text(mail.read_text("utf-8") + "\nYour {{ lead.industry }} at {{ lead.company }}.\n", "utf-8")
        assert ripeline("check", home=life.path) == 1
    shown = capsys.readouterr().out
    assert "'lead.industry' has no value for 2 of 2 leads who can get this mail" in shown
    assert "lead.company" not in shown.replace("{{ lead.company }}", "")


def test_apply_shows_who_enters_and_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Life(tmp_path / "home") as life:
        life.take_in_leads()
        monkeypatch.setattr("typer._click.termui.visible_prompt_func", lambda _="": "n")
        assert ripeline("apply", home=life.path) == 1
        shown = capsys.readouterr().out
        assert "2 leads at once" in shown
        assert "Bob Ross <bob@globex.example>, Jane Park <jane@northwind.example>" in shown
        assert "roughly 4 in the first 7 days, 2 of them on the first day" in shown
        assert "Look twice: 2 leads would enter at once." in shown
        assert "Nothing was changed." in shown
        assert life.runner.current().programme.campaigns == {}


def test_apply_safe_waits_for_a_person_and_ends_with_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Life(tmp_path / "home") as life:
        life.take_in_leads()
        assert ripeline("apply", "--safe", home=life.path) == 3
        assert "A person has to look and run `ripeline apply`" in capsys.readouterr().out
        assert ripeline("apply", "--yes", home=life.path) == 0
        shown = capsys.readouterr().out
        assert "Bundle 1 runs now: clean." in shown
        assert "Safe mode is off: mails go to the leads themselves." in shown
        assert ripeline("apply", "--safe", home=life.path) == 0
        assert "The files are what runs already" in capsys.readouterr().out


def test_apply_with_mistakes_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Life(tmp_path / "home", CAMPAIGN.replace("replied", "replid")) as life:
        assert ripeline("apply", "--yes", home=life.path) == 1
        assert "unknown name 'replid'" in capsys.readouterr().out
        assert life.runner.current().programme.campaigns == {}


def test_apply_tells_whom_a_removed_step_touches(lived: Life, capsys: pytest.CaptureFixture[str]) -> None:
    file = lived.path / "campaigns" / "clean.toml"
    file.write_text(CAMPAIGN.replace('state = "live"', 'state = "closing"'), "utf-8")
    try:
        assert ripeline("apply", "--safe", home=lived.path) in (0, 3)
        assert "state live → closing" in capsys.readouterr().out
    finally:
        file.write_text(CAMPAIGN, "utf-8")
        lived.apply()


def test_history_tells_bundles_newest_first(lived: Life, capsys: pytest.CaptureFixture[str]) -> None:
    assert ripeline("history", "--json", home=lived.path) == 0
    found = json.loads(capsys.readouterr().out)
    assert [entry["bundle"] for entry in found] == sorted((entry["bundle"] for entry in found), reverse=True)
    assert found[-1]["by"] == "ann"
    assert ripeline("history", home=lived.path) == 0
    assert "+ clean clean: new, live" in capsys.readouterr().out


def test_new_home_of_init_checks_clean(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = tmp_path / "new"
    assert ripeline("init", str(home), *IDENTITY) == 0
    assert ripeline("check", home=home) == 0, capsys.readouterr().out


def test_home_is_found_by_environment(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RIPELINE_HOME", str(home))
    assert ripeline("check") == 0
    monkeypatch.delenv("RIPELINE_HOME")
    monkeypatch.chdir(write_home(tmp_path / "other"))
    assert ripeline("check") == 0
    assert capsys.readouterr().out.count("no mistakes") == 2


def test_plan_shows_what_a_change_does_and_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Life(tmp_path / "home") as life:
        life.apply()
        life.take_in_leads()
        life.play_until(START + timedelta(hours=1))
        before = life.runner.current().programme.bundle
        assert ripeline("plan", home=life.path) == 0
        assert "applying them changes nothing" in capsys.readouterr().out
        file = life.path / "campaigns" / "clean.toml"
        text = file.read_text("utf-8")
        file.write_text(text.replace('wait = "3d"', 'wait = "5d"\nwait_applies = "all"'), "utf-8")
        assert ripeline("plan", home=life.path) == 3
        shown = capsys.readouterr().out
        assert "waits 3 days → 5 days" in shown
        assert "their time moves" in shown
        assert "mails in the next 7 days" in shown
        assert "`ripeline apply` shows this again, and asks." in shown
        assert ripeline("plan", "--leads", "aware/cost", home=life.path) == 0
        assert "bob@globex.example" in capsys.readouterr().out
        assert life.runner.current().programme.bundle == before


def test_rollback_shows_asks_and_goes_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Life(tmp_path / "home") as life:
        life.apply()
        file = life.path / "campaigns" / "clean.toml"
        file.write_text(file.read_text("utf-8").replace('wait = "3d"', 'wait = "5d"'), "utf-8")
        assert ripeline("apply", "--yes", home=life.path) == 0
        capsys.readouterr()
        assert ripeline("rollback", "--yes", home=life.path) == 0
        shown = capsys.readouterr().out
    assert "waits 5 days → 3 days" in shown
    assert "Bundle 3 runs now: the same as bundle 1." in shown
    assert "undo the change there too" in shown


def test_schema_is_printed_for_this_home(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ripeline("schema", "scenario", "--home", str(home)) == 0
    assert json.loads(capsys.readouterr().out)["properties"]["scenario"]["type"] == "array"


def test_schemas_are_written_once(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / ".taplo.toml").write_text("", "utf-8")
    assert ripeline("schema", "--write", "--home", str(home)) == 0
    shown = capsys.readouterr().out
    assert "wrote  .ripeline/schema/campaign.json" in shown
    assert "left   .taplo.toml: somebody else wrote it" in shown
    assert ripeline("schema", "--write", "--home", str(home)) == 0
    assert "Everything is up to date." in capsys.readouterr().out


def test_schema_wants_a_kind_or_write(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ripeline("schema", "--home", str(home)) == 1
    assert "campaign, scenario, config or api; or write all with --write" in capsys.readouterr().err


def test_fmt_lays_out_the_files_of_a_home(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = home / "campaigns/welcome.toml"
    path.write_text(CAMPAIGN + "# the end", "utf-8")
    assert ripeline("fmt", "--home", str(home)) == 0
    assert ripeline("fmt", "--check", "--home", str(home)) == 0
    capsys.readouterr()
    text = path.read_text("utf-8")
    path.write_text(text.replace("=", " =", 1), "utf-8")
    assert ripeline("fmt", "--check", "--diff", "--home", str(home)) == 1
    shown = capsys.readouterr().out
    assert "would change  " in shown
    assert "\n+title" in shown
    assert path.read_text("utf-8") != text
    assert ripeline("fmt", str(path)) == 0
    assert path.read_text("utf-8") == text


def test_fmt_lays_out_what_it_can(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "campaigns/broken.toml").write_text("title = Broken\n", "utf-8")
    (home / "config.toml").write_text('[company]\nname="Acme"\n', "utf-8")
    assert ripeline("fmt", "--home", str(home)) == 1
    shown = capsys.readouterr().out
    assert "E003  text stands in quotes" in shown
    assert (home / "campaigns/broken.toml").read_text("utf-8") == "title = Broken\n"
    assert (home / "config.toml").read_text("utf-8") == '[company]\nname = "Acme"\n'
