import asyncio
import socket

import pytest
import uvloop

from engine.smtp.connection import Offers
from engine.smtp.replies import OutcomeKind, Phase
from engine.smtp.settings import RelaySettings
from tests.smtp.sending import PLAIN, SHORT, deliver, mail_to, send_scripted
from tests.smtpscript import Raw, Rule, Say

K, P = OutcomeKind, Phase
LOOPS = [asyncio.new_event_loop, uvloop.new_event_loop]
"""The line is handed over inside the transport, and each loop has its own."""
LOGIN = {"username": "ripeline", "password": "s3cret"}
SECRETS = ("s3cret", "AHJpcGVsaW5lAHMzY3JldA==", "czNjcmV0")


@pytest.mark.parametrize("loop_factory", LOOPS)
@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_mail_goes_encrypted_and_logged_in(tls, loop_factory):
    (outcome,), server = send_scripted(tls=tls, logins={"ripeline": "s3cret"}, relay=LOGIN, loop_factory=loop_factory)
    assert outcome.kind is K.ACCEPTED
    (mail,) = server.accepted
    assert (mail.encrypted, mail.login) == (True, "ripeline")


@pytest.mark.parametrize("loop_factory", LOOPS)
def test_encrypted_session_bears_many_mails(loop_factory):
    mails = [mail_to(f"lead{n}@x.example", message=PLAIN * (1 + n * 100)) for n in range(30)]
    outcomes, server = send_scripted(mails=mails, tls="tls", relay={"timeouts": SHORT}, loop_factory=loop_factory)
    assert {outcome.kind for outcome in outcomes} == {K.ACCEPTED}
    assert [mail.message for mail in server.accepted] == [mail.message for mail in mails]


def test_session_asks_anew_what_is_offered_once_it_is_encrypted():
    _, server = send_scripted(tls="starttls")
    assert [line.split(" ")[0] for line in server.lines()][:3] == ["EHLO", "STARTTLS", "EHLO"]
    assert [command.encrypted for command in server.commands][:3] == [False, False, True]


@pytest.mark.parametrize("method", ["PLAIN", "LOGIN"])
def test_login_by_what_the_relay_offers(method):
    offer = Rule("EHLO", Say(f"250-test.example\n250 AUTH {method}"), skip=0)
    (outcome,), server = send_scripted(offer, tls="tls", logins={"ripeline": "s3cret"}, relay=LOGIN)
    assert outcome.kind is K.ACCEPTED
    assert any(line.startswith(f"AUTH {method}") for line in server.lines())


@pytest.mark.acceptance(row=17)
def test_wrong_password_pauses_the_relay_after_one_guess():
    (outcome,), server = send_scripted(tls="starttls", logins={"ripeline": "other"}, relay=LOGIN)
    assert (outcome.kind, outcome.phase, outcome.code) == (K.RELAY_PAUSED, P.AUTH, 535)
    assert outcome.before_gate
    assert len([line for line in server.lines() if line.startswith("AUTH")]) == 1


@pytest.mark.parametrize(
    ("command", "reply", "kind", "phase"),
    [
        ("CONNECT", "554 5.7.1 go away", K.RELAY_PAUSED, P.BANNER),
        ("CONNECT", "421 4.7.0 too busy", K.DEFERRED, P.BANNER),
        ("EHLO", "550 5.7.1 who are you", K.RELAY_PAUSED, P.EHLO),
        ("EHLO", "421 4.7.0 too busy", K.DEFERRED, P.EHLO),
        ("AUTH", "454 4.7.0 try later", K.DEFERRED, P.AUTH),
        ("MAIL", "550 5.7.1 not from you", K.RELAY_PAUSED, P.MAIL),
    ],
)
def test_refusal_before_any_recipient_is_the_relays(command, reply, kind, phase):
    (outcome,), server = send_scripted(Rule(command, Say(reply)), tls="tls", logins={"ripeline": "s3cret"}, relay=LOGIN)
    assert (outcome.kind, outcome.phase) == (kind, phase)
    assert not server.accepted


@pytest.mark.parametrize("logins", [{}, {"ripeline": "s3cret"}])
def test_relay_without_a_login_that_we_know_is_deferred(logins):
    offer = Rule("EHLO", Say("250-test.example\n250 AUTH XYZZY" if logins else "250 test.example"))
    (outcome,), _ = send_scripted(offer, tls="tls", logins=logins, relay=LOGIN)
    assert (outcome.kind, outcome.phase) == (K.DEFERRED, P.AUTH)


@pytest.mark.acceptance(row=19)
@pytest.mark.parametrize(
    ("rules", "server"),
    [
        ((Rule("EHLO", Say("250-test.example\n250-PIPELINING\n250 AUTH PLAIN")),), {}),
        ((Rule("STARTTLS", Say("454 4.7.0 not now")),), {}),
        ((Rule("STARTTLS", Say("501 5.5.2 what?")),), {}),
        ((Rule("STARTTLS", Say("220 go ahead", close=True)),), {}),
        ((Rule("STARTTLS", Raw(b"220 go ahead\r\n250 injected\r\n")),), {}),
        ((), {"certificate": "expired"}),
        ((), {"certificate": "foreign"}),
        ((), {"certificate": "selfsigned"}),
        ((), {"certificate": "expired", "tls": "tls"}),
        ((), {"certificate": "foreign", "tls": "tls"}),
        ((Rule("CONNECT", Say("220 no TLS here")),), {"tls": "none", "speaks": "tls"}),
    ],
    ids=[
        "stripped",
        "refused for now",
        "refused",
        "cut",
        "injected",
        "expired",
        "foreign",
        "selfsigned",
        "expired, implicit",
        "foreign, implicit",
        "plaintext where TLS should be",
    ],
)
def test_without_trustworthy_encryption_nothing_is_said(rules, server):
    relay = {**LOGIN, "timeouts": SHORT, "tls": server.pop("speaks", server.get("tls", "starttls"))}
    settings = {"tls": "starttls", "logins": {"ripeline": "s3cret"}} | server
    (outcome,), host = send_scripted(*rules, relay=relay, **settings)
    assert (outcome.kind, outcome.phase, outcome.alert) == (K.DEFERRED, P.STARTTLS, True)
    said = "\n".join(host.lines())
    assert "MAIL" not in said
    assert "AUTH" not in said
    assert not any(secret in said for secret in SECRETS)


def test_relay_that_nobody_listens_at_is_deferred():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        relay = RelaySettings("gone", "127.0.0.1", probe.getsockname()[1], tls="none")
        (outcome,) = asyncio.run(deliver(relay, mail_to()))
    assert (outcome.kind, outcome.phase) == (K.DEFERRED, P.CONNECT)
    assert outcome.told.startswith("cannot be reached")


@pytest.mark.parametrize(
    ("extensions", "limit"), [({}, None), ({"size": ""}, 0), ({"size": "1000"}, 1000), ({"size": "many"}, 0)]
)
def test_size_limit_is_read_from_the_greeting(extensions, limit):
    assert Offers.of(extensions).size_limit == limit
