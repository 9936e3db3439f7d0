"""A store that is not the one that the home has worked with: sending is held until a person confirms."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from engine.domain.witness import CLOCK
from engine.service.held import hold_in_doubt, is_time_doubtful, release_sending, why_held
from engine.service.witness import Witness
from engine.store.database import writing
from engine.store.erasure import erase_lead
from tests.service.world import MONDAY, World, copied

JANE = "jane@northwind.example"
Reopen = Callable[..., World]


def database(world: World) -> Path:
    return Path(world.home.store.url.database or "")


@pytest.fixture
def reopened(world: World) -> Iterator[Callable[[World], World]]:
    """The same home, opened anew as after a restart, at the same instant."""
    worlds: list[World] = []

    def reopen(before: World, path: Path | None = None) -> World:
        before.home.store.dispose()
        again = World(path or before.path, world.server)
        again.clock.set_to(before.clock.now())
        worlds.append(again)
        return again

    yield reopen
    for opened in worlds:
        opened.close()


def copy_store(source: Path, target: Path) -> None:
    """As SQLite copies itself: into the target's own file."""
    with closing(sqlite3.connect(source)) as frm, closing(sqlite3.connect(target)) as to:
        frm.backup(to)


def put_back(world: World, copy: Path, *, same_file: bool) -> None:
    """The copy in the store's place, written into the same file or put there as another one."""
    world.home.store.dispose()
    if same_file:
        copy_store(copy, database(world))
        return
    for name in ("-wal", "-shm"):
        database(world).with_name(f"{database(world).name}{name}").unlink(missing_ok=True)
    copy.replace(database(world))


@pytest.mark.acceptance(row=12)
@pytest.mark.parametrize("same_file", [True, False])
def test_restored_backup_sends_nothing_until_a_person_confirms(
    world: World, reopened: Reopen, tmp_path: Path, same_file: bool
) -> None:
    world.take_in(f"{JANE},Jane,web")
    world.tick()
    copy_store(database(world), copy := tmp_path / "backup.db")
    world.send()
    world.clock.step_to(MONDAY + timedelta(seconds=5))
    world.take_in("joe@northwind.example,Joe,web")
    world.go()
    assert len(world.received()) == 2
    put_back(world, copy, same_file=same_file)
    again = reopened(world)
    again.send()
    assert len(again.received()) == 2, "Jane is not mailed again"
    held = why_held(again.home) or ""
    assert ("missing from the store" if same_file else "") in held
    assert held
    assert "sending" in again.alerts()
    release_sending(again.home)
    again.send()
    assert len(again.received()) == 3, "confirmed by a person"
    assert "sending" not in again.alerts()
    last = reopened(again)
    last.tick()
    last.send()
    assert why_held(last.home) is None, "what was confirmed is not doubted again"


@pytest.mark.acceptance(row=12)
def test_cloned_database_in_another_home_sends_nothing(world: World, reopened: Reopen, tmp_path: Path) -> None:
    world.take_in(f"{JANE},Jane,web")
    world.tick()
    assert why_held(world.home) is None
    assert world.dispatch.claim(0) is None, "a sender has looked at it"
    world.home.store.dispose()
    clone = reopened(world, copied(world.path, tmp_path / "clone"))
    shutil.rmtree(clone.path / "var" / "witness")
    clone.send()
    assert clone.received() == []
    assert "another home has worked with this store" in (why_held(clone.home) or "")


@pytest.mark.acceptance(row=12)
def test_copied_home_sends_nothing(world: World, reopened: Reopen, tmp_path: Path) -> None:
    world.take_in(f"{JANE},Jane,web")
    world.tick()
    world.dispatch.claim(0)
    world.home.store.dispose()
    clone = reopened(world, copied(world.path, tmp_path / "clone"))
    clone.send()
    assert clone.received() == []
    assert "on another file or server than before" in (why_held(clone.home) or "")


@pytest.mark.acceptance(row=12)
def test_store_that_is_put_back_under_a_running_sender_is_noticed_before_its_next_claim(world: World) -> None:
    world.take_in(f"{JANE},Jane,web")
    world.go()
    world.clock.step_to(MONDAY + timedelta(seconds=2))
    world.take_in("joe@northwind.example,Joe,web")
    world.go()
    with writing(world.home.store) as connection:
        connection.exec_driver_sql("UPDATE sqlite_sequence SET seq = 0 WHERE name = 'attempt'")
    world.take_in("ann@northwind.example,Ann,web")
    world.go()
    assert len(world.received()) == 2
    assert "missing from the store" in (why_held(world.home) or "")


def test_erasing_a_person_is_no_doubt(world: World, reopened: Reopen) -> None:
    world.take_in(f"{JANE},Jane,web")
    world.go()
    world.clock.step_to(MONDAY + timedelta(seconds=2))
    world.go()
    with writing(world.home.store) as connection:
        erase_lead(connection, world.lead(JANE).id, world.home.keys.addresses, "on request", world.clock.now())
    again = reopened(world)
    again.send()
    assert why_held(again.home) is None


@pytest.mark.acceptance(row=11)
def test_clock_that_went_back_holds_sending_and_deciding(world: World, reopened: Reopen) -> None:
    world.take_in(f"{JANE},Jane,web")
    world.go()
    world.clock.set_to(MONDAY - timedelta(days=1))
    again = reopened(world)
    again.send()
    assert (why_held(again.home) or "").startswith(CLOCK)
    assert is_time_doubtful(again.home)


def test_doubt_stands_beside_a_pause_by_hand(world: World) -> None:
    hold_in_doubt(world.home, "the store is older", MONDAY)
    assert why_held(world.home) == "the store is older"


def test_damaged_record_says_nothing(world: World) -> None:
    world.take_in(f"{JANE},Jane,web")
    world.go()
    for file in (world.path / "var" / "witness").glob("*.json"):
        file.write_text("{")
    assert Witness(world.home, "sender-1").doubt().startswith("another home"), "nothing can be read, so it is doubted"
