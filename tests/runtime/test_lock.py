"""One daemon per home."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.runtime.lock import HomeHeldError, hold_home, holder

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


@pytest.mark.acceptance(row=7)
def test_second_holder_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    path = tmp_path / "var" / "daemon.lock"
    with (
        hold_home(path, NOW),
        pytest.raises(HomeHeldError, match=rf"pid {os.getpid()} since 09:30 UTC.*Stop it"),
        hold_home(path, NOW),
    ):
        pass
    with hold_home(path, NOW):
        assert json.loads(path.read_text())["pid"] == os.getpid()


def test_holder_is_known_while_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "daemon.lock"
    assert holder(path) is None
    with hold_home(path, NOW, "abc"):
        assert holder(path) == (os.getpid(), NOW, "abc")
    assert holder(path) is None, "the lock ended, though its file is still there"


def test_holder_that_has_not_yet_written_its_name_is_no_reason_to_fail(tmp_path: Path) -> None:
    path = tmp_path / "daemon.lock"
    with hold_home(path, NOW):
        path.write_text("")
        found = holder(path)
        assert found is not None
        assert found[0] == 0
        with pytest.raises(HomeHeldError, match="it is just starting"), hold_home(path, NOW):
            pass
