"""Random kills: the relay's ledger and the store agree afterwards, as the promise says."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.runtime.daemon import node_name
from engine.service.running import Runner
from engine.service.tick import tick
from engine.service.uncertain import take_back
from tests.faults.daemons import ROOT, Town, kill, until
from tests.faults.ledger import balance, message_ids

LEADS, KILLS, SEED = 200, 8, 20261122


@contextmanager
def smtp_process(ledger: Path, *rules: str) -> Iterator[int]:
    """The test relay as a process of its own, its port."""
    words = [word for rule in rules for word in ("--rule", rule)]
    command = [sys.executable, "-m", "tests.smtpserver", "--ledger", str(ledger), *words]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline().split()[-1])
        process.kill()


@pytest.mark.slow
@pytest.mark.acceptance(row=6)
def test_random_kills_lose_nothing_and_own_up_to_every_duplicate(settle: Callable[..., Town], tmp_path: Path) -> None:
    chance, ledger = random.Random(SEED), tmp_path / "ledger.jsonl"
    with smtp_process(ledger, "DOT=wait 0.01", "DOT/29=cut", "DOT/31=cut-accepted") as port:
        town = settle(port, 'unknown = "resend_once"\nunknown_after = "1s"\n')
        town.take_in(LEADS)
        runner = Runner(town.home)

        def work(dead: list[str]) -> None:
            """What the daemon does, in this process, so that only senders are killed."""
            take_back(town.home, town.home.clock.now(), dead)
            tick(town.home, runner.current(), town.home.clock.now())

        work([])
        for number in range(KILLS):
            goal = len(message_ids(ledger)) + chance.randrange(1, 24)
            sender = town.start("send", f"sender-{number}")
            until(lambda: len(message_ids(ledger)) >= goal, told=town.log)  # noqa: B023
            kill(sender.pid)
            sender.wait()
            work([node_name(f"sender-{number}", sender.pid)])
        town.start("send", "the-last")
        until(lambda: (work([]), _is_settled(town))[1], told=lambda: (town.states(), town.log()[-2000:]))
    found = balance(town.home.store, message_ids(ledger))
    assert not found.lost
    assert not found.unexpected
    assert not found.unowned, "every duplicate is one that the store says may be one"
    assert found.unknown or found.duplicated, "the kills hit something"


def _is_settled(town: Town) -> bool:
    """Nothing is under way, and nobody waits for what is unknown."""
    return town.states().keys() <= {"sent", "unknown"} and not town.rows(
        "SELECT id FROM delivery WHERE state = 'unknown' AND finished_at IS NULL"
    )
