"""The spool: tracker hits on disk, so that an answer never waits for the database and none is lost.

A worker appends JSON lines to a segment `<worker>-<number>.jsonl` and answers after the disk has them; hits that arrive
while the disk works share the next sync. A segment is closed when it is large or old enough. A reader takes closed
segments, has their hits committed, and only then deletes them: a crash in between replays hits, and their unique ids
make the replay change nothing.

A writer holds an exclusive lock (flock) on its segment, so a reader knows a segment of a dead worker from one that is
being written. No hit stands in a segment before it is locked.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from msgspec import MsgspecError
from msgspec.json import Decoder, Encoder

from engine.domain.traffic import Hit

_encode = Encoder().encode
_decode = Decoder(Hit).decode

Sync = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Pace:
    """When segments close and hits gather.

    A segment closes beyond `max_bytes`, and `max_age` seconds after its first hit. A busy spool lets hits gather for
    `gather` seconds (at most 5 ms) before it syncs them together.
    """

    max_bytes: int = 4 * 1024 * 1024
    max_age: float = 1.0
    gather: float = 0.002


class Spool:
    """Appends hits durably; used from one event loop.

    Args:
        directory: where the segments lie; made when missing, for the owner alone.
        worker: the name of this worker, unique on this machine.
        pace: when segments close and hits gather.
        sync: makes what was written to a descriptor durable.
    """

    def __init__(
        self,
        directory: Path,
        worker: str,
        *,
        pace: Pace = Pace(),
        sync: Sync = getattr(os, "fdatasync", os.fsync),
    ) -> None:
        self._segments = _SegmentWriter(directory, worker, pace.max_bytes, sync)
        self._max_age, self._gather = pace.max_age, min(pace.gather, 0.005)
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._flusher: asyncio.Task[None] | None = None
        self._closing: asyncio.TimerHandle | None = None
        self._disk = ThreadPoolExecutor(1, thread_name_prefix=f"spool-{worker}")

    async def append(self, hit: Hit) -> None:
        """Returns when the hit is on disk.

        Raises:
            OSError: the disk refused it; the hit is not recorded.
        """
        loop = asyncio.get_running_loop()
        written: asyncio.Future[None] = loop.create_future()
        self._waiting.append((_encode(hit) + b"\n", written))
        if self._flusher is None:
            self._flusher = loop.create_task(self._flush())
        await written

    def rotate(self) -> None:
        """Closes the segment now, so that a reader finds every hit acknowledged so far. Safe from any thread."""
        self._disk.submit(self._segments.close).result()

    async def close(self) -> None:
        """Writes what waits and closes the segment; nothing may be appended afterwards."""
        while self._flusher is not None:
            await self._flusher
        if self._closing:
            self._closing.cancel()
        self.rotate()
        self._disk.shutdown()

    async def _flush(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting, []
                await self._write(group)
                if self._waiting and self._gather:
                    await asyncio.sleep(self._gather)
        finally:
            self._flusher = None

    async def _write(self, group: list[tuple[bytes, asyncio.Future[None]]]) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._disk, self._segments.write, b"".join([line for line, _ in group]))
        except Exception as error:  # whatever it is belongs to those who wait, or they would wait for ever
            _settle(group, error)
            return
        _settle(group, None)
        if self._closing is None:
            self._closing = loop.call_later(self._max_age, self._close_aged)

    def _close_aged(self) -> None:
        self._closing = None
        self._disk.submit(self._segments.close)


def _settle(group: list[tuple[bytes, asyncio.Future[None]]], error: Exception | None) -> None:
    for _, written in group:
        if written.done():
            continue
        if error:
            written.set_exception(error)
        else:
            written.set_result(None)


class _SegmentWriter:
    """The segment being written; all calls come from the spool's one disk thread."""

    def __init__(self, directory: Path, worker: str, max_bytes: int, sync: Sync) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._directory, self._worker, self._max_bytes, self._sync = directory, worker, max_bytes, sync
        self._number = max((_number(path) for path in directory.glob(f"{worker}-*.jsonl")), default=0)
        self._file = -1
        self._size = 0

    def write(self, lines: bytes) -> None:
        """Appends and syncs; after a failure the segment holds no part of `lines` that a reader could take."""
        try:
            if self._file < 0:
                self._open()
            _write_all(self._file, lines)
            self._sync(self._file)
        except OSError:
            self._drop_tail()
            raise
        self._size += len(lines)
        if self._size >= self._max_bytes:
            self.close()

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _open(self) -> None:
        while self._file < 0:
            self._number += 1
            path = self._directory / f"{self._worker}-{self._number:010d}.jsonl"
            with suppress(FileExistsError):
                self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        self._size = 0
        _sync_directory(self._directory)

    def _drop_tail(self) -> None:
        # nothing may follow a half-written line; if even cutting it off fails, reading skips it as torn
        if self._file < 0:
            return
        with suppress(OSError):
            os.ftruncate(self._file, self._size)
        self.close()


def _write_all(file: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]


def _sync_directory(directory: Path) -> None:
    file = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _number(path: Path) -> int:
    number = path.stem.rpartition("-")[2]
    return int(number) if number.isdigit() else 0


@dataclass(frozen=True, slots=True)
class Batch:
    """The hits of one closed segment; `damaged` counts lines before the last that are no hits."""

    path: Path
    hits: tuple[Hit, ...]
    damaged: int = 0

    def done(self) -> None:
        """To be called after the hits are committed: deletes the segment, or sets a damaged one aside as evidence."""
        if self.damaged:
            self.path.replace(self.path.with_suffix(".damaged"))
        else:
            self.path.unlink(missing_ok=True)


def drain(directory: Path) -> Iterator[Batch]:
    """The closed segments, oldest first per worker; one being written, or read by somebody else, is left out.

    A segment stays locked until the next one is asked for, so two readers never hold the same.
    """
    for path in sorted(directory.glob("*.jsonl")):
        file = _lock_closed(path)
        if file < 0:
            continue
        try:
            yield _read(path)
        finally:
            os.close(file)


def oldest_age(directory: Path, now: datetime) -> timedelta:
    """How long the oldest hit has waited to be drained; zero for an empty spool. Beyond 60 s the operator is told."""
    first = [hit.at for path in directory.glob("*.jsonl") if (hit := _first_hit(path))]
    return max(now - min(first), timedelta()) if first else timedelta()


def spooled_bytes(directory: Path) -> int:
    """How large the hits are that wait to be drained."""
    return sum(_size(path) for path in directory.glob("*.jsonl"))


def _size(path: Path) -> int:
    with suppress(FileNotFoundError):
        return path.stat().st_size
    return 0


def _lock_closed(path: Path) -> int:
    """A descriptor that locks a closed segment with content; -1 if there is none to take."""
    try:
        file = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return -1
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return -1
    state = os.fstat(file)
    # no link: another reader was done with it in between; empty: its writer is about to lock it
    if state.st_nlink and state.st_size:
        return file
    os.close(file)
    return -1


def _read(path: Path) -> Batch:
    *lines, tail = path.read_bytes().split(b"\n")
    hits = [_hit(line) for line in lines]
    # the torn last line was never acknowledged, so nothing is missing if it goes
    if tail:
        hits.append(_hit(tail))
    good = tuple(hit for hit in hits if hit)
    return Batch(path, good, damaged=sum(hit is None for hit in hits[: len(lines)]))


def _first_hit(path: Path) -> Hit | None:
    with suppress(FileNotFoundError), path.open("rb") as file:
        return _hit(file.readline())
    return None


def _hit(line: bytes) -> Hit | None:
    """The hit of a line; None if it is torn or damaged. Unknown keys, of a later version, are passed over."""
    try:
        return _decode(line)
    except (MsgspecError, UnicodeDecodeError):
        return None
