"""kill -9 of the sending process at each point of a mail's way: rows 1 to 5 of the reliability table."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from tests.faults.daemons import Town, kill, until
from tests.faults.ledger import balance, taken
from tests.smtpscript import Rule, Wait
from tests.smtpserver import SmtpServer


@pytest.mark.parametrize(
    "point",
    [
        pytest.param("CONNECT", marks=pytest.mark.acceptance(row=1), id="after claim, before connect"),
        pytest.param("DATA", marks=pytest.mark.acceptance(row=2), id="between RCPT and dot"),
    ],
)
def test_mail_of_a_sender_killed_before_the_dot_is_sent_once(town: Town, server: SmtpServer, point: str) -> None:
    go_on = threading.Event()
    server.script(Rule(point, Wait(until=go_on)))
    town.take_in(1)
    town.start("run", "--no-tracker")
    if point == "CONNECT":
        until(lambda: server.sessions)
    else:
        server.wait_for(lambda server: point in server.lines(), 30)
    assert town.states() == {"sending": 1}
    first = town.sender()
    kill(first)
    server.script()
    go_on.set()
    until(lambda: town.states() == {"sent": 1}, told=town.log)
    assert len(server.accepted) == 1
    found = balance(town.home.store, taken(server))
    assert found.is_promise_kept
    assert not found.duplicated
    assert "taken back" in town.log(), town.log()


@pytest.mark.acceptance(row=3)
@pytest.mark.parametrize(("policy", "copies"), [("hold", 1), ("resend_once", 2)])
def test_mail_of_a_sender_killed_after_the_dot_is_unknown(
    settle: Callable[..., Town], server: SmtpServer, policy: str, copies: int
) -> None:
    town = settle(server.port, f'unknown = "{policy}"\nunknown_after = "1s"\n')
    go_on = threading.Event()
    dot = Rule("DOT", Wait(until=go_on))
    server.script(dot)
    town.take_in(1)
    town.start("run", "--no-tracker")
    until(lambda: dot.seen, told=town.log)
    assert town.states() == {"transmitting": 1}
    kill(town.sender())
    server.script()
    go_on.set()
    until(lambda: "starting it again" in town.log())
    end = {"unknown": 1} if policy == "hold" else {"sent": 1}
    until(lambda: town.states() == end and len(server.accepted) == copies, told=town.log)
    found = balance(town.home.store, taken(server))
    assert found.is_promise_kept
    assert len(found.duplicated) == copies - 1
    (row,) = town.rows("SELECT unknowns FROM delivery")
    assert row.unknowns == 1, "it is counted"
    assert len(set(taken(server))) == 1, "the same Message-ID"


@pytest.mark.acceptance(row=4)
def test_mail_of_a_sender_killed_after_the_250_before_its_commit_is_unknown(town: Town, server: SmtpServer) -> None:
    go_on = threading.Event()
    server.script(Rule("DOT", Wait(until=go_on)))
    town.take_in(1)
    town.start("run", "--no-tracker")
    until(lambda: town.states() == {"transmitting": 1}, told=town.log)
    sender = town.sender()
    with town.locked():
        go_on.set()
        server.wait_for(lambda server: len(server.accepted) == 1)
        kill(sender)
    until(lambda: town.states() == {"unknown": 1}, told=town.log)
    found = balance(town.home.store, taken(server))
    assert found.is_promise_kept
    assert len(server.accepted) == 1


@pytest.mark.acceptance(row=5)
def test_mail_of_a_sender_killed_after_the_commit_is_not_sent_again(town: Town, server: SmtpServer) -> None:
    town.take_in(1)
    town.start("run", "--no-tracker")
    until(lambda: town.states() == {"sent": 1}, told=town.log)
    stalled = threading.Event()
    server.script(Rule("CONNECT", Wait(until=stalled)), Rule("DATA", Wait(until=stalled)))
    town.take_in(1, "second")
    until(town.sender)
    kill(town.sender())
    server.script()
    stalled.set()
    until(lambda: town.states() == {"sent": 2}, told=town.log)
    assert len(taken(server)) == len(set(taken(server))) == 2
