"""The daemon of a home: wakes the tick, drains the spool, watches its processes and files, ends cleanly.

The database is the truth and every job only wakes work that the database says is due; a lost wake costs one period. All
jobs run one at a time in one thread. Letters to other programs are carried in a second one, as a slow receiver must not
hold up the tick; the two queue for the store like writers of any process.
"""

from __future__ import annotations

import logging
import signal
import socket
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from engine.errors import RipelineError
from engine.runtime.clock_watch import ClockWatch
from engine.runtime.lock import hold_home
from engine.runtime.supervisor import Supervisor
from engine.service.advance import Advanced
from engine.service.alerts import end_trouble, raise_alert
from engine.service.held import hold_in_doubt, is_time_doubtful
from engine.service.home import Home
from engine.service.running import Runner
from engine.service.tick import tick
from engine.service.uncertain import span_of, take_back
from engine.service.witness import Witness
from engine.store.database import StoreError

log = logging.getLogger("ripeline.daemon")

PATIENCE = 30.0
"""Seconds that processes get to finish what they have in hand."""

OUTSIDE = "outside"
"""The scheduler's thread for what waits for other programs."""

Job = Callable[[], object]


@dataclass(frozen=True)
class Chores:
    """What else the daemon does regularly; the composition root knows how. Each is called in the one job thread, but
    `carry` in a thread of its own.

    drain: take the tracker's hits in · tell: tell the operator of new alerts · watch: look at the files (None: never) ·
    keep: count and forget what is old · beside: entered before anything starts, where it raises what stands in the way,
    and left when everything has ended · carry: carry letters to other programs, which may be slow
    """

    drain: Job
    tell: Job
    watch: Job | None = None
    keep: Job = lambda: None
    beside: Callable[[], AbstractContextManager[object]] = nullcontext
    carry: Job = lambda: None


class Observer:
    """Hears in the job thread what the daemon did. This one forgets it."""

    def standing_still(self, campaigns: Collection[str]) -> None:
        """A tick found that these campaigns do not run now."""

    def decided(self, batch: Advanced) -> None:
        """A batch of leads was decided."""

    def ticked(self, seconds: float) -> None:
        """A tick ended, well or not, after so many seconds."""

    def looked(self, children: Mapping[str, bool]) -> None:
        """The daemon looked after its children: whether each runs, by name."""


class Daemon:
    """Runs one home until it is told to stop."""

    def __init__(
        self,
        home: Home,
        runner: Runner,
        chores: Chores,
        commands: Sequence[tuple[str, Sequence[str]]],
        observer: Observer | None = None,
    ) -> None:
        self._home = home
        self._runner = runner
        self._chores = chores
        self._commands = commands
        self._observer = observer or Observer()
        self._stop = threading.Event()
        self._dead: list[str] = []
        self._failing: set[str] = set()
        self._clock = ClockWatch()
        self._witness = Witness(home, "daemon")
        self._doubted = ""
        self._supervisor = Supervisor(self._died)

    def run(self) -> None:
        """Hold the home, start everything, wait for SIGTERM or SIGINT, end everything.

        Raises:
            HomeHeldError: another daemon holds this home.
            RipelineError: what `beside` raised.
        """
        home = self._home
        with hold_home(home.var / "daemon.lock", home.clock.now(), home.config_digest), self._chores.beside():
            self._run(alone=self._home.store.dialect.name == "sqlite")

    def stop(self) -> None:
        self._stop.set()

    def _run(self, *, alone: bool = False) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop())
        bundle = self._runner.current().programme.bundle
        if alone:
            self._take_back_everything("an earlier run ended suddenly")
        scheduler = self._schedule()
        try:
            for name, command in self._commands:
                self._supervisor.add(name, command)
            self._tell_of_children()
            scheduler.start()
            log.info("running: bundle %d, %s", bundle, ", ".join(self._supervisor.running()))
            self._stop.wait()
            log.info("stopping: what is under way is finished")
        finally:
            if scheduler.running:
                scheduler.shutdown(wait=True)
            self._supervisor.end(PATIENCE)
        self._guarded(self._chores.drain)()
        if not alone or not self._take_back_everything("processes had to be killed"):
            log.info("stopped; nothing was left half done")

    def _take_back_everything(self, why: str) -> bool:
        """No other process can be at work in this home: whatever is claimed was left behind. Whether anything was."""
        again, unknown = take_back(self._home, self._home.clock.now(), everything=True)
        if again or unknown:
            log.warning("%s: %d mails are due again, %d have an unknown fate", why, again, unknown)
        return bool(again or unknown)

    def _schedule(self) -> BackgroundScheduler:
        scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(1), OUTSIDE: ThreadPoolExecutor(1)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone="UTC",
        )
        every = span_of(self._home.config.delivery.tick, "delivery.tick").elapsed.total_seconds()
        jobs: list[tuple[Job, float]] = [
            (self.tick, every),
            (self._chores.drain, 1.0),
            (self._look, 1.0),
            (self._chores.tell, 5.0),
            (self._chores.keep, 60.0),
        ]
        if self._chores.watch is not None:
            jobs.append((self._chores.watch, 2.0))
        for job, seconds in jobs:
            scheduler.add_job(self._guarded(job), "interval", seconds=seconds, next_run_time=self._home.clock.now())
        carry, now = self._guarded(self._chores.carry), self._home.clock.now()
        scheduler.add_job(carry, "interval", seconds=1.0, next_run_time=now, executor=OUTSIDE)
        return scheduler

    def _guarded(self, job: Job) -> Callable[[], None]:
        """A job whose failure is told and does not end the daemon: the next period tries again."""

        def guarded() -> None:
            try:
                job()
            except (RipelineError, StoreError) as error:
                log.error("%s", error)
            except Exception:
                log.exception("a job failed; it is tried again")

        return guarded

    def tick(self) -> None:
        """Do what is due now, unless nobody knows what time it is."""
        begun = time.perf_counter()
        try:
            if not self._is_time_doubtful():
                self._tick()
        finally:
            self._observer.ticked(time.perf_counter() - begun)

    def _tick(self) -> None:
        running = self._runner.current()
        self._observer.standing_still(running.standing_still)
        done = tick(self._home, running, self._home.clock.now(), self._observer.decided)
        if done.did_something:
            told = done.advanced
            log.info("looked at leads: %d, entered: %d, mails due: %d", told.leads, told.entered, told.mails)

    def _is_time_doubtful(self) -> bool:
        """Hold sending where clock or store are in doubt; whether nothing may be decided, nobody knowing the time."""
        now = self._home.clock.now()
        why = self._clock.doubt(now) or self._witness.doubt()
        if why and why != self._doubted:
            hold_in_doubt(self._home, why, now)
        self._doubted = why
        return is_time_doubtful(self._home)

    def _look(self) -> None:
        self._supervisor.look()
        self._tell_of_children()
        if self._dead:
            again, unknown = take_back(self._home, self._home.clock.now(), self._dead)
            told = ", ".join(self._dead)
            log.warning("taken back from %s: %d mails due again, %d of unknown fate", told, again, unknown)
            self._dead.clear()
        self._tell_of_failing(self._supervisor.failing())

    def _tell_of_children(self) -> None:
        running = self._supervisor.running()
        self._observer.looked({name: name in running for name, _ in self._commands})

    def _tell_of_failing(self, failing: set[str]) -> None:
        """Tell the operator of children that die again and again, and when they have recovered."""
        now = self._home.clock.now()
        for name in failing - self._failing:
            text = f"{name} ends again and again, and is started again and again; the daemon's log says why"
            raise_alert(self._home, f"process:{name}", text, now)
        for name in self._failing - failing:
            end_trouble(self._home, f"process:{name}", now)
        self._failing = failing

    def _died(self, name: str, pid: int) -> None:
        self._dead.append(node_name(name, pid))


def node_name(name: str, pid: int) -> str:
    """How a sending process signs its claims: no successor, and no process of another node, is taken for it."""
    return f"{name}:{socket.gethostname()}:{pid}"
