"""Writers of one SQLite database queue: nobody waits for luck, and nobody for ever."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import make_url

from engine.store import turn
from engine.store.database import open_store, reading, writing
from engine.store.turn import in_turn


def test_writer_waits_until_the_other_has_ended_and_not_much_longer(tmp_path: Path) -> None:
    url = make_url(f"sqlite:///{tmp_path / 'x.db'}")
    told: list[tuple[str, float]] = []
    inside, waits = threading.Event(), threading.Event()

    def other() -> None:
        inside.wait(10)
        waits.set()
        with in_turn(url):
            told.append(("other", time.monotonic()))

    waiting = threading.Thread(target=other)
    waiting.start()
    with in_turn(url):
        inside.set()
        waits.wait(10)
        waiting.join(0.05)
        assert waiting.is_alive() and not told
        told.append(("first", time.monotonic()))
    waiting.join(10)
    assert [who for who, _ in told] == ["first", "other"]


def test_turn_of_a_stopped_writer_is_waited_for_in_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turn, "PATIENCE", 0.01)
    url = make_url(f"sqlite:///{tmp_path / 'x.db'}")
    with in_turn(url) as first, in_turn(url) as second:
        assert (first, second) == (True, False), "it goes on, and SQLite's own lock keeps the two apart"
    with in_turn(url) as again:
        assert again


def test_turn_that_cannot_be_queued_for_leaves_the_telling_to_the_database(tmp_path: Path) -> None:
    with in_turn(make_url(f"sqlite:///{tmp_path / 'gone' / 'x.db'}")) as mine:
        assert not mine


def test_readers_wait_for_no_turn(tmp_path: Path) -> None:
    store = open_store("sqlite:///x.db", tmp_path)
    with writing(store) as writer, reading(store) as reader:
        assert writer.exec_driver_sql("SELECT 1").scalar() == reader.exec_driver_sql("SELECT 1").scalar() == 1
    store.dispose()
