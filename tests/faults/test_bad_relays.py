"""The real daemon, and a relay that it cannot use: nobody bounces, nothing goes in clear, one alert, and all drain."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from typing import Any

import pytest

from tests import smtpcerts
from tests.faults.daemons import Town, until
from tests.faults.ledger import balance, taken
from tests.smtpserver import SmtpServer

MAILS = 6
USER, PASSWORD = "acme", "right"
WELCOME: dict[str, Any] = {"tls": "starttls", "logins": {USER: PASSWORD}}

Settle = Callable[..., Town]


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> int:
    """Where the relay is to be; the daemon trusts the tests' authority, and knows its password."""
    monkeypatch.setenv("SSL_CERT_FILE", smtpcerts.authority_file())
    monkeypatch.setenv("RELAY_PASSWORD", PASSWORD)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def settled(settle: Settle, port: int) -> Town:
    """A town whose relay wants encryption and a login."""
    town = settle(port)
    file = town.path / "config.toml"
    login = f'tls = "starttls"\nusername = "{USER}"\npassword_env = "RELAY_PASSWORD"'
    file.write_text(file.read_text().replace('tls = "none"', login))
    town.take_in(MAILS)
    return town


def is_refused(town: Town, words: str) -> None:
    """Run until the operator was told; nobody bounced, no attempt counts, and the mails wait."""
    daemon = town.start("run", "--no-tracker")
    until(lambda: town.rows("SELECT id FROM alert") and _is_quiet(town), told=lambda: (town.states(), town.log()))
    daemon.send_signal(signal.SIGTERM)
    assert daemon.wait(30) == 0
    (alert,) = town.rows("SELECT subject, text, over_at FROM alert")
    assert alert.subject == "relay:main"
    assert words in alert.text
    assert alert.over_at is None
    assert town.rows("SELECT DISTINCT attempts FROM delivery") == [(0,)]
    assert not town.rows("SELECT id FROM suppression")


def _is_quiet(town: Town) -> bool:
    """Every mail waits: none is under way, and none is over."""
    return sum(town.states().values()) == MAILS and town.states().keys() <= {"due", "deferred"}


def drains(town: Town, server: SmtpServer) -> None:
    """The relay is well again: everything is sent once, encrypted, and the alert is over."""
    town.hurry()
    town.start("run", "--no-tracker")
    until(lambda: town.states() == {"sent": MAILS}, told=lambda: (town.states(), town.log()[-2000:]))
    until(lambda: not town.rows("SELECT id FROM alert WHERE over_at IS NULL"), told=town.log)
    found = balance(town.home.store, taken(server))
    assert found.is_promise_kept, found
    assert not found.duplicated
    assert all(mail.encrypted and mail.login == USER for mail in server.accepted)


@pytest.mark.acceptance(row=17)
def test_refused_login_bounces_nobody_and_all_drains(settle: Settle, port: int) -> None:
    town = settled(settle, port)
    with SmtpServer(port=port, tls="starttls", logins={USER: "another"}) as server:
        is_refused(town, "refused our login (535 5.7.8")
        assert not server.accepted
        assert not [line for line in server.lines() if line.startswith("MAIL")]
        guesses = len([line for line in server.lines() if line.startswith("AUTH")])
        assert guesses <= 2, "one for each connection at most: more would lock the account"
    with SmtpServer(port=port, **WELCOME) as server:
        drains(town, server)


@pytest.mark.acceptance(row=17)
def test_relay_that_is_down_bounces_nobody_and_all_drains(settle: Settle, port: int) -> None:
    town = settled(settle, port)
    is_refused(town, "cannot be reached")
    with SmtpServer(port=port, **WELCOME) as server:
        drains(town, server)


@pytest.mark.acceptance(row=19)
@pytest.mark.parametrize(
    "relay",
    [
        pytest.param({"tls": "none", "logins": {USER: PASSWORD}}, id="STARTTLS stripped"),
        pytest.param({**WELCOME, "certificate": "expired"}, id="expired"),
    ],
)
def test_nothing_is_said_in_clear(settle: Settle, port: int, relay: dict[str, Any]) -> None:
    town = settled(settle, port)
    with SmtpServer(port=port, **relay) as server:
        is_refused(town, "nothing was sent in clear")
        assert {line.split(" ")[0] for line in server.lines()} <= {"EHLO", "STARTTLS", "QUIT"}
        assert not server.accepted
    with SmtpServer(port=port, **WELCOME) as server:
        drains(town, server)
