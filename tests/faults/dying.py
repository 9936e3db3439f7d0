"""Processes of the engine that die, or whose database fails, at their nth step.

`python -m tests.faults.dying` has everything imported, and forks a process for each job that it reads as a line of
JSON; the answer says how that process ended. So a process costs milliseconds, and every step can be tried.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import sys
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import engine.processes.opening
import engine.runtime.sender
import engine.service.home
from engine.clock import SteppedClock
from engine.processes.daemon import drain_spool
from engine.processes.opening import open_for_work
from engine.processes.sender import run_sender
from engine.runtime.sender import SendingLine
from engine.service.home import Home
from engine.service.running import Runner
from engine.service.tick import tick
from engine.service.uncertain import take_back
from engine.store.database import StoreError, reading
from engine.store.deliveries import state_counts
from tests.faults.hooks import (
    Counted,
    OnlyWrites,
    Room,
    watch_bodies,
    watch_commits,
    watch_database,
    watch_driver,
    watch_lines,
)

SENDER = "sender-1"
UNADMITTED, STUCK = 77, 78
"""Exit statuses: a mail left that was not admitted on disk; mails are left that nothing will ever send."""

OVER = {"sent", "unknown", "failed", "dropped"}
PATIENCE = 400
"""Times that a process may find nothing to do before its work must be done; the clock moves on each time."""


@dataclass(frozen=True)
class Job:
    """What a process does ('send', 'decide', 'decide twice'), and what goes wrong at which step.

    `fault` is 'die', 'die writing' (steps that only read are not counted), 'full' (room for `step` pages more, for a
    while), 'lost' (a commit succeeds and seems to fail), or the words of a driver at a failing statement.
    """

    work: str
    home: str
    at: str
    fault: str = ""
    step: int = 0


@dataclass(frozen=True)
class End:
    """How a process ended: its exit status (negative: the signal), its number, and the step that was hit."""

    status: int
    pid: int
    step: str


def main() -> None:
    """Answer jobs until there are no more."""
    for line in sys.stdin:
        end = _forked(Job(**json.loads(line)))
        print(json.dumps(asdict(end)), flush=True)  # noqa: T201


def _forked(job: Job) -> End:
    struck = Path(job.home) / "struck"
    struck.unlink(missing_ok=True)
    pid = os.fork()
    if not pid:
        _child(job)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return End(status, pid, struck.read_text() if struck.exists() else "")


def _child(job: Job) -> None:
    status = 1
    try:
        log = os.open(Path(job.home) / "log.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, 2)
        os.dup2(log, 1)
        _work(job)
        status = 0
    except BaseException as error:
        print(f"ended by {error!r}", file=sys.stderr)  # noqa: T201
    finally:
        os._exit(status)


def _work(job: Job) -> None:
    clock = SteppedClock(datetime.fromisoformat(job.at))
    engine.service.home.SystemClock = lambda: clock  # type: ignore[misc, assignment]
    engine.service.home.migrate = lambda store: None  # its schema is the newest, and looking costs more than the rest
    engine.processes.opening.end_with_supervisor = lambda: None  # type: ignore[assignment]
    path = Path(job.home)
    watch_bodies(path / "var" / "ripeline.db", lambda number: os._exit(UNADMITTED))
    if job.work == "send":
        _send(path, job, clock)
    else:
        _arm(job, path)
        for _ in range(2 if job.work == "decide twice" else 1):
            _decide(path)


def _arm(job: Job, path: Path) -> None:
    reach = Counted(job.step, partial(_die, path) if job.fault.startswith("die") else partial(_fail, path, job.fault))
    match job.fault:
        case "":
            return
        case "die":
            watch_database(reach)
            watch_lines(reach)
        case "die writing":
            watch_database(OnlyWrites(reach))
        case "lost":
            watch_commits(after=reach)
        case _:
            watch_driver(reach)


def _die(path: Path, step: str) -> None:
    (path / "struck").write_text(step)
    os.kill(os.getpid(), signal.SIGKILL)


def _fail(path: Path, words: str, step: str) -> None:
    """What a driver does when the disk is full, the database locked, or the connection lost."""
    (path / "struck").write_text(step)
    raise sqlite3.OperationalError(words)


def _decide(path: Path) -> None:
    """What the daemon's jobs do once: take hits in, judge traffic, settle the uncertain, decide."""
    home = open_for_work(path)
    runner = Runner(home)
    drain_spool(home, runner)
    tick(home, runner.current(), home.clock.now())


def _send(path: Path, job: Job, clock: SteppedClock) -> None:
    """The sending process, ended in good order when everything is over."""
    engine.runtime.sender.IDLE_SECONDS = engine.runtime.sender.LINGER_SECONDS = 0.002
    room = Room(_pages(path) + job.step if job.fault == "full" else 1 << 30)
    Meanwhile(path, clock, room).begin()
    if job.fault != "full":
        _arm(job, path)
    run_sender(path, SENDER)


def _pages(path: Path) -> int:
    return (path / "var" / "ripeline.db").stat().st_size // 4096


class Meanwhile:
    """What goes on around the sending process whenever it finds nothing to do: time passes, it says that it lives,
    the daemon takes back claims whose lease ran out, and once everything is over the process is asked to end."""

    def __init__(self, path: Path, clock: SteppedClock, room: Room) -> None:
        self._path = path
        self._clock = clock
        self._room = room
        self._idle = 0

    def begin(self) -> None:
        usual = SendingLine._idle

        async def idle(line: Any) -> None:
            await self._pass(line)
            await usual(line)

        SendingLine._idle = idle  # type: ignore[method-assign]

    async def _pass(self, line: Any) -> None:
        dispatch = line._dispatch
        if line._under_way or not line._letters.empty():
            return
        self._idle += 1
        if self._idle > PATIENCE:
            os._exit(STUCK)
        if self._idle > PATIENCE // 10:
            self._room.pages = 1 << 30
        if not dispatch.noted and await asyncio.to_thread(_is_over, dispatch._home):
            line.stop()
            return
        self._clock.step_to(self._clock.now() + timedelta(minutes=4))
        try:
            await line._in_writer(dispatch.heartbeat)
            await asyncio.to_thread(take_back, dispatch._home, self._clock.now())
        except StoreError as error:
            print(f"meanwhile: {error}", file=sys.stderr)  # noqa: T201


def _is_over(home: Home) -> bool:
    with reading(home.store) as connection:
        return state_counts(connection).keys() <= OVER


if __name__ == "__main__":
    main()
