"""The files for editors, read by the tools that stand behind editors: Taplo (Even Better TOML) and Tombi."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.authoring.home import read_home
from engine.config.model import Config
from engine.service.editor_files import SCHEMAS, write_editor_files
from engine.service.init import Identity, lay_out
from tests.service.language_server import Editor

TOOLS = {"taplo": ("taplo", "lint"), "tombi": ("tombi", "lint", "--offline", ".")}
WHO = Identity("Acme", "1 Main St, Springfield", "Ann Lee <ann@acme.example>", "ann@acme.example")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    lay_out(tmp_path / "home", WHO)
    return tmp_path / "home"


def linted(home: Path, tool: str) -> subprocess.CompletedProcess[str]:
    program, *arguments = TOOLS[tool]
    command = [str(Path(sys.executable).with_name(program)), *arguments]
    return subprocess.run(command, cwd=home, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("tool", TOOLS)
def test_new_home_has_no_mistakes_for_editors(home: Path, tool: str) -> None:
    found = linted(home, tool)
    assert (found.returncode, "rror" in found.stderr) == (0, False), found.stderr


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("campaigns/clean-data.toml", "thread = ", "tread = "),
        ("campaigns/clean-data.test.toml", "{ no_mail = ", "{ nomail = "),
        ("campaigns/clean-data.test.toml", "first_name = ", "frst_name = "),
        ("config.toml", 'tls  = "none"', 'tls  = "no"'),
    ],
)
def test_mistake_is_told_in_its_file(home: Path, tool: str, file: str, old: str, new: str) -> None:
    path = home / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    found = linted(home, tool)
    assert found.returncode != 0
    assert file in found.stderr + found.stdout


@pytest.fixture
def editor(home: Path) -> Iterator[Editor]:
    with Editor(home) as found:
        yield found


@pytest.mark.parametrize(
    ("file", "text", "offered"),
    [
        ("campaigns/new.toml", 'title = "New"\n|\n', {"theme", "state", "enter", "window", "stage"}),
        ("campaigns/new.toml", "state = |\n", {'"draft"', '"live"', '"closing"', '"paused"'}),
        ("campaigns/new.toml", "[stage.start]\n|\n", {"advance", "exhausted", "cadence"}),
        ("campaigns/new.toml", '[[stage.start.step]]\nemail = "x"\n|\n', {"wait", "when", "variants", "thread"}),
        ("campaigns/new.test.toml", "[[scenario]]\nthen = [{ | }]\n", {"mail", "clicks", "no_mail", "stage"}),
        ("campaigns/new.test.toml", "[[scenario]]\nlead = { | }\n", {"first_name", "lists", "crm", "nurture"}),
        ("campaigns/new.toml", "[[stage.start.step]]\nset = { | }\n", {"lifecycle", "crm", "nurture"}),
        ("config.toml", "[[relay]]\ntls = |\n", {'"starttls"', '"tls"', '"none"'}),
        ("config.toml", "[delivery]\n|\n", {"unknown", "senders", "tick"}),
    ],
)
def test_editor_completes(editor: Editor, file: str, text: str, offered: set[str]) -> None:
    assert offered <= editor.completions(file, text, offered)


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("campaigns/new.toml", 'title = "New"\nhold|out = "10%"\n', "kept out of marketing mail on purpose"),
        ("campaigns/new.test.toml", "[[scenario]]\nsta|rt = 2026-11-02T09:00:00\n", "When it begins"),
        ("config.toml", '[tracking]\nquaran|tine = "60s"\n', "to recognise scanners"),
        ("campaigns/new.test.toml", '[[scenario]]\nlead = { cr|m = "HubSpot" }\n', "The CRM that the lead's company"),
    ],
)
def test_editor_explains(editor: Editor, file: str, text: str, words: str) -> None:
    assert words in editor.hover(file, text, words)


def test_written_again_only_where_something_changed(home: Path) -> None:
    config = read_home(home).config
    assert write_editor_files(home, config).written == ()
    assert write_editor_files(home, Config()).written == (f"{SCHEMAS}/campaign.json", f"{SCHEMAS}/scenario.json")


def test_files_of_others_stay_as_they_are(home: Path) -> None:
    (home / ".taplo.toml").write_text("# mine\n", "utf-8")
    (home / ".vscode/extensions.json").write_text("{}", "utf-8")
    (home / ".tombi.toml").unlink()
    (home / ".tombi.toml").symlink_to(home / "nowhere")
    found = write_editor_files(home, Config())
    assert found.kept == (".taplo.toml", ".tombi.toml", ".vscode/extensions.json")
    assert (home / ".taplo.toml").read_text("utf-8") == "# mine\n"
    assert not (home / "nowhere").exists()
