"""The daemon's chores: files that are watched, the tracker's spool that is drained."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.domain.traffic import Hit, HitKind
from engine.processes.daemon import Watcher, drain_spool
from engine.store.alerts import open_alerts
from engine.store.database import StoreError, reading
from engine.store.deliveries import deliveries_of
from engine.web.spool import Spool
from tests.service.conftest import found, laid_out, server, world
from tests.service.world import World

__all__ = ["found", "laid_out", "server", "world"]

JANE = "jane@northwind.example"


@pytest.fixture
def watcher(world: World) -> Watcher:
    watching = Watcher(world.home, world.runner)
    watching.look()
    return watching


def edit(world: World, name: str, old: str, new: str) -> None:
    path = world.path / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def bundle(world: World) -> int:
    return world.runner.current().programme.bundle


def test_safe_change_applies_by_itself(world: World, watcher: Watcher) -> None:
    before = bundle(world)
    edit(world, "templates/data/aware/second.html", "Still there?", "Are you still there?")
    watcher.look()
    assert bundle(world) == before + 1
    watcher.look()
    assert bundle(world) == before + 1


def test_safe_change_that_met_a_fault_of_the_store_applies_at_the_next_look(
    world: World, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = bundle(world)
    edit(world, "templates/data/aware/second.html", "Still there?", "Are you still there?")
    with monkeypatch.context() as away:
        away.setattr("engine.processes.daemon.apply", _fail)
        with pytest.raises(StoreError):
            watcher.look()
    watcher.look()
    assert bundle(world) == before + 1


def _fail(*_: object) -> None:
    raise StoreError("the database is away")


def test_half_edited_file_changes_nothing_that_runs(world: World, watcher: Watcher) -> None:
    before = bundle(world)
    edit(world, "campaigns/drip.toml", 'wait = "2d"', 'wait = "2')
    watcher.look()
    assert bundle(world) == before
    edit(world, "campaigns/drip.toml", 'wait = "2', 'wait = "5d"')
    watcher.look()
    assert bundle(world) == before + 1


def test_change_that_takes_a_step_from_under_a_lead_waits_for_a_person(world: World, watcher: Watcher) -> None:
    world.take_in(f"{JANE},Jane,web")
    world.go()
    before = bundle(world)
    edit(world, "campaigns/drip.toml", '[[stage.aware.step]]\nemail = "second"\nwait = "2d"\nthread = "first"\n', "")
    watcher.look()
    assert bundle(world) == before


async def spooled(world: World, *hits: Hit) -> None:
    spool = Spool(world.home.spool, "tracker-1")
    for hit in hits:
        await spool.append(hit)
    await spool.close()


def click(world: World, delivery: int) -> Hit:
    return Hit("h1", HitKind.CLICK, delivery, world.clock.now(), link=0, user_agent="Mozilla/5.0 (X11) Firefox/140.0")


def a_mail(world: World) -> int:
    world.take_in(f"{JANE},Jane,web")
    world.go()
    with reading(world.home.store) as connection:
        return int(deliveries_of(connection, 1)[0].id)


def test_hits_are_taken_in_once(world: World) -> None:
    number = a_mail(world)
    world.loop.run(spooled(world, click(world, number)))
    assert drain_spool(world.home, world.runner) == 1
    world.loop.run(spooled(world, click(world, number)))
    assert drain_spool(world.home, world.runner) == 0
    assert list(world.home.spool.glob("*.jsonl")) == []


@pytest.mark.acceptance(row=34)
def test_hits_that_wait_for_a_minute_raise_an_alarm_that_ends_with_them(world: World) -> None:
    hit = click(world, a_mail(world))
    spool = Spool(world.home.spool, "tracker-1")
    world.loop.run(spool.append(hit))  # its worker still holds the segment, so that nobody can drain it
    world.clock.step_to(world.clock.now() + timedelta(seconds=61))
    drain_spool(world.home, world.runner)
    assert told(world) == ["spool:age"]
    world.loop.run(spool.close())
    drain_spool(world.home, world.runner)
    assert told(world) == []


def told(world: World) -> list[str]:
    with reading(world.home.store) as connection:
        return [alert.subject for alert in open_alerts(connection)]
