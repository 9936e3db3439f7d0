"""What a relay can do wrong at every step: cut, stall, drip, speak garbage, or speak without end."""

import asyncio
import tracemalloc

import pytest
import uvloop

from engine.smtp.replies import OutcomeKind, Phase
from tests.smtp.sending import PLAIN, SHORT, deliver, mail_to, relay_to, send_scripted
from tests.smtp.warp import run_warped
from tests.smtpscript import Action, Cut, Drip, Raw, Rule, Say, Stall, Wait
from tests.smtpserver import SmtpServer

K, P = OutcomeKind, Phase
HUGE = PLAIN + b"Four score and seven years ago, all over again.\r\n" * 400_000
"""More than the system's buffers on both sides hold, so that the sender sees where the line broke."""

BEFORE_THE_DOT = [
    ("CONNECT", P.BANNER),
    ("EHLO", P.EHLO),
    ("MAIL", P.MAIL),
    ("RCPT", P.RCPT),
    ("DATA", P.DATA),
]


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("action", [Cut(), Stall()], ids=["cut", "stall"])
@pytest.mark.parametrize(("command", "phase"), BEFORE_THE_DOT)
def test_fault_before_the_dot_defers(command, phase, action, pipelining):
    (outcome,), server = send_scripted(Rule(command, action), pipelining=pipelining, relay={"timeouts": SHORT})
    assert (outcome.kind, outcome.phase, outcome.code) == (K.DEFERRED, phase, 0)
    assert not server.accepted


@pytest.mark.parametrize("loop_factory", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
@pytest.mark.parametrize("tls", ["none", "tls"])
@pytest.mark.parametrize("action", [Cut(), Stall()], ids=["cut", "stall"])
def test_fault_within_the_body_defers(action, tls, loop_factory):
    (outcome,), server = send_scripted(
        Rule("BODY", action),
        mails=[mail_to(message=HUGE)],
        relay={"timeouts": SHORT},
        loop_factory=loop_factory,
        size=None,
        tls=tls,
    )
    assert (outcome.kind, outcome.phase) == (K.DEFERRED, P.BODY)
    assert not server.accepted
    assert len(server.unfinished) == 1


@pytest.mark.parametrize("loop_factory", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
@pytest.mark.parametrize("tls", ["none", "tls"])
def test_large_mail_arrives_byte_by_byte(tls, loop_factory):
    message = HUGE[:3_000_000] + b"\r\n"
    (outcome,), server = send_scripted(mails=[mail_to(message=message)], loop_factory=loop_factory, tls=tls)
    assert outcome.kind is K.ACCEPTED
    assert server.accepted[0].message == message


def test_relay_that_makes_up_its_mind_within_the_body_is_heard():
    rule = Rule("BODY", Say("552 5.3.4 too big for us", close=True))
    (outcome,), _ = send_scripted(rule, mails=[mail_to(message=HUGE)], size=None)
    # A line that is closed on unread mail may lose the relay's last words; either way the mail did not go.
    assert outcome.kind in {K.CONTENT, K.DEFERRED}
    assert outcome.phase is P.BODY


@pytest.mark.acceptance(row=3)
@pytest.mark.parametrize(
    ("action", "arrived"),
    [(Cut(), 0), (Cut(accept=True), 1), (Stall(), 0), (Raw(b"what?\r\n"), 0), (Raw(b"2"), 0)],
    ids=["cut", "accepted, then cut", "stall", "garbage", "half a reply"],
)
def test_fault_after_the_dot_is_unknown(action, arrived):
    (outcome,), server = send_scripted(Rule("DOT", action), relay={"timeouts": SHORT})
    assert (outcome.kind, outcome.phase, outcome.code) == (K.UNKNOWN, P.DOT, 0)
    assert len(server.accepted) == arrived


@pytest.mark.acceptance(row=20)
@pytest.mark.parametrize(("command", "phase"), BEFORE_THE_DOT)
@pytest.mark.parametrize(
    "action",
    [
        Raw(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        Raw(b"\x00\xff\xfe\r\n"),
        Raw(b"250-one\r\n251 two\r\n"),
        Raw(b"2 50 ok\r\n"),
        Raw(b"777 no such code\r\n"),
        Raw(b"x" * 8192, times=0),
        Raw(b"250-more\r\n" * 100, times=0),
        Raw(b"250 ok\r\n" * 100, times=0),
    ],
    ids=["http", "binary", "two codes", "no code", "unknown code", "endless line", "endless reply", "endless replies"],
)
def test_garbage_is_deferred(command, phase, action):
    (outcome,), server = send_scripted(Rule(command, action), relay={"timeouts": SHORT})
    assert outcome.kind is K.DEFERRED
    assert outcome.phase in {phase, P.BANNER, P.EHLO, P.MAIL, P.RCPT, P.DATA}
    assert len(outcome.text) <= 500
    assert not server.accepted


@pytest.mark.acceptance(row=20)
@pytest.mark.parametrize("octets", [b"x" * 65536, b"250-more\r\n" * 6000], ids=["endless line", "endless reply"])
def test_endless_reply_takes_bounded_memory(octets):
    send_scripted()
    tracemalloc.start()
    try:
        send_scripted(Rule("RCPT", Raw(octets, times=0)), relay={"timeouts": SHORT})
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8_000_000  # the server's own buffers included


# ── time, which flies here ───────────────────────────────────────────────────────────────────────────────────────────


def send_patiently(command: str, action: Action):
    async def run():
        server = SmtpServer(Rule(command, action))
        await server.start()
        try:
            return (await deliver(relay_to(server), mail_to()))[0], asyncio.get_running_loop().time() - start
        finally:
            await server.stop()

    async def timed():
        nonlocal start
        start = asyncio.get_running_loop().time()
        return await run()

    start = 0.0
    return run_warped(timed())


@pytest.mark.acceptance(row=18)
def test_reply_nine_minutes_after_the_dot_is_waited_for():
    outcome, seconds = send_patiently("DOT", Wait(9 * 60))
    assert outcome.kind is K.ACCEPTED
    assert seconds >= 9 * 60


@pytest.mark.parametrize(
    ("command", "phase", "limit"),
    [
        ("CONNECT", P.BANNER, 300),
        ("EHLO", P.EHLO, 300),
        ("MAIL", P.MAIL, 300),
        ("RCPT", P.RCPT, 300),
        ("DATA", P.DATA, 120),
        ("DOT", P.DOT, 600),
    ],
)
def test_each_command_has_its_own_patience(command, phase, limit):
    outcome, seconds = send_patiently(command, Stall())
    assert outcome.kind is (K.UNKNOWN if phase is P.DOT else K.DEFERRED)
    assert outcome.phase is phase
    assert limit <= seconds < limit + 5
    late_enough, _ = send_patiently(command, Wait(limit * 0.9))
    assert late_enough.kind is K.ACCEPTED


def test_reply_that_drips_is_bounded_as_a_whole():
    slow, _ = send_patiently("RCPT", Drip(5))
    assert slow.kind is K.ACCEPTED
    endless, seconds = send_patiently("RCPT", Drip(60))
    assert (endless.kind, endless.phase) == (K.DEFERRED, P.RCPT)
    assert seconds < 310
