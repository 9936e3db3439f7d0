"""Random kills of the sending process while a town's mails go out; the everyday test and `make torture` share it."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from engine.runtime.daemon import node_name
from engine.service.running import Runner
from engine.service.tick import tick
from engine.service.uncertain import take_back
from tests.faults.daemons import ROOT, Town, kill, until
from tests.faults.ledger import Balance, balance, message_ids

RULES = ("DOT=wait 0.01", "DOT/29=cut", "DOT/31=cut-accepted")
"""The relay is slow, and now and then cuts the line after the dot, having taken the mail or not."""
POLICY = 'unknown = "resend_once"\nunknown_after = "1s"\n'
SPENT = 1.6
"""Kills are so far apart at most, in shares of the mails that there are for each: most mails meet one."""

Told = Callable[[str], None]


@contextmanager
def smtp_process(ledger: Path, *rules: str) -> Iterator[int]:
    """The test relay as a process of its own, its port."""
    words = [word for rule in rules for word in ("--rule", rule)]
    command = [sys.executable, "-m", "tests.smtpserver", "--ledger", str(ledger), *words]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline().split()[-1])
        process.kill()


@dataclass
class KillLoop:
    """A town with mails to send, the relay's ledger, and how often a sender is to be killed over them."""

    town: Town
    ledger: Path
    leads: int
    kills: int
    seed: int
    told: Told = lambda _: None

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._runner = Runner(self.town.home)
        self._apart = max(2, round(SPENT * self.leads / self.kills))

    def play(self) -> Balance:
        """Import the leads, kill sender after sender, let the last one finish; how ledger and store agree."""
        self.town.take_in(self.leads)
        self._decide([])
        for number in range(1, self.kills + 1):
            self._kill_one(number)
        self._finish()
        return balance(self.town.home.store, message_ids(self.ledger))

    def _kill_one(self, number: int) -> None:
        name = f"sender-{number % 2 + 1}"
        goal = self._taken() + self._chance.randrange(1, self._apart)
        sender = self.town.start("send", name)
        until(lambda: self._taken() >= goal or not self._goes_on(), told=self.town.log)
        kill(sender.pid)
        sender.wait()
        self._decide([node_name(name, sender.pid)])
        self.told(f"kill {number} of {self.kills}: {self._taken():,} mails taken, {self.town.states()}")

    def _finish(self) -> None:
        last = self.town.start("send", "sender-1")
        until(self._is_settled, 60 + self.leads / 50, told=lambda: (self.town.states(), self.town.log()[-2000:]))
        last.terminate()
        last.wait(30)

    def _decide(self, dead: list[str]) -> None:
        """What the daemon does, in this process, so that only senders are killed."""
        home = self.town.home
        take_back(home, home.clock.now(), dead)
        tick(home, self._runner.current(), home.clock.now())

    def _taken(self) -> int:
        return self.ledger.read_bytes().count(b"\n") if self.ledger.exists() else 0

    def _goes_on(self) -> bool:
        waiting = "('due', 'sending', 'transmitting', 'deferred')"
        return bool(self.town.rows(f"SELECT id FROM delivery WHERE state IN {waiting} LIMIT 1"))

    def _is_settled(self) -> bool:
        """Nothing is under way, and nobody waits for what is unknown."""
        self._decide([])
        open_ones = "SELECT id FROM delivery WHERE state = 'unknown' AND finished_at IS NULL LIMIT 1"
        return not self._goes_on() and not self.town.rows(open_ones)
