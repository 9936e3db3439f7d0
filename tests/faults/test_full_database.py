"""A database that is really full, and is given room again: nothing is sent without a claim, and all drain (row 10)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.daemons import point_at
from tests.faults.forks import Forks
from tests.faults.ledger import balance, taken
from tests.faults.stage import Stage, states
from tests.service.world import World, copied
from tests.smtpserver import SmtpServer

FULL = "database or disk is full"
MAILS = 60
"""More than the free pages of a fresh database can hold the outcomes and copies of."""


@pytest.fixture
def stage(laid_out: Path, tmp_path: Path) -> Iterator[Stage]:
    with SmtpServer() as server, Forks() as forks:
        home = copied(laid_out, tmp_path / "home")
        point_at(home, server.port)
        world = World(home, server)
        world.take_in(*(f"lead{n}@x{n % 7}.example,Jane,web" for n in range(MAILS)))
        world.tick()
        world.close()
        yield Stage(home, tmp_path, server, forks)


@pytest.mark.slow
@pytest.mark.acceptance(row=10)
def test_sender_waits_for_room_and_then_records_everything(stage: Stage) -> None:
    logs = [_filled_up(stage, pages) for pages in range(0, 40, 8)]
    for stage_of_work in ("nothing can be claimed now", "outcomes wait to be written"):
        assert any(f"{stage_of_work}: the database cannot be written: {FULL}" in log for log in logs), logs


def _filled_up(stage: Stage, pages: int) -> str:
    """Send with so many pages left, and room again later; what the sender logged."""
    with stage.copied() as home:
        end = stage.job(home, "send", "full", pages)
        log = (home / "log.txt").read_text()
        assert end.status == 0, log
        with stage.successor(home) as world:
            assert states(world) == {"sent": MAILS}, log
            found = balance(world.home.store, taken(stage.server))
            assert found.is_promise_kept, found
            assert not found.duplicated
    return re.sub(r"^\S+ \S+ +\w+ +error: [0-9]* ?", "", log, flags=re.MULTILINE)
