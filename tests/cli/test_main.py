"""The command line itself: help, wrong usage, exit codes, and how fast it starts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.cli.commands import status
from engine.cli.main import COMMANDS, EXIT_INTERRUPTED, VISIBLE, run
from tests.cli.life import ROOT, ripeline


def program(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """The real program in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "120"}
    command = [sys.executable, "-m", "engine.app", *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_has_help_with_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == 0
    shown = capsys.readouterr().out
    assert "Example" in shown
    assert f"ripeline {name}" in shown
    if not COMMANDS[name].hidden:
        assert COMMANDS[name].help.rstrip(".")[:30] in " ".join(shown.split())


def test_overview_lists_all_commands_but_hidden_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"│ {name} " in shown for name in VISIBLE)
    assert "│ send " not in shown


def test_mistyped_command_is_hinted_at(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["stauts"]) == 2
    assert "there is no command 'stauts'. did you mean 'status'?" in capsys.readouterr().err


def test_program_starts_and_ends_with_its_exit_code(home: Path) -> None:
    assert program("--version", cwd=home).stdout.startswith("ripeline ")
    checked = program("check", cwd=home)
    assert (checked.returncode, checked.stdout) == (0, "1 campaign, 3 mails: no mistakes.\n")
    missing = program("why", "nobody", cwd=home)
    assert missing.returncode == 1
    assert missing.stderr.startswith("ripeline: nobody here is called 'nobody'.")


def test_command_that_is_stopped_by_ctrl_c_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(status, "command", interrupted)
    assert run(["status"]) == EXIT_INTERRUPTED
    assert capsys.readouterr().err == "stopped.\n"


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys; from engine.cli.main import run; run(['--help']); "
        "print(sorted({name.partition('.')[0] for name in sys.modules} & "
        "{'sqlalchemy', 'jinja2', 'apscheduler', 'pydantic', 'aiosmtplib', 'starlette'}), file=sys.stderr)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert found.stderr.strip() == "[]"


def test_processes_need_the_real_program(home: Path) -> None:
    with pytest.raises(RuntimeError, match="was not started by"):
        ripeline("serve", home=home)


def test_help_keeps_names_of_tables_and_flows_in_a_narrow_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert run(["sales", "--help"]) == 0
    shown = capsys.readouterr().out
    assert "one of [sales.reasons]." in shown
    assert "when an answer is due, and who is near. With one, it is given in the name of" in shown
    assert "[OPTIONS] [ACT] [LEAD]" in shown


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["report", "sales", "--first", "2026-13-01"], "'2026-13-01' is no day: write one as 2026-10-01."),
        (["report", "--format", "xml"], "'xml' is not one of 'table', 'csv', 'json'."),
    ],
)
def test_wrong_value_is_told_without_inner_words(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    complaint = capsys.readouterr().err
    assert told in complaint
    assert "Value error" not in complaint
