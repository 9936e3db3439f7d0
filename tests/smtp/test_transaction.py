import asyncio

import pytest

from engine.smtp.connection import open_session
from engine.smtp.replies import OutcomeKind, Phase
from engine.smtp.settings import tls_context
from engine.smtp.transaction import transact
from tests.smtp.sending import (
    PLAIN,
    BrokenGate,
    ClosedGate,
    OpenGate,
    mail_to,
    relay_to,
    send_scripted,
)
from tests.smtpscript import Raw, Rule, Say
from tests.smtpserver import SmtpServer

K = OutcomeKind


@pytest.mark.parametrize("pipelining", [True, False])
def test_mail_arrives_byte_by_byte(pipelining):
    (outcome,), server = send_scripted(pipelining=pipelining)
    assert (outcome.kind, outcome.code, outcome.enhanced, outcome.text) == (K.ACCEPTED, 250, "2.0.0", "queued")
    (mail,) = server.accepted
    assert (mail.sender, mail.recipients) == ("bounce+1@acme.example", ("jane@northwind.example",))
    assert mail.message == PLAIN


def test_many_mails_share_one_session():
    outcomes, server = send_scripted(mails=[mail_to(f"lead{i}@x.example", ticket=i) for i in range(50)])
    assert {outcome.kind for outcome in outcomes} == {K.ACCEPTED}
    assert [mail.recipients[0] for mail in server.accepted] == [f"lead{i}@x.example" for i in range(50)]
    assert server.sessions == 1


@pytest.mark.acceptance(row=14)
@pytest.mark.parametrize("command", ["RCPT", "DOT"])
@pytest.mark.parametrize("pipelining", [True, False])
def test_one_refusal_in_a_hundred_leaves_the_others_sent(command, pipelining):
    rule = Rule(command, Say("554 5.6.0 not this one"), match="lead42@")
    mails = [mail_to(f"lead{i}@x.example", ticket=i) for i in range(100)]
    outcomes, server = send_scripted(rule, mails=mails, pipelining=pipelining)
    assert [i for i, outcome in enumerate(outcomes) if outcome.kind is not K.ACCEPTED] == [42]
    assert outcomes[42].kind is K.REJECTED
    assert {mail.recipients[0] for mail in server.accepted} == {f"lead{i}@x.example" for i in range(100) if i != 42}
    assert server.sessions == 1


@pytest.mark.acceptance(row=15)
@pytest.mark.parametrize("pipelining", [True, False])
def test_greylisted_mail_is_deferred_and_taken_once_the_next_time(pipelining):
    rule = Rule("RCPT", Say("451 4.7.1 greylisted, come back"), times=1)
    outcomes, server = send_scripted(rule, mails=[mail_to(), mail_to()], pipelining=pipelining)
    assert [outcome.kind for outcome in outcomes] == [K.DEFERRED, K.ACCEPTED]
    assert len(server.accepted) == 1


@pytest.mark.acceptance(row=16)
@pytest.mark.parametrize(
    ("reply", "kind"),
    [("550 5.1.1 no such user", K.HARD_BOUNCE), ("550 5.7.515 sending domain does not authenticate", K.POLICY)],
)
def test_who_is_at_fault_decides_what_follows(reply, kind):
    (outcome,), server = send_scripted(Rule("RCPT", Say(reply)))
    assert outcome.kind is kind
    assert outcome.text in reply
    assert not server.accepted


def test_line_after_a_refusal_is_reset_before_the_next_mail():
    _, server = send_scripted(Rule("RCPT", Say("550 5.1.1 no"), times=1), mails=[mail_to("bob@x.example"), mail_to()])
    verbs = [line.split(" ")[0].split(":")[0] for line in server.lines()]
    assert verbs == ["EHLO", "MAIL", "RCPT", "DATA", "RSET", "MAIL", "RCPT", "DATA", "QUIT"]
    assert [mail.recipients for mail in server.accepted] == [("jane@northwind.example",)]


def test_go_ahead_without_a_recipient_is_ended_by_a_lone_dot():
    # RFC 2920, section 3.1: some servers say 354 although they refused every recipient.
    rules = (
        Rule("RCPT", Say("550 5.1.1 no"), times=1),
        Rule("DATA", Say("354 go ahead"), times=1),
        Rule(".", Say("554 5.5.1 no valid recipients")),
    )
    outcomes, server = send_scripted(*rules, mails=[mail_to("bob@x.example"), mail_to()])
    assert [outcome.kind for outcome in outcomes] == [K.HARD_BOUNCE, K.ACCEPTED]
    assert "." in server.lines()
    assert [mail.message for mail in server.accepted] == [PLAIN]


def test_go_ahead_with_a_recipient_but_no_sender_gets_no_dot():
    rules = (Rule("MAIL", Say("451 4.3.0 later")), Rule("RCPT", Say("250 ok")), Rule("DATA", Say("354 go ahead")))
    (outcome,), server = send_scripted(*rules)
    assert (outcome.kind, outcome.phase) == (K.DEFERRED, Phase.MAIL)
    assert "." not in server.lines()


def test_refusal_counts_even_if_the_line_breaks_right_after_it():
    (outcome,), _ = send_scripted(Rule("RCPT", Say("550 5.1.1 no", close=True)))
    assert outcome.kind is K.HARD_BOUNCE


def test_421_closes_the_line():
    outcomes, server = send_scripted(Rule("RCPT", Say("421 4.7.0 slow down")), mails=[mail_to(), mail_to()])
    assert [(outcome.kind, outcome.phase, outcome.code) for outcome in outcomes] == [
        (K.DEFERRED, Phase.RCPT, 421),
        (K.DEFERRED, Phase.MAIL, 0),
    ]
    assert len([line for line in server.lines() if line.startswith("MAIL")]) == 1


# ── the gate ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.acceptance(row=35)
@pytest.mark.parametrize("pipelining", [True, False])
def test_mail_withdrawn_at_the_gate_leaves_no_octet_of_it(pipelining):
    (outcome,), server = send_scripted(gate=ClosedGate(), pipelining=pipelining)
    assert (outcome.kind, outcome.phase) == (K.WITHHELD, Phase.BODY)
    assert server.unfinished == [b""]
    assert not server.accepted


@pytest.mark.acceptance(row=10)
def test_mail_whose_claim_cannot_be_recorded_is_not_sent():
    (outcome,), server = send_scripted(gate=BrokenGate())
    assert (outcome.kind, outcome.phase) == (K.DEFERRED, Phase.BODY)
    assert "disk full" in outcome.reason
    assert server.unfinished == [b""]


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_gate_is_not_asked_for_a_mail_that_was_refused_before(command):
    gate = OpenGate()
    send_scripted(Rule(command, Say("451 4.3.0 later")), gate=gate)
    assert gate.asked == []


def test_line_that_breaks_while_the_gate_commits_defers():
    async def run():
        server = SmtpServer()
        await server.start()

        class Gate:
            async def admit(self, ticket: int) -> bool:
                await server.stop()
                while session.wire.is_open:
                    await asyncio.sleep(0)
                return True

        relay = relay_to(server)
        session = await open_session(relay, tls_context(relay))
        return await transact(session, mail_to(), Gate())

    outcome = asyncio.run(run())
    assert (outcome.kind, outcome.phase) == (K.DEFERRED, Phase.BODY)


def test_reply_given_too_early_is_not_taken_for_acceptance():
    (outcome,), server = send_scripted(Rule("DATA", Raw(b"354 go\r\n250 2.0.0 queued\r\n")))
    assert (outcome.kind, outcome.phase) == (K.DEFERRED, Phase.BODY)
    assert not server.accepted


def test_cancelled_mail_closes_its_line_without_a_dot():
    async def run() -> tuple[SmtpServer, bool]:
        server = SmtpServer()
        await server.start()
        asked = asyncio.Event()

        class Gate:
            async def admit(self, ticket: int) -> bool:
                asked.set()
                await asyncio.Event().wait()
                return True

        relay = relay_to(server)
        session = await open_session(relay, tls_context(relay))
        task = asyncio.create_task(transact(session, mail_to(), Gate()))
        await asked.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        still_open = session.wire.is_open
        await server.stop()
        return server, still_open

    server, still_open = asyncio.run(run())
    assert not still_open
    assert not server.accepted


# ── parameters and addresses ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("server", "mail", "line"),
    [
        ({}, {}, f"MAIL FROM:<bounce+1@acme.example> SIZE={len(PLAIN)}"),
        ({"size": None}, {}, "MAIL FROM:<bounce+1@acme.example>"),
        ({"size": None}, {"message": PLAIN + "ü\r\n".encode()}, "MAIL FROM:<bounce+1@acme.example> BODY=8BITMIME"),
        ({"size": None, "eightbit": False}, {}, "MAIL FROM:<bounce+1@acme.example>"),
        ({"size": None, "smtputf8": True}, {}, "MAIL FROM:<bounce+1@acme.example>"),
        ({"size": None, "smtputf8": True}, {"sender": "ännü@acme.example"}, "MAIL FROM:<ännü@acme.example> SMTPUTF8"),
        ({"size": None}, {"sender": "ann@bücher.example"}, "MAIL FROM:<ann@xn--bcher-kva.example>"),
        ({"size": None}, {"sender": ""}, "MAIL FROM:<>"),
    ],
)
def test_only_offered_and_needed_parameters_are_used(server, mail, line):
    (outcome,), host = send_scripted(mails=[mail_to(**mail)], **server)
    assert outcome.kind is K.ACCEPTED
    assert next(each for each in host.lines() if each.startswith("MAIL")) == line


@pytest.mark.parametrize(
    ("server", "mail", "kind", "reason"),
    [
        ({"size": 50}, {}, K.CONTENT, "the mail has 85 octets, the relay takes 50"),
        ({"eightbit": False}, {"message": PLAIN + b"\xfc\r\n"}, K.CONTENT, "8-bit"),
        ({}, {"recipient": "jäne@x.example"}, K.REJECTED, "beyond ASCII"),
    ],
)
def test_what_the_relay_cannot_take_is_not_begun(server, mail, kind, reason):
    (outcome,), host = send_scripted(mails=[mail_to(**mail)], **server)
    assert outcome.kind is kind
    assert reason in outcome.reason
    assert [line for line in host.lines() if line.startswith(("MAIL", "RCPT", "DATA"))] == []


@pytest.mark.acceptance(row=27)
@pytest.mark.parametrize(
    "address",
    [
        "jane@x.example\r\nRCPT TO:<eve@x.example>",
        "jane@x.example>\nDATA",
        "jane\x00@x.example",
        "jane\x0b@x.example",
        "jane @x.example",
        "jane@x.example> NOTIFY=NEVER",
        "jane\u2028@x.example",
        "<jane@x.example>",
        "jane",
        "jane@" + "a" * 400,
    ],
)
@pytest.mark.parametrize("end", ["sender", "recipient"])
def test_address_that_could_end_the_command_is_rejected(address, end):
    (outcome, fine), server = send_scripted(mails=[mail_to(**{end: address}), mail_to()])
    assert outcome.kind is K.REJECTED
    assert outcome.reason.startswith("unusable address")
    assert fine.kind is K.ACCEPTED
    assert len(server.lines()) == 5
