"""Child processes: started, watched, started again when they die, ended together."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.runtime.lifeline import CHILD, SUPERVISOR

log = logging.getLogger("ripeline.daemon")

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
STEADY_AFTER = 60.0
"""A child that lived so many seconds has recovered: its next death starts the pauses anew."""
TOO_OFTEN = 3
"""Deaths in a row, none after a steady life, by which a child is failing rather than unlucky."""


@dataclass
class Child:
    """One supervised process: its name, how to start it, and how it fared."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = FIRST_PAUSE
    resume_at: float = 0.0
    deaths: int = 0


class Supervisor:
    """Keeps children alive. `died` is told the name and process number of each that ended by itself."""

    def __init__(self, died: Callable[[str, int], None], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._children: list[Child] = []
        self._died = died
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._ending = False

    def add(self, name: str, command: Sequence[str]) -> None:
        """Start a child and keep it running."""
        child = Child(name, command)
        with self._lock:
            self._children.append(child)
            self._start(child)

    def look(self) -> None:
        """Notice children that ended, and start those again whose pause is over. Called every second or so."""
        with self._lock:
            for child in () if self._ending else self._children:
                self._look_at(child)

    def running(self) -> dict[str, int]:
        """The process numbers of the children that run, by name."""
        with self._lock:
            return {c.name: c.process.pid for c in self._children if c.process and c.process.poll() is None}

    def failing(self) -> set[str]:
        """The children that die again and again: starting them once more is not what helps."""
        now = self._monotonic()
        with self._lock:
            return {c.name for c in self._children if c.deaths >= TOO_OFTEN and not _is_steady(c, now)}

    def end(self, patience: float) -> None:
        """Ask all to end (SIGTERM), wait `patience` seconds for them together, then kill the rest."""
        with self._lock:
            self._ending = True
            alive = [c.process for c in self._children if c.process and c.process.poll() is None]
        for process in alive:
            process.send_signal(signal.SIGTERM)
        deadline = self._monotonic() + patience
        for process in alive:
            try:
                process.wait(max(0.1, deadline - self._monotonic()))
            except subprocess.TimeoutExpired:
                log.warning("process %d did not end within %.0f s and is killed", process.pid, patience)
                process.kill()
                process.wait()

    def _start(self, child: Child) -> None:
        told = {SUPERVISOR: str(os.getpid()), CHILD: child.name}
        child.process = subprocess.Popen(list(child.command), env={**os.environ, **told})  # noqa: S603
        child.started = self._monotonic()
        child.resume_at = 0.0

    def _look_at(self, child: Child) -> None:
        process, now = child.process, self._monotonic()
        if process is not None and process.poll() is not None:
            self._bury(child, process, now)
        if child.process is None and now >= child.resume_at:
            self._start(child)

    def _bury(self, child: Child, process: subprocess.Popen[bytes], now: float) -> None:
        if _is_steady(child, now):
            child.pause, child.deaths = FIRST_PAUSE, 0
        child.deaths += 1
        log.error("%s ended with status %s; starting it again in %.0f s", child.name, process.returncode, child.pause)
        child.process, child.resume_at = None, now + child.pause
        child.pause = min(child.pause * 2, LONGEST_PAUSE)
        self._died(child.name, process.pid)


def _is_steady(child: Child, now: float) -> bool:
    return child.process is not None and now - child.started >= STEADY_AFTER
