"""`ripeline winner`, as a person uses it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from engine.cli.main import run
from tests.service.world import lay_out


def test_a_winner_is_shown_chosen_and_taken_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay_out(tmp_path)
    where = ["--home", str(tmp_path)]
    assert run(["winner", "choice/offer", *where]) == 0
    assert "too early: nobody was mailed yet" in capsys.readouterr().out
    assert run(["winner", "choice/offer", "subject", "B", "--because", "clearer", "--yes", *where]) == 0
    assert "B is the winner. `ripeline winner choice/offer subject --undo`" in capsys.readouterr().out
    assert run(["winner", "choice/offer", "2", *where]) == 0
    assert "B is the winner already" in capsys.readouterr().out
    assert run(["winner", "choice/offer", "--undo", *where]) == 0
    assert "No winner any more" in capsys.readouterr().out
    assert run(["winner", "choice/ofer", *where]) == 1
    assert "did you mean 'choice/offer'?" in capsys.readouterr().err


SCENARIO = """\
[[scenario]]
name  = "one mail"
start = 2026-11-02T09:00:00
lead  = { source = "choice", first_name = "Jane" }
then  = [{ mail = "offer", subject = "What does a dead lead cost?" }]
"""


def test_scenarios_are_played_with_the_winner_and_files_alone_without_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lay_out(tmp_path)
    (tmp_path / "campaigns/choice.test.toml").write_text(SCENARIO, "utf-8")
    where = ["--home", str(tmp_path)]
    assert run(["test", *where]) == 1
    assert run(["winner", "choice/offer", "subject", "B", "--yes", *where]) == 0
    assert run(["test", *where]) == 0
    with closing(sqlite3.connect(tmp_path / "var/ripeline.db")) as store:
        store.execute("UPDATE alembic_version SET version_num = '0001'")
        store.commit()
    capsys.readouterr()
    assert run(["test", *where]) == 1
    assert "Without the winners of experiments: the store is of another version" in capsys.readouterr().err
