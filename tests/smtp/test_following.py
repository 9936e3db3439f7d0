"""A mail's commands behind the last one's dot: one round trip each, and whatever goes wrong, each mail has one fate."""

import asyncio
import threading
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.clock import SteppedClock
from engine.smtp import succession
from engine.smtp.connection import Offers, open_session
from engine.smtp.health import Use
from engine.smtp.mailer import Mailer, RelaySet, Routes, SendResult
from engine.smtp.pool import RelayPool
from engine.smtp.replies import OutcomeKind, Phase
from engine.smtp.settings import tls_context
from engine.smtp.transaction import FOLLOWED, opening, transact
from tests.smtp.sending import PLAIN, OpenGate, goodbye, mail_to, relay_to
from tests.smtp.test_mailer import START, Pager
from tests.smtp.warp import run_warped
from tests.smtpscript import Cut, Rule, Say, Wait
from tests.smtpserver import SmtpServer

K = OutcomeKind
MAILS = 24
PIPELINING = Offers(pipelining=True)


class SomeGate(OpenGate):
    """Admits all but every `closed`th ticket."""

    def __init__(self, closed: int = 0) -> None:
        super().__init__()
        self.closed = closed

    async def admit(self, ticket: int) -> bool:
        await super().admit(ticket)
        return not self.closed or ticket % self.closed != 0


def address(number: int) -> str:
    return f"lead{number}@x.example"


async def send_all(server: SmtpServer, gate: SomeGate, lines: int = 2, **changes: object) -> list[SendResult]:
    """All mails at once, over few lines, so that there is always one that may follow."""
    await server.start()
    relay, clock = relay_to(server, max_connections=lines, **changes), SteppedClock(START)
    relays = RelaySet([relay], Routes("test"), clock, Pager(), asyncio.get_running_loop().time)
    mailer = Mailer(relays, clock)
    sends = (mailer.send(mail_to(address(number), ticket=number), gate) for number in range(1, MAILS + 1))
    try:
        return await asyncio.gather(*sends)
    finally:
        await mailer.close(drain=True)
        await server.stop()


def taken(server: SmtpServer) -> Counter[str]:
    return Counter(recipient for mail in server.accepted for recipient in mail.recipients)


def test_next_mail_is_begun_before_the_last_one_is_answered() -> None:
    async def run() -> list[OutcomeKind]:
        server = SmtpServer(Rule("DOT", Say("250 taken", close=True), times=1))
        await server.start()
        relay = relay_to(server)
        session = await open_session(relay, tls_context(relay))
        first, second = mail_to(address(1)), mail_to(address(2))
        one = await transact(session, first, OpenGate(), lambda: opening(second, session.offers))
        session.begun = True
        two = await transact(session, second, OpenGate())
        await server.stop()
        assert [line for line in server.lines() if line.startswith("MAIL")] == [
            "MAIL FROM:<bounce+1@acme.example> SIZE=85"
        ]
        return [one.kind, two.kind]

    assert asyncio.run(run()) == [K.ACCEPTED, K.DEFERRED]


def test_line_carries_mail_behind_mail_and_every_one_arrives() -> None:
    server, gate = SmtpServer(), SomeGate()
    results = asyncio.run(send_all(server, gate))
    assert {result.outcome.kind for result in results} == {K.ACCEPTED}
    assert taken(server) == {address(number): 1 for number in range(1, MAILS + 1)}
    assert sorted(gate.asked) == list(range(1, MAILS + 1))
    assert server.sessions == 2


@pytest.mark.parametrize(
    ("rule", "fate", "others"),
    [
        (Rule("MAIL", Say("451 4.3.0 later"), match="."), K.DEFERRED, K.ACCEPTED),
        (Rule("RCPT", Say("550 5.1.1 nobody")), K.HARD_BOUNCE, K.ACCEPTED),
        (Rule("DATA", Say("451 4.3.0 later")), K.DEFERRED, K.ACCEPTED),
        (Rule("DOT", Say("552 5.3.4 too large")), K.CONTENT, K.ACCEPTED),
        (Rule("DOT", Cut()), K.UNKNOWN, K.ACCEPTED),
        (Rule("DOT", Cut(accept=True)), K.UNKNOWN, K.ACCEPTED),
    ],
)
def test_fate_of_one_mail_is_not_that_of_those_that_follow(rule: Rule, fate: OutcomeKind, others: OutcomeKind) -> None:
    rule.skip, rule.times = 5, 1
    server = SmtpServer(rule)
    results = asyncio.run(send_all(server, SomeGate(), lines=1))
    assert Counter(result.outcome.kind for result in results) == {fate: 1, others: MAILS - 1}
    assert max(taken(server).values()) == 1


def test_relay_that_closes_after_each_answer_gets_every_mail_over_new_lines() -> None:
    server = SmtpServer(Rule("DOT", Say("250 taken", close=True)))
    results = asyncio.run(send_all(server, SomeGate()))
    assert {result.outcome.kind for result in results} == {K.ACCEPTED}
    assert server.sessions == MAILS


def test_mail_that_is_cancelled_after_its_commands_went_out_closes_the_line() -> None:
    async def run() -> tuple[SmtpServer, SendResult, SendResult]:
        server, gate = SmtpServer(Rule("DOT", Wait(0.05), times=1)), OpenGate()
        await server.start()
        relays = RelaySet([relay_to(server, max_connections=1)], Routes("test"), SteppedClock(START), Pager())
        mailer = Mailer(relays, SteppedClock(START))
        one, two, three = (asyncio.create_task(mailer.send(mail_to(address(n), ticket=n), gate)) for n in range(1, 4))
        while len(gate.asked) < 1:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        two.cancel()
        results = await asyncio.gather(one, two, three, return_exceptions=True)
        await mailer.close(drain=True)
        await server.stop()
        assert isinstance(results[1], asyncio.CancelledError)
        return server, results[0], results[2]

    server, one, three = asyncio.run(run())
    assert (one.outcome.kind, three.outcome.kind) == (K.ACCEPTED, K.ACCEPTED)
    assert taken(server) == {address(1): 1, address(3): 1}


def test_mail_behind_a_slow_answer_goes_another_way() -> None:
    server = SmtpServer(Rule("DOT", Wait(120), match=address(1)))
    results = run_warped(send_all(server, SomeGate()))
    assert {result.outcome.kind for result in results} == {K.ACCEPTED}
    assert taken(server) == {address(number): 1 for number in range(1, MAILS + 1)}
    assert list(server.accepted[-1].recipients) == [address(1)], "nobody waited for the slow one"
    assert server.sessions == 2


def test_mail_that_follows_does_not_end_the_rest_of_its_relay() -> None:
    async def run() -> tuple[list[OutcomeKind], Use]:
        answer = threading.Event()
        rule = Rule("DOT", Wait(until=answer), times=1)
        server, gate = SmtpServer(rule), OpenGate()
        await server.start()
        clock = SteppedClock(START)
        pool = RelayPool(relay_to(server, max_connections=1), clock, Pager(), asyncio.get_running_loop().time)
        mails = [asyncio.create_task(pool.send(mail_to(address(n), ticket=n), gate)) for n in (1, 2)]
        while not rule.seen:
            await asyncio.sleep(0)
        pool._health = pool._health.faulted(clock.now(), "refused another line")
        answer.set()
        outcomes = [outcome.kind for outcome in await asyncio.gather(*mails)]
        use = pool.state.use
        await pool.close(drain=True)
        await server.stop()
        return outcomes, use

    assert asyncio.run(run()) == ([K.ACCEPTED, K.ACCEPTED], Use.RESTING)


def test_nobody_follows_where_a_pace_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(succession, "opening", lambda *_: pytest.fail("a mail was begun before its time"))
    server = SmtpServer()
    asyncio.run(send_all(server, SomeGate(), rate_per_second=1000.0))
    assert taken(server) == {address(number): 1 for number in range(1, MAILS + 1)}


def test_nobody_follows_a_large_mail() -> None:
    async def run() -> OutcomeKind:
        server = SmtpServer()
        await server.start()
        relay = relay_to(server)
        session = await open_session(relay, tls_context(relay))
        large = mail_to(message=PLAIN + b"Four score and seven years.\r\n" * (FOLLOWED // 25))
        outcome = await transact(session, large, OpenGate(), lambda: pytest.fail("it was asked who follows"))
        await goodbye(session)
        await server.stop()
        return outcome.kind

    assert asyncio.run(run()) is K.ACCEPTED


def test_opening_is_nothing_where_the_relay_cannot_take_it() -> None:
    assert opening(mail_to(), PIPELINING).endswith(b"DATA\r\n")
    assert opening(mail_to(), Offers()) == b"", "it does not pipeline"
    assert opening(mail_to(message=PLAIN + "é\r\n".encode()), PIPELINING) == b"", "it takes no 8-bit mail"


FAULTS = st.builds(
    lambda command, action, every, skip: Rule(command, action, every=every, skip=skip),
    st.sampled_from(["MAIL", "RCPT", "DATA", "BODY", "DOT"]),
    st.sampled_from(
        [Say("450 4.2.0 later"), Say("550 5.1.1 no"), Say("421 4.3.2 closing", close=True), Cut(), Cut(accept=True)]
    ),
    st.integers(2, 9),
    st.integers(0, 9),
)


@given(rules=st.lists(FAULTS, max_size=3), closed=st.sampled_from([0, 3, 7]), lines=st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_every_mail_has_one_fate_and_it_is_told_truly(rules: list[Rule], closed: int, lines: int) -> None:
    for rule in rules:
        if rule.command == "BODY" or (rule.action == Cut(accept=True) and rule.command != "DOT"):
            rule.action = Cut()  # a relay that speaks within the body and takes the mail all the same is past help
    server, gate = SmtpServer(*rules), SomeGate(closed)
    results = asyncio.run(send_all(server, gate, lines))
    arrived = taken(server)
    assert max(arrived.values(), default=0) <= 1
    for result in results:
        kind, there = result.outcome.kind, arrived[address(result.ticket)]
        assert kind is K.UNKNOWN or there == (1 if kind is K.ACCEPTED else 0), (result, rules)
        if there:
            assert result.ticket in gate.asked
            assert not closed or result.ticket % closed
        if result.outcome.phase in (Phase.MAIL, Phase.RCPT, Phase.DATA):
            assert kind is not K.UNKNOWN
