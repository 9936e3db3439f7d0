"""A sending process that dies at its nth step, for every n: each statement, commit, write and reply."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.daemons import THOROUGH, point_at
from tests.faults.dying import End
from tests.faults.figures import note
from tests.faults.forks import Forks
from tests.faults.ledger import Balance
from tests.faults.stage import Stage, finish, rows, states, states_in
from tests.service.world import World, copied
from tests.smtpserver import SmtpServer

MAILS = 3 if THOROUGH else 2
FEWEST_STEPS = 90
"""Of a sender with two mails: fewer were enumerated only if the hooks have come off."""


@pytest.fixture(scope="module")
def stage(laid_out: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Some mails are due."""
    folder = tmp_path_factory.mktemp("crash")
    with SmtpServer() as server, Forks() as forks:
        home = copied(laid_out, folder / "home")
        point_at(home, server.port)
        world = World(home, server)
        world.take_in(*(f"lead{n}@x{n}.example,Jane,web" for n in range(MAILS)))
        world.tick()
        assert states(world) == {"due": MAILS}
        world.close()
        yield Stage(home, folder, server, forks)


@pytest.mark.slow
@pytest.mark.acceptance(row=1)
@pytest.mark.acceptance(row=2)
@pytest.mark.acceptance(row=3)
@pytest.mark.acceptance(row=4)
@pytest.mark.acceptance(row=5)
def test_sender_may_die_at_any_step(stage: Stage) -> None:
    met: Counter[str] = Counter()
    for step in itertools.count(1):
        with stage.copied() as home:
            end = stage.job(home, "send", "die", step)
            if end.status == 0:
                break
            assert end.status == -9, (end, (home / "log.txt").read_text())
            met.update(points=1, **_followed(stage, home, end))
    note(f"deaths of a sender with {MAILS} mails, one at each step", met["points"])
    assert met["points"] > FEWEST_STEPS, met
    assert met["held"], "some deaths lay between gate and outcome"
    assert met["twice"], "and some of those after the relay's 250"


def _followed(stage: Stage, home: Path, end: End) -> Counter[str]:
    """Let a fresh sender finish what one that died left; under both policies where some fate is unknown."""
    met: Counter[str] = Counter()
    if "transmitting" in states_in(home):
        with stage.aside(home) as other:
            held = _finished(stage, other, end, "hold")
        assert not held.duplicated, (end, held)
        met.update(held=len(held.unknown))
    found = _finished(stage, home, end, "resend_once")
    met.update(twice=len(found.duplicated))
    return met


def _finished(stage: Stage, home: Path, end: End, unknown: str) -> Balance:
    with stage.successor(home, unknown) as world:
        found = finish(world, end)
        told = f"{end}, then {unknown}: {states(world)}, {found}"
        assert found.is_promise_kept, told
        assert sum(states(world).values()) == MAILS, told
        assert states(world).keys() <= {"sent", "unknown"}, told
        owned = {row.id for row in rows(world, "SELECT id FROM delivery WHERE unknowns > 0")}
        assert found.duplicated <= owned, told
    return found
