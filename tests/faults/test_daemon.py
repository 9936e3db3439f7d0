"""The daemon as a person runs it: ended, refused a second time, and killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from tests.faults.daemons import Town, kill, until
from tests.faults.ledger import balance, taken
from tests.smtpscript import Rule, Wait
from tests.smtpserver import SmtpServer


def test_sigterm_finishes_what_is_under_way_and_leaves_nothing_half_done(town: Town, server: SmtpServer) -> None:
    server.script(Rule("DOT", Wait(0.05)))
    town.take_in(60)
    daemon = town.start("run", "--no-tracker")
    server.wait_for(lambda server: len(server.accepted) >= 5, 30)
    daemon.send_signal(signal.SIGTERM)
    assert daemon.wait(30) == 0
    states = town.states()
    assert states.keys() <= {"due", "sent"}, town.log()
    assert states["due"] > 0
    assert states["sent"] == len(server.accepted)
    assert "nothing was left half done" in town.log()
    server.script()
    town.start("run", "--no-tracker")
    until(lambda: town.states() == {"sent": 60}, told=town.log)
    assert len(set(taken(server))) == len(taken(server)) == 60
    assert balance(town.home.store, taken(server)).is_promise_kept


@pytest.mark.acceptance(row=7)
def test_second_daemon_is_refused_with_the_reason(town: Town) -> None:
    first = town.start("run", "--no-tracker")
    until(lambda: "running: bundle" in town.log())
    second = town.start("run", "--no-tracker")
    assert second.wait(30) == 1
    assert f"another daemon holds this home (pid {first.pid} since " in town.log()
    assert first.poll() is None
    first.send_signal(signal.SIGTERM)
    assert first.wait(30) == 0


def test_children_of_a_killed_daemon_end_and_the_next_one_goes_on(town: Town, server: SmtpServer) -> None:
    server.script(Rule("DOT", Wait(0.05)))
    town.take_in(40)
    daemon = town.start("run", "--no-tracker")
    until(town.sender)
    orphan = town.sender()
    kill(daemon.pid)
    daemon.wait()
    until(lambda: not _lives(orphan), told=town.log)
    server.script()
    town.start("run", "--no-tracker")
    until(lambda: town.states() == {"sent": 40}, told=town.log)
    assert balance(town.home.store, taken(server)).is_promise_kept
    assert len(set(taken(server))) == 40


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_every_process_logs_into_its_own_file(settle: Callable[..., Town], server: SmtpServer) -> None:
    town = settle(server.port, '\n[logs]\nfile = "var/log/ripeline.log"\n')
    town.take_in(3)
    daemon = town.start("run", "--no-tracker")
    until(lambda: town.states() == {"sent": 3}, told=town.log)
    daemon.send_signal(signal.SIGTERM)
    assert daemon.wait(30) == 0
    folder = town.path / "var/log"
    assert sorted(path.name for path in folder.iterdir()) == ["ripeline-sender-1.log", "ripeline.log"]
    assert "nothing was left half done" in (folder / "ripeline.log").read_text("utf-8")
    assert town.log() == f"ripeline: the log is in {folder / 'ripeline.log'}, and beside it\n"
