"""Whatever happens in whatever order to a home, its mails keep the promise: a state machine over the real services.

RIPELINE_FAULTS=all plays many more lives, and longer ones, and makes what it finds as short as it can.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import Phase as Phases
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from engine.domain.delivery import TRANSITIONS, DeliveryState
from engine.domain.traffic import HitKind
from engine.service.check import CheckReport, check
from engine.smtp.replies import Phase
from tests.faults.daemons import THOROUGH
from tests.faults.life import Life, Sender, watched
from tests.service.world import copied

LIVES, LENGTH = (1000, 100) if THOROUGH else (30, 60)

BEFORE_GATE = [
    *((Phase.CONNECT, 0, ""), (Phase.AUTH, 535, "5.7.8"), (Phase.MAIL, 550, "5.7.1"), (Phase.MAIL, 421, "4.3.2")),
    *((Phase.RCPT, 451, "4.7.1"), (Phase.RCPT, 452, "4.5.3"), (Phase.RCPT, 550, "5.1.1"), (Phase.RCPT, 550, "5.7.515")),
    *((Phase.RCPT, 452, "4.2.2"), (Phase.RCPT, 0, ""), (Phase.DATA, 554, "5.6.0")),
]
AFTER_GATE = [
    *((Phase.BODY, 0, ""), (Phase.DOT, 451, "4.3.0"), (Phase.DOT, 554, "5.6.0"), (Phase.DOT, 550, "5.7.1")),
    *((Phase.DOT, 552, "5.3.4"), (Phase.DOT, 550, "5.1.1"), (Phase.DOT, 0, ""), (Phase.DOT, 999, "")),
    *((Phase.DOT, 250, "2.0.0"),) * 4,
]
TAKEN, UNCLEAR = [(Phase.DOT, 250, "2.0.0")], [(Phase.DOT, 0, ""), (Phase.DOT, 999, "")]
CAMPAIGNS = ["drip", "choice"]
SPANS = [timedelta(minutes=1), timedelta(minutes=6), timedelta(hours=1), timedelta(hours=7), timedelta(days=2)]
MOVES = {("", "due"), *((before.value, after.value) for before, found in TRANSITIONS.items() for after in found)}

which = st.integers(0, 99)


class AnyLife(RuleBasedStateMachine):
    """Each rule is something that a person, a process, a relay or time does."""

    home: Path
    folder: Path
    reports: Sequence[CheckReport]
    numbers = itertools.count(1)

    @initialize(unknown=st.sampled_from(["hold", "resend_once"]))
    def begin(self, unknown: str) -> None:
        self.path = copied(self.home, self.folder / f"life-{next(self.numbers)}")
        self.seen, self.ticked = 0, True
        self.life = Life(self.path, unknown, self.reports)
        self.life.take_in(5, "web")
        self.life.take_in(3, "choice")
        self.life.tick()

    def teardown(self) -> None:
        if not hasattr(self, "life"):
            return
        try:
            found = self.life.finish()
            self.only_allowed_moves()
            assert found.is_promise_kept, found
            assert not self.life.forgotten()
        finally:
            self.life.world.close()
            shutil.rmtree(self.path)

    # people, files and time

    @rule(count=st.integers(1, 3), source=st.sampled_from(["web", "choice", "nobody"]))
    def leads_come(self, count: int, source: str) -> None:
        self.life.take_in(count, source)

    @rule(number=which, what=st.sampled_from(["suppress", "suppress", "lift", "pause", "resume", "resume", "apply"]))
    def operator_acts(self, number: int, what: str) -> None:
        life, person, campaign = self.life, self._pick(self.life.people, number), CAMPAIGNS[number % 2]
        match what:
            case "suppress":
                life.suppress(person)
            case "lift":
                life.unsuppress(person)
            case "pause":
                life.pause(campaign)
            case "resume":
                life.resume(campaign)
            case "apply":
                life.apply(number)

    @rule(number=which, what=st.sampled_from(["open", "click", "unsubscribe"]))
    def recipient_acts(self, number: int, what: str) -> None:
        """Someone who got a mail, if anybody did: a rule that asked beforehand would not play the same again."""
        arrived = list(+self.life.taken)
        if arrived and what == "unsubscribe":
            self.life.unsubscribe(self._pick(arrived, number))
        elif arrived:
            self.life.hit(self._pick(arrived, number), HitKind(what))

    @rule(span=st.sampled_from(SPANS))
    def time_passes(self, span: timedelta) -> None:
        self.life.pass_time(span)

    @rule()
    def daemon_ticks(self) -> None:
        self.life.tick()
        self.ticked = True

    # senders

    @rule(number=which, limit=st.integers(1, 4))
    def sender_claims(self, number: int, limit: int) -> None:
        self.life.claim(self._pick(self.life.senders, number), limit)

    @rule(number=which, count=st.integers(1, 4))
    def gate_is_asked(self, number: int, count: int) -> None:
        """Of a sender that has mails written, or that claims some now."""
        self.life.admit(self._with("written", number), count)

    @rule(number=which, reply=st.sampled_from(BEFORE_GATE))
    def relay_refuses_before_the_gate(self, number: int, reply: tuple[Phase, int, str]) -> None:
        sender = self._with("written", number)
        if sender.written:
            self.life.refuse(sender, *reply)

    @rule(number=which, reply=st.sampled_from(AFTER_GATE), taken=st.booleans())
    def mail_ends(self, number: int, reply: tuple[Phase, int, str], taken: bool) -> None:
        """A mail that passed the gate; without one, one passes it now."""
        sender = self._with("admitted", number)
        if not sender.admitted:
            self.life.admit(sender, 4)
        if sender.admitted:
            self.life.end(sender, *reply, taken=reply in TAKEN or (reply in UNCLEAR and taken))

    @rule(number=which, what=st.sampled_from(["flush", "flush", "heartbeat", "give back"]))
    def sender_does(self, number: int, what: str) -> None:
        sender = self._pick(self.life.senders, number)
        match what:
            case "flush":
                sender.dispatch.flush()
            case "heartbeat":
                sender.dispatch.heartbeat()
            case "give back":
                self.life.give_back(sender)

    @rule(number=which, taken=st.lists(st.booleans(), min_size=8, max_size=8))
    def sender_is_killed(self, number: int, taken: list[bool]) -> None:
        self.life.die(self._pick(self.life.senders, number), taken)

    @rule(number=which)
    def sender_sleeps_past_its_lease(self, number: int) -> None:
        """And wakes up later, with mails in hand that another has claimed by then."""
        self._with("written", number)
        self.life.pass_time(timedelta(minutes=6))
        self.life.tick()
        for sender in self.life.senders:
            self.life.claim(sender, 4)

    def _with(self, what: str, number: int) -> Sender:
        """A sender that has such mails in hand; else one that claims some now."""
        found = [sender for sender in self.life.senders if getattr(sender, what)]
        sender = self._pick(found or self.life.senders, number)
        if not (sender.written or sender.admitted):
            self.life.claim(sender, 4)
        return sender

    def _pick(self, among: Sequence, number: int):
        return among[number % len(among)]

    # what always holds

    @invariant()
    def only_allowed_moves(self) -> None:
        moves = self.life.moves()
        assert {(before, after) for _, before, after in moves[self.seen :]} <= MOVES, moves[self.seen :]
        self.seen = len(moves)

    @invariant()
    def each_mail_is_one_of_its_step(self) -> None:
        mails = [(row.enrollment_id, row.step, row.occurrence) for row in self.life.mails()]
        assert len(mails) == len(set(mails))

    @invariant()
    def nothing_is_taken_that_the_store_does_not_own_up_to(self) -> None:
        over = {DeliveryState.FAILED.value, DeliveryState.DROPPED.value, "due", "sending", "deferred"}
        for row in self.life.mails():
            taken = self.life.taken[row.id]
            assert taken <= 1 + row.unknowns, row
            assert not taken or row.state not in over or row.unknowns, row

    @invariant()
    def nobody_is_forgotten(self) -> None:
        if self.ticked:
            self.ticked = False
            assert not self.life.forgotten()


VERSIONS = {
    "wait": ('wait = "2d"', 'wait = "1d"'),
    "removed": ('[[stage.aware.step]]\nemail = "second"\nwait = "2d"\nthread = "first"\n', ""),
}


@pytest.fixture(scope="module")
def reports(laid_out: Path, tmp_path_factory: pytest.TempPathFactory) -> list[CheckReport]:
    """The files as they are, with another wait, and with a step taken away."""
    folder, found = tmp_path_factory.mktemp("versions"), [check(laid_out)]
    for name, (old, new) in VERSIONS.items():
        home = copied(laid_out, folder / name)
        file = home / "campaigns" / "drip.toml"
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))
        found.append(check(home))
    assert all(report.usable for report in found)
    return found


@pytest.mark.slow
@pytest.mark.timeout(0 if THOROUGH else 120)
@pytest.mark.acceptance(row=6)
@pytest.mark.acceptance(row=13)
@pytest.mark.acceptance(row=35)
def test_any_life_keeps_the_promise(laid_out: Path, tmp_path: Path, reports: list[CheckReport]) -> None:
    home = copied(laid_out, tmp_path / "watched")
    watched(home)
    machine = type("Life", (AnyLife,), {"home": home, "folder": tmp_path, "reports": reports})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=LIVES,
            stateful_step_count=LENGTH,
            deadline=None,
            derandomize=not THOROUGH,
            phases=set(Phases) - (set() if THOROUGH else {Phases.shrink}),
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
