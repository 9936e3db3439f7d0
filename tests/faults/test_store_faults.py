"""The database fails at the nth statement, for every n: no mail leaves without a durable claim, and all drain (row 10).

A sending process goes on after a fault, or ends and is started again by its supervisor. That a mail was claimed is
seen, as its body leaves, by a connection of its own (`hooks.watch_bodies`).
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.daemons import THOROUGH, point_at
from tests.faults.dying import STUCK, UNADMITTED, End
from tests.faults.figures import note
from tests.faults.forks import Forks
from tests.faults.stage import Stage, finish, states
from tests.service.world import World, copied
from tests.smtpserver import SmtpServer

MAILS = 3
UNWRITABLE = 1
"""One mail more, whose step expired: what is put aside must be recorded, too."""

WORDS = ("database or disk is full", "database is locked", "disk I/O error")
"""What drivers say; they take turns, or each is said at each statement where it is to be thorough."""


@pytest.fixture(scope="module")
def stage(laid_out: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Three mails are due, and one that came too late."""
    folder = tmp_path_factory.mktemp("failing")
    with SmtpServer() as server, Forks() as forks:
        home = copied(laid_out, folder / "home")
        point_at(home, server.port)
        world = World(home, server)
        world.take_in(*(f"lead{n}@x{n}.example,Jane,web" for n in range(MAILS + UNWRITABLE)))
        world.tick()
        _expire_last(world)
        world.close()
        yield Stage(home, folder, server, forks)


def _expire_last(world: World) -> None:
    with world.home.store.begin() as connection:
        connection.exec_driver_sql("UPDATE delivery SET expires_at = created_at WHERE id = 4")


@pytest.mark.slow
@pytest.mark.acceptance(row=10)
@pytest.mark.parametrize("turn", range(len(WORDS) if THOROUGH else 1))
def test_statement_may_fail_anywhere(stage: Stage, turn: int) -> None:
    met: Counter[str] = Counter()
    for step in itertools.count(1):
        with stage.copied() as home:
            words = WORDS[(step + turn) % len(WORDS)]
            end = stage.job(home, "send", words, step)
            _is_sound(stage, home, end, f"{words} at statement {step}")
            met.update(points=1, ended=end.status)
            if not end.step:
                break
    note("statements of a sender at each of which the database failed", met["points"])
    assert met["points"] > 60, met
    assert met["ended"] < met["points"] / 2, "a fault that passes seldom ends a process"


@pytest.mark.slow
@pytest.mark.acceptance(row=10)
def test_commit_may_succeed_and_seem_to_fail(stage: Stage) -> None:
    for step in itertools.count(1):
        with stage.copied() as home:
            end = stage.job(home, "send", "lost", step)
            _is_sound(stage, home, end, f"commit {step}")
            if not end.step:
                break
    assert step > 15


def _is_sound(stage: Stage, home: Path, end: End, what: str) -> None:
    told = f"{what}: {end}\n{(home / 'log.txt').read_text()}"
    assert end.status != UNADMITTED, told
    assert end.status != STUCK, told
    with stage.successor(home) as world:
        if end.status == 0:
            assert states(world) == {"sent": MAILS, "dropped": UNWRITABLE}, told
        found = finish(world, end)
        assert found.is_promise_kept, f"{found} {told}"
        assert not found.duplicated, told
        assert states(world) == {"sent": MAILS, "dropped": UNWRITABLE}, told
