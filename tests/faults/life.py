"""A home's life played on the real services without processes or a network, and the relay's ledger beside it.

Senders are played step by step, so that anything may come between claim, gate and outcome: another sender, a rescue, a
suppression, a pause, other files. A trigger in the store writes down every change of a mail's state.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from engine.config.model import Delivery, Relay
from engine.domain.traffic import HitKind
from engine.service.apply import apply
from engine.service.check import CheckReport
from engine.service.deliver import Dispatch, Sent
from engine.service.letters import Letter
from engine.service.pause import pause_campaign, resume_campaign
from engine.service.prospect import prospect
from engine.service.suppress import suppress, unsuppress
from engine.service.uncertain import take_back
from engine.smtp.mailer import SendResult
from engine.smtp.replies import Outcome, OutcomeKind, Phase, classify
from engine.store.database import reading
from tests.faults.ledger import Balance, balance
from tests.service.world import World
from tests.smtpserver import SmtpServer

WATCH = """
CREATE TABLE moved (id INTEGER PRIMARY KEY, delivery INTEGER, before TEXT, after TEXT);
CREATE TRIGGER made AFTER INSERT ON delivery BEGIN
  INSERT INTO moved (delivery, before, after) VALUES (NEW.id, '', NEW.state); END;
CREATE TRIGGER moved_on AFTER UPDATE OF state ON delivery WHEN OLD.state <> NEW.state BEGIN
  INSERT INTO moved (delivery, before, after) VALUES (NEW.id, OLD.state, NEW.state); END;
"""
RELAY = Relay(name="main", host="127.0.0.1", port=2525, tls="none")
DAYS = 40
"""Within which everything is over once nothing goes wrong any more."""


def watched(home: Path) -> None:
    """Let the home's store write down each change of a mail's state."""
    with closing(sqlite3.connect(home / "var" / "ripeline.db")) as connection:
        connection.executescript(WATCH)


@dataclass(eq=False)
class Sender:
    """A sending process: its claims that are written, and those that passed the gate."""

    node: str
    dispatch: Dispatch
    written: list[Letter] = field(default_factory=list)
    admitted: list[Letter] = field(default_factory=list)


class Life:
    """A home with two senders; `taken` is how often the relay took each mail."""

    def __init__(self, path: Path, unknown: str, reports: Sequence[CheckReport]) -> None:
        server = cast(SmtpServer, SimpleNamespace(port=RELAY.port))
        policy = Delivery(unknown=unknown, unknown_after="6h")  # type: ignore[arg-type]
        self.world = World(path, server, {"delivery": policy}, (RELAY,))
        self.home = self.world.home
        self.taken: Counter[int] = Counter()
        self.people: list[str] = []
        self._reports = reports
        self._made = 0
        self._dead: list[str] = []
        self.senders = [self._new_sender(), self._new_sender()]

    def _new_sender(self) -> Sender:
        self._made += 1
        node = f"sender-1:here:{self._made}"
        return Sender(node, Dispatch(self.home, node, self.world.runner))

    # people, files and time

    def take_in(self, count: int, source: str) -> None:
        new = [f"p{len(self.people) + n}@x{n}.example" for n in range(count)]
        self.people += new
        self.world.take_in(*(f"{address},Jane,{source}" for address in new))

    def suppress(self, address: str) -> None:
        suppress(self.home.store, self.home.keys.addresses, [address], self.home.clock.now())

    def unsuppress(self, address: str) -> None:
        unsuppress(self.home.store, self.home.keys.addresses, address)

    def pause(self, campaign: str) -> None:
        pause_campaign(self.home, campaign)

    def resume(self, campaign: str) -> None:
        resume_campaign(self.home, campaign)

    def apply(self, number: int) -> None:
        """Make another version of the files what runs."""
        report = self._reports[number % len(self._reports)]
        apply(self.home, prospect(self.home, report, self.world.runner), "the test")

    def hit(self, delivery: int, kind: HitKind) -> None:
        self.world.hit(delivery, kind)

    def unsubscribe(self, delivery: int) -> None:
        self.world.unsubscribe(delivery)

    def pass_time(self, span: timedelta) -> None:
        self.world.clock.step_to(self.world.clock.now() + span)

    def tick(self) -> None:
        """What the daemon does: senders that it saw die are rescued first."""
        take_back(self.home, self.home.clock.now(), self._dead)
        self._dead.clear()
        self.world.tick()

    # senders

    def claim(self, sender: Sender, limit: int) -> None:
        batch = sender.dispatch.claim(limit)
        if batch is not None:
            letters = [sender.dispatch.write(batch, claim) for claim in batch.claims]
            sender.written += [letter for letter in letters if letter is not None]
            sender.dispatch.put_aside()

    def give_back(self, sender: Sender) -> None:
        claims = [letter.claim for letter in sender.written]
        sender.written.clear()
        sender.dispatch.give_back(claims)

    def admit(self, sender: Sender, count: int) -> None:
        """The gate: nobody may go who is suppressed when it is asked, and no mail that is another's by then."""
        asking, sender.written = sender.written[:count], sender.written[count:]
        barred, ours = self._barred(), self._claimed_by(sender)
        admitted = sender.dispatch.admit([letter.claim.id for letter in asking])
        for letter in asking:
            if letter.claim.id in admitted:
                assert letter.claim.lead not in barred, "suppressed before its gate"
                assert letter.claim.id in ours, "taken over by another before its gate"
                sender.admitted.append(letter)
            else:
                withheld = Outcome(OutcomeKind.WITHHELD, Phase.BODY, reason="suppressed or taken over")
                self._note(sender, letter, withheld)

    def refuse(self, sender: Sender, phase: Phase, code: int, enhanced: str) -> None:
        """A mail ends before the gate."""
        self._note(sender, sender.written.pop(0), classify(phase, code, enhanced, ""))

    def end(self, sender: Sender, phase: Phase, code: int, enhanced: str, taken: bool) -> None:
        """A mail ends after the gate, and the relay has it or not."""
        letter = sender.admitted.pop(0)
        self.taken[letter.claim.id] += taken
        self._note(sender, letter, classify(phase, code, enhanced, ""))

    def _note(self, sender: Sender, letter: Letter, outcome: Outcome) -> None:
        now = self.home.clock.now()
        retry_at = now + timedelta(minutes=1) if outcome.before_gate else None
        sender.dispatch.note(Sent(letter, SendResult(letter.claim.id, outcome, "main", now, retry_at)))

    def die(self, sender: Sender, taken: Sequence[bool]) -> None:
        """kill -9: what was noted is lost, and of what had passed the gate the relay has taken some."""
        for letter, has_it in zip(sender.admitted, taken, strict=False):
            self.taken[letter.claim.id] += has_it
        self._dead.append(sender.node)
        self.senders[self.senders.index(sender)] = self._new_sender()

    # what is so

    def moves(self) -> list[tuple[int, str, str]]:
        return [(row.delivery, row.before, row.after) for row in self.rows("SELECT * FROM moved ORDER BY id")]

    def mails(self) -> list[Any]:
        return self.rows("SELECT id, state, unknowns, enrollment_id, step, occurrence FROM delivery")

    def forgotten(self) -> list[Any]:
        """Runs that nobody will look at again, without a reason: to wait for a mail is one while there is a mail."""
        return self.rows("""
            SELECT e.id, e.status, e.stage, e.step FROM enrollment e JOIN lead l ON l.id = e.lead_id
            WHERE e.status <> 'ended' AND e.waiting IN ('', 'delivery') AND l.next_due_at IS NULL AND NOT EXISTS (
              SELECT 1 FROM delivery d WHERE d.enrollment_id = e.id
              AND (d.state IN ('due', 'sending', 'transmitting', 'deferred')
                   OR d.state = 'unknown' AND d.finished_at IS NULL))""")

    def rows(self, sql: str) -> list[Any]:
        with reading(self.home.store) as connection:
            return list(connection.exec_driver_sql(sql))

    def _barred(self) -> set[int]:
        """The leads against whom a suppression stands that holds for marketing mail."""
        query = """SELECT l.id FROM lead l JOIN suppression s ON s.address_hash = l.address_hash
                   WHERE s.scope IN ('all', 'marketing')"""
        return {row.id for row in self.rows(query)}

    def _claimed_by(self, sender: Sender) -> set[int]:
        query = f"SELECT id FROM delivery WHERE state = 'sending' AND claimed_by = '{sender.node}'"
        return {row.id for row in self.rows(query)}

    # the end

    def finish(self) -> Balance:
        """Nothing goes wrong any more: every mail must come to its end."""
        for sender in list(self.senders):
            self.die(sender, [])
        self.apply(0)
        for campaign in ("drip", "choice"):
            self.resume(campaign)
        for _ in range(DAYS):
            self.tick()
            self._send_all(self.senders[0])
            if not self.rows("SELECT 1 FROM enrollment WHERE status <> 'ended' LIMIT 1"):
                break
            self.pass_time(timedelta(hours=24))
        ids = [f"<{number}.x@y>" for number, times in self.taken.items() for _ in range(times)]
        return balance(self.home.store, ids)

    def _send_all(self, sender: Sender) -> None:
        while True:
            self.claim(sender, 64)
            if not sender.written:
                return
            self.admit(sender, len(sender.written))
            while sender.admitted:
                self.end(sender, Phase.DOT, 250, "2.0.0", taken=True)
            sender.dispatch.flush()
