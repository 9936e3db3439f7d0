"""Hits survive whatever happens after they were acknowledged, and none is taken twice for another."""

from __future__ import annotations

import asyncio
import errno
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.domain.traffic import Hit, HitKind
from engine.web.spool import Pace, Spool, drain, oldest_age

NOON = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)


def hit(number: int = 1, at: datetime = NOON) -> Hit:
    return Hit(f"run-{number}", HitKind.CLICK, 4711, at, link=3, target="https://acme.example/ü", user_agent="Prüfer")


def write(directory: Path, *hits: Hit, worker: str = "w1") -> None:
    async def work() -> None:
        spool = Spool(directory, worker)
        for one in hits:
            await spool.append(one)
        await spool.close()

    asyncio.run(work())


def drained(directory: Path) -> list[Hit]:
    return [one for batch in drain(directory) for one in batch.hits]


def test_hit_is_read_as_it_was_written(tmp_path: Path) -> None:
    write(tmp_path, hit())

    assert drained(tmp_path) == [hit()]


def test_segment_stays_until_its_hits_are_done(tmp_path: Path) -> None:
    write(tmp_path, hit(1), hit(2))

    assert drained(tmp_path) == drained(tmp_path) == [hit(1), hit(2)]
    for batch in drain(tmp_path):
        batch.done()
    assert drained(tmp_path) == [] == list(tmp_path.iterdir())


def test_append_returns_only_after_the_sync(tmp_path: Path) -> None:
    syncing, may_sync = threading.Event(), threading.Event()

    def slow_sync(file: int) -> None:
        syncing.set()
        assert may_sync.wait(10)
        os.fsync(file)

    async def work() -> None:
        spool = Spool(tmp_path, "w1", sync=slow_sync)
        appended = asyncio.ensure_future(spool.append(hit()))
        await asyncio.to_thread(syncing.wait, 10)
        assert not appended.done()
        may_sync.set()
        await appended
        await spool.close()

    asyncio.run(work())


def test_hits_that_come_together_share_a_sync(tmp_path: Path) -> None:
    syncs: list[int] = []

    async def work() -> None:
        spool = Spool(tmp_path, "w1", sync=syncs.append)
        await asyncio.gather(*(spool.append(hit(number)) for number in range(200)))
        await spool.close()

    asyncio.run(work())
    assert len(syncs) <= 2
    assert len(drained(tmp_path)) == 200


def test_waiter_that_gives_up_takes_no_other_hit_with_it(tmp_path: Path) -> None:
    async def work() -> None:
        spool = Spool(tmp_path, "w1")
        quitter = asyncio.ensure_future(spool.append(hit(1)))
        stayer = asyncio.ensure_future(spool.append(hit(2)))
        await asyncio.sleep(0)
        quitter.cancel()
        await stayer
        await spool.close()

    asyncio.run(work())
    assert hit(2) in drained(tmp_path)


@pytest.mark.parametrize("torn", [b"", b'{"id":"run-9","ki', b"\xff\x00", b'{"id":1}'])
def test_torn_last_line_is_passed_over(tmp_path: Path, torn: bytes) -> None:
    write(tmp_path, hit())
    segment = next(tmp_path.iterdir())
    segment.write_bytes(segment.read_bytes() + torn)

    (batch,) = drain(tmp_path)
    assert (batch.hits, batch.damaged) == ((hit(),), 0)


def test_line_damaged_in_the_middle_is_set_aside_as_evidence(tmp_path: Path) -> None:
    write(tmp_path, hit(1), hit(2), hit(3))
    segment = next(tmp_path.iterdir())
    lines = segment.read_bytes().split(b"\n")
    segment.write_bytes(b"\n".join([lines[0], b"#" * 40, *lines[2:]]))

    (batch,) = drain(tmp_path)
    assert (batch.hits, batch.damaged) == ((hit(1), hit(3)), 1)
    batch.done()
    assert [path.suffix for path in tmp_path.iterdir()] == [".damaged"]


def test_key_of_a_later_version_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path, hit())
    segment = next(tmp_path.iterdir())
    segment.write_bytes(segment.read_bytes().replace(b'{"id"', b'{"colour":"red","id"'))

    assert drained(tmp_path) == [hit()]


@pytest.mark.acceptance(row=10)
def test_full_disk_is_told_and_the_next_hit_is_whole(tmp_path: Path) -> None:
    failures = [OSError(errno.ENOSPC, "No space left on device")]

    def sync(file: int) -> None:
        if failures:
            raise failures.pop()
        os.fsync(file)

    async def work() -> None:
        spool = Spool(tmp_path, "w1", sync=sync)
        with pytest.raises(OSError, match="No space"):
            await spool.append(hit(1))
        await spool.append(hit(2))
        await spool.close()

    asyncio.run(work())
    assert drained(tmp_path) == [hit(2)]


def test_segment_in_hand_is_left_alone(tmp_path: Path) -> None:
    async def work() -> None:
        spool = Spool(tmp_path, "w1")
        await spool.append(hit(1))
        assert drained(tmp_path) == []
        spool.rotate()
        assert drained(tmp_path) == [hit(1)]
        await spool.append(hit(2))
        assert drained(tmp_path) == [hit(1)]
        await spool.close()

    asyncio.run(work())
    assert drained(tmp_path) == [hit(1), hit(2)]


def test_segment_closes_by_age_without_another_hit(tmp_path: Path) -> None:
    async def work() -> list[Hit]:
        spool = Spool(tmp_path, "w1", pace=Pace(max_age=0.01))
        await spool.append(hit())
        async with asyncio.timeout(10):
            while not (found := drained(tmp_path)):
                await asyncio.sleep(0)
        await spool.close()
        return found

    assert asyncio.run(work()) == [hit()]


def test_segment_closes_by_size(tmp_path: Path) -> None:
    async def work() -> None:
        spool = Spool(tmp_path, "w1", pace=Pace(max_bytes=300, max_age=3600))
        for number in range(5):
            await spool.append(hit(number))
        await spool.close()

    asyncio.run(work())
    assert [len(batch.hits) for batch in drain(tmp_path)] == [2, 2, 1]


def test_worker_started_again_does_not_write_over_what_waits(tmp_path: Path) -> None:
    write(tmp_path, hit(1))
    write(tmp_path, hit(2))
    write(tmp_path, hit(3), worker="w2")

    assert drained(tmp_path) == [hit(1), hit(2), hit(3)]


def test_two_readers_never_hold_the_same_segment(tmp_path: Path) -> None:
    write(tmp_path, hit(1))
    first = drain(tmp_path)
    batch = next(first)

    assert drained(tmp_path) == []
    batch.done()
    first.close()
    assert drained(tmp_path) == []


def test_hits_of_a_killed_worker_are_found(tmp_path: Path) -> None:
    program = (
        "import asyncio, os, signal, sys\n"
        "from pathlib import Path\n"
        "from tests.web.test_spool import hit\n"
        "from engine.web.spool import Spool\n"
        "async def work():\n"
        "    spool = Spool(Path(sys.argv[1]), 'w1')\n"
        "    for number in range(20):\n"
        "        await spool.append(hit(number))\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(work())\n"
    )
    killed = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False, timeout=60)

    assert killed.returncode == -9
    assert drained(tmp_path) == [hit(number) for number in range(20)]


@pytest.mark.acceptance(row=34)
def test_age_of_the_spool_is_that_of_its_oldest_hit(tmp_path: Path) -> None:
    assert oldest_age(tmp_path, NOON) == timedelta()
    write(tmp_path, hit(2, NOON - timedelta(seconds=30)), worker="a")
    write(tmp_path, hit(1, NOON - timedelta(seconds=70)), hit(3), worker="b")

    assert oldest_age(tmp_path, NOON) == timedelta(seconds=70)
    for batch in drain(tmp_path):
        batch.done()
    assert oldest_age(tmp_path, NOON) == timedelta()


def test_spool_is_for_the_owner_alone(tmp_path: Path) -> None:
    write(tmp_path / "spool", hit())

    assert (tmp_path / "spool").stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in (tmp_path / "spool").iterdir()] == [0o600]


def test_hit_after_the_end_is_refused_not_forgotten(tmp_path: Path) -> None:
    async def work() -> None:
        spool = Spool(tmp_path, "w1")
        await spool.close()
        with pytest.raises(RuntimeError):
            await spool.append(hit())

    asyncio.run(work())
