"""The daemon's decision process dies at its nth write: what follows is what would have been without the death."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec import json

from engine.config.model import Delivery
from engine.domain.traffic import Hit, HitKind
from tests.faults.daemons import point_at
from tests.faults.figures import note
from tests.faults.forks import Forks
from tests.faults.stage import Stage
from tests.service.world import BROWSER, MONDAY, World, copied
from tests.smtpscript import Cut, Rule
from tests.smtpserver import SmtpServer

LATER = MONDAY + timedelta(days=2, hours=1)
FEWEST_STEPS = 25
LEFT_OUT = {"alembic_version"}
Picture = dict[str, list[tuple[object, ...]]]


@pytest.fixture(scope="module")
def stage(laid_out: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A home two days later, in which there is something of everything to decide."""
    folder = tmp_path_factory.mktemp("deciding")
    with SmtpServer() as server, Forks() as forks:
        home = copied(laid_out, folder / "home")
        point_at(home, server.port, 'unknown = "resend_once"\nunknown_after = "1d"\n')
        world = World(home, server, {"delivery": Delivery(unknown="resend_once", unknown_after="1d")})
        _live(world)
        world.close()
        yield Stage(home, folder, server, forks, LATER)


def _live(world: World) -> None:
    """Mails that arrived, that are of unknown fate, that a dead sender left; hits, and people who come now."""
    world.server.script(Rule("DOT", Cut(accept=True), match="cut"))
    world.take_in(*(f"{name}@x.example,Jane,web" for name in ("reads", "clicks", "leaves", "cut", "cutreads")))
    world.go()
    number = {name: world.mails(f"{name}@x.example")[0].id for name in ("reads", "clicks", "leaves", "cutreads")}
    world.take_in("left@x.example,Jane,web")
    world.tick()
    assert world.dispatch.claim(9), "and then the sender is gone"
    world.take_in("new@x.example,Jane,web", "chooses@x.example,Jane,choice")
    hits = [
        _hit("opened", HitKind.OPEN, number["reads"]),
        _hit("clicked", HitKind.CLICK, number["clicks"], link=0),
        _hit("left", HitKind.UNSUBSCRIBE, number["leaves"], how="one-click"),
        _hit("proved", HitKind.OPEN, number["cutreads"]),
    ]
    world.home.spool.mkdir()
    (world.home.spool / "tracker-9-1.jsonl").write_bytes(b"".join(json.encode(hit) + b"\n" for hit in hits))


def _hit(name: str, kind: HitKind, delivery: int, link: int | None = None, how: str = "") -> Hit:
    at = MONDAY + timedelta(hours=1)
    return Hit(name, kind, delivery, at, link=link, user_agent=BROWSER, network="203.0.113.0/24", visitor=name, how=how)


@pytest.mark.slow
@pytest.mark.acceptance(row=6)
def test_decisions_that_die_at_any_step_are_made_once_by_the_next_process(stage: Stage) -> None:
    with stage.copied() as home:
        before = _picture(home)
        assert stage.job(home, "decide twice").status == 0
        undisturbed = _picture(home)
    assert {table for table, found in undisturbed.items() if found != before[table]} >= {
        *("delivery", "enrollment", "event", "lead", "story", "suppression", "consent")
    }, "there was something of everything to decide"
    for step in itertools.count(1):
        with stage.copied() as home:
            end = stage.job(home, "decide", "die writing", step)
            assert stage.job(home, "decide twice").status == 0
            assert _picture(home) == undisturbed, end
            assert not list((home / "var" / "spool").glob("*.jsonl"))
            if end.status == 0:
                break
            assert end.status == -9, (end, (home / "log.txt").read_text())
    note("deaths of a daemon that decides, one at each write", step - 1)
    assert step > FEWEST_STEPS


def _picture(home: Path) -> Picture:
    """Everything that the store holds."""
    with closing(sqlite3.connect(home / "var" / "ripeline.db")) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in set(tables) - LEFT_OUT}
