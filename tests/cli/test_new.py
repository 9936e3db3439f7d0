"""`ripeline new`: what it makes, what it asks, what it says."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.cli.life import ripeline
from tests.cli.test_authoring_commands import IDENTITY

VARS = {
    "topic": "Two",
    "starts": "2027-01-14T15:00:00+01:00",
    **dict.fromkeys(("clock", "page", "join", "calendar", "recording"), "https://acme.example/x"),
}


@pytest.fixture
def fresh(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Path:
    assert ripeline("init", str(tmp_path), *IDENTITY) == 0
    monkeypatch.chdir(tmp_path)
    capsys.readouterr()
    return tmp_path


@pytest.mark.parametrize("kind", ["campaign", "theme"])
def test_what_was_made_is_said_with_what_to_do(fresh: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert ripeline("new", kind, "welcome") == 0
    shown = capsys.readouterr().out
    made = [line.split()[1] for line in shown.splitlines() if line.startswith("made ")]
    assert "campaigns/welcome.test.toml" in made
    assert all((fresh / name).is_file() for name in made)
    assert "ripeline test welcome" in shown
    assert ripeline("test", "welcome") == 0
    assert ripeline("check") == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("no mistakes.")


def test_new_mail_alone_says_how_it_is_sent(fresh: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ripeline("new", "email", "trial/use/story") == 0
    assert 'email = "story", below a header [[stage.use.step]]' in capsys.readouterr().out
    assert (fresh / "templates/trial/use/story.md").is_file()


def test_new_mail_with_its_step_can_be_looked_at(fresh: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ripeline("new", "email", "trial/use/story", "--campaign", "trial", "--after", "first-merge") == 0
    assert "changed   campaigns/trial.toml" in capsys.readouterr().out
    assert ripeline("preview", "trial/story", "--text") == 0


def test_copy_asks_for_vars_until_they_fit(
    fresh: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = iter(["Two", "soon", VARS["starts"], "", "", "", "", ""])
    monkeypatch.setattr("typer._click.termui.visible_prompt_func", lambda _="": next(answers))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    assert ripeline("new", "campaign", "webinar-2", "--from", "webinar") == 0
    shown = capsys.readouterr().out
    assert "starts: 'soon' is not a date with a time; write it like 2026-12-10T15:00:00+01:00" in shown
    assert "left out  the scenario 'a silent guest is invited twice and left alone' of webinar" in shown
    assert "they are those of webinar" in shown
    found = tomllib.loads((fresh / "campaigns/webinar-2.toml").read_text("utf-8"))
    assert (found["title"], found["state"], found["vars"]["topic"]) == ("Webinar 2", "draft", "Two")
    old = tomllib.loads((fresh / "campaigns/webinar.toml").read_text("utf-8"))
    assert found["vars"]["clock"] == old["vars"]["clock"]


def test_copy_of_a_campaign_without_scenarios_gets_one(fresh: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (fresh / "campaigns/trial.test.toml").unlink()
    assert ripeline("new", "campaign", "second", "--from", "trial") == 0
    assert "made      campaigns/second.test.toml" in capsys.readouterr().out
    assert ripeline("test", "second") == 0


def given(values: dict[str, str]) -> list[str]:
    return [part for name, value in values.items() for part in ("--var", f"{name}={value}")]


def test_copy_takes_vars_from_options(fresh: Path) -> None:
    assert ripeline("new", "campaign", "webinar-2", "--from", "webinar", "--title", "Second", *given(VARS)) == 0
    found = tomllib.loads((fresh / "campaigns/webinar-2.toml").read_text("utf-8"))
    assert (found["title"], found["vars"]["page"]) == ("Second", "https://acme.example/x")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["campaign", "x", "--from", "webinar"], "there is no terminal to ask in: add --var topic=… --var starts=…"),
        (["campaign", "x", "--from", "webinar", "--var", "tpoic=a"], "has no such var; did you mean 'topic'?"),
        (["campaign", "x", "--from", "webinar", "--var", "topic"], "write NAME=VALUE"),
        (["campaign", "x", "--from", "webinar", "--var", "starts=soon"], "is not a date with a time"),
        (["campaign", "x", "--from", "webinr"], "did you mean 'webinar'?"),
        (["campaign", "trial"], "campaigns/trial.toml is there already"),
        (["campaign", "x", "--title", "X"], "go with --from"),
        (["theme", "x", "--from", "webinar"], "are for a campaign, not for a new theme"),
        (["campaign", "x", "--after", "y"], "are for a new email, not for a campaign"),
    ],
)
def test_nothing_is_written_if_something_is_wrong(
    fresh: Path, arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(fresh.rglob("*"))
    assert ripeline("new", *arguments) == 1
    assert told in capsys.readouterr().err
    assert sorted(fresh.rglob("*")) == before


def test_campaign_with_slips_of_toml_is_told_at_its_place(fresh: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = fresh / "campaigns/trial.toml"
    path.write_text(path.read_text("utf-8").replace('state    = "live"', "state    = live"), "utf-8")
    assert ripeline("new", "campaign", "x", "--from", "trial") == 1
    assert "campaigns/trial.toml:5:12  E003" in capsys.readouterr().out
