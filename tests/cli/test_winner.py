"""`ripeline winner`, as a person uses it."""

from __future__ import annotations

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
