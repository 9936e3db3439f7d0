"""What shells complete: everything that a command takes, names of the home, and nobody's address."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from docs.generate import COMPLETION
from docs.generation.completion_table import completion_table
from engine.cli.completion import Offer, answer, offered
from engine.cli.completion_scripts import SCRIPTS
from engine.cli.main import VISIBLE
from engine.service.starter import starter_folder
from tests.cli.life import ripeline
from tests.cli.shells import in_bash, in_fish, typed_in

PROGRAM = Path(sys.executable).with_name("ripeline")
TABLE = json.loads(completion_table())
INSTALLED = [shell for shell in SCRIPTS if shutil.which(shell)]
"""Bash is everywhere where tests run; the others are tried where they are."""


@pytest.fixture
def campaigns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with the shipped files, in which the tests stand."""
    home = tmp_path / "home"
    for part in ("campaigns", "templates"):
        shutil.copytree(starter_folder() / part, home / part)
    (home / "config.toml").touch()
    monkeypatch.chdir(home)
    monkeypatch.delenv("RIPELINE_HOME", raising=False)
    return home


def words(*line: str) -> list[str]:
    return [word for word, _ in offered(len(line), ["ripeline", *line], TABLE).words]


def test_table_is_fresh() -> None:
    assert COMPLETION.read_text("utf-8") == completion_table(), "run `make docs` and commit engine/cli/completion.json"


def test_first_word_is_a_command() -> None:
    assert words("") == VISIBLE
    assert words("st") == ["status"]
    assert words("--v") == ["--version"]
    assert all(meaning for _, meaning in offered(1, ["ripeline", ""], TABLE).words)


@pytest.mark.parametrize("command", VISIBLE)
def test_every_command_offers_its_options(command: str) -> None:
    offer = offered(2, ["ripeline", command, "-"], TABLE).words
    assert "--help" in [word for word, _ in offer]
    assert all(word.startswith("-") and meaning for word, meaning in offer)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (["test", ""], ["clean-data", "demo", "trial", "webinar"]),
        (["test", "web"], ["webinar"]),
        (["test", "webinar", ""], []),
        (["pause", "tr"], ["trial"]),
        (["preview", "webinar/s"], ["webinar/soon"]),
        (["send-test", "webinar/last"], ["webinar/last-call"]),
        (["plan", "--leads", "ready"], ["ready", "ready/mark-as-mql", "ready/offer", "ready/call"]),
        (["plan", "--leads=comp"], ["--leads=compare", "--leads=compare/approaches", "--leads=compare/report"]),
        (["new", ""], ["campaign", "email", "theme"]),
        (["new", "campaign", "x", "--theme", ""], ["data-quality", "demo", "trial", "webinar"]),
        (["new", "campaign", "x", "--from", "t"], ["trial"]),
        (["new", "email", "x", "--campaign", "trial", "--after", "st"], ["stuck"]),
        (["test-run", "trial", "--only", "st"], ["stuck"]),
        (["test-run", "tri"], ["trial"]),
        (["schema", "c"], ["campaign", "config"]),
        (["completion", "z"], ["zsh"]),
        (["check", "--format", ""], ["text", "json", "github"]),
        (["plan", "--home", ".", "--h"], ["--help"]),
        (["new", "campaign", "x", "--var", "a=b", "--va"], ["--var"]),
        (["nothing", ""], []),
        (["history", "--limit", ""], []),
    ],
)
def test_what_is_offered(campaigns: Path, line: list[str], expected: list[str]) -> None:
    found = words(*line)
    assert found[: len(expected)] == expected
    assert expected or not found


def test_files_and_folders_are_the_shells_business() -> None:
    assert offered(2, ["ripeline", "fmt", ""], TABLE) == Offer("files", [])
    assert offered(3, ["ripeline", "fmt", "a.toml", ""], TABLE).also == "files"
    assert offered(3, ["ripeline", "check", "--home", ""], TABLE).also == "dirs"


@pytest.mark.parametrize(
    "line",
    [["why", ""], ["erase", ""], ["suppress", ""], ["show", ""], ["preview", "--lead", ""], ["send-test", "--to", ""]],
)
def test_leads_are_never_offered(campaigns: Path, line: list[str]) -> None:
    assert offered(len(line), ["ripeline", *line], TABLE) == Offer("words", [])


def test_home_may_be_named(campaigns: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    assert words("test", "") == []
    assert words("test", "--home", str(campaigns), "w") == ["webinar"]
    assert words("test", f"--home={campaigns}", "w") == ["webinar"]
    assert words("test", "--home", "=", str(campaigns), "w") == ["webinar"]
    monkeypatch.setenv("RIPELINE_HOME", str(campaigns))
    assert words("test", "w") == ["webinar"]


def test_broken_files_and_calls_offer_less_and_say_nothing(campaigns: Path) -> None:
    (campaigns / "campaigns/broken.toml").write_text("stage = 7", "utf-8")
    (campaigns / "campaigns/bad.toml").write_bytes(b"\xff")
    (campaigns / "campaigns/odd.toml").write_text("[stage.x]\nstep = [1]", "utf-8")
    assert "broken" in words("test", "")
    assert "webinar/soon" in words("preview", "")
    assert answer("x", ["ripeline"]) == "words\n"
    assert answer("9", []).startswith("words\n")


def test_nothing_heavy_is_loaded(campaigns: Path) -> None:
    script = """
import sys
from engine.app import main
sys.argv = ["ripeline", "__complete", "2", "ripeline", "test", ""]
main()
heavy = {"typer", "rich", "pydantic", "sqlmodel", "jinja2", "tree_sitter", "asyncio"}
print(*sorted(heavy & set(sys.modules)), file=sys.stderr)
"""
    environment = {**os.environ, "PYTHONPATH": str(starter_folder())}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=campaigns, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["words", "clean-data", "demo", "trial", "webinar"]
    assert done.stderr.strip() == ""


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (["pl"], ["plan"]),
        (["plan", "--l"], ["--leads"]),
        (["test", "web"], ["webinar"]),
        (["preview", "trial/st"], ["trial/stuck"]),
        (["why", ""], []),
    ],
)
@pytest.mark.parametrize("ask", [ask for ask, name in ((in_bash, "bash"), (in_fish, "fish")) if name in INSTALLED])
def test_shell_offers_it(campaigns: Path, ask: object, line: list[str], expected: list[str]) -> None:
    assert ask(PROGRAM, campaigns, ["ripeline", *line]) == expected  # type: ignore[operator]


@pytest.mark.parametrize("shell", [shell for shell in ("bash", "zsh") if shell in INSTALLED])
def test_tab_completes_at_a_terminal(campaigns: Path, shell: str) -> None:
    assert "ripeline status " in typed_in(shell, PROGRAM, campaigns, "ripeline statu", "ripeline status ")
    assert "ripeline test webinar " in typed_in(shell, PROGRAM, campaigns, "ripeline test web", "test webinar ")


def test_bash_is_among_the_shells() -> None:
    assert "bash" in INSTALLED


@pytest.mark.parametrize("shell", SCRIPTS)
def test_script_is_installed_and_nobody_elses_is_overwritten(
    shell: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    assert ripeline("completion", shell) == 0
    assert capsys.readouterr().out == SCRIPTS[shell]
    assert ripeline("completion", shell, "--install") == 0
    path = Path(capsys.readouterr().out.splitlines()[0].removeprefix("wrote  "))
    assert path.is_relative_to(tmp_path)
    assert path.read_text("utf-8") == SCRIPTS[shell]
    assert ripeline("completion", shell, "--install") == 0
    path.write_text("mine", "utf-8")
    assert ripeline("completion", shell, "--install") == 1
    assert path.read_text("utf-8") == "mine"
