import pytest

from engine.smtp.replies import OutcomeKind, Phase, classify, split_enhanced

K, P = OutcomeKind, Phase

TABLE = [
    # after the dot
    (P.DOT, 250, "2.0.0", "queued as 4XyZ", K.ACCEPTED),
    (P.DOT, 299, "", "fine", K.ACCEPTED),
    (P.DOT, 0, "", "the relay closed the line", K.UNKNOWN),
    (P.DOT, 354, "", "go on", K.UNKNOWN),
    (P.DOT, 999, "", "", K.UNKNOWN),
    (P.DOT, 451, "4.7.1", "greylisted", K.DEFERRED),
    (P.DOT, 554, "", "transaction failed", K.REJECTED),
    (P.DOT, 554, "5.6.0", "malformed", K.REJECTED),
    # before the dot nothing is lost and nothing doubled
    *((phase, 0, "", "the relay closed the line", K.DEFERRED) for phase in P if phase is not P.DOT),
    *((phase, 421, "4.3.2", "shutting down", K.DEFERRED) for phase in P),
    *((phase, 451, "", "try later", K.DEFERRED) for phase in P),
    (P.RCPT, 450, "4.2.0", "greylisted", K.DEFERRED),
    (P.RCPT, 250, "", "out of place", K.DEFERRED),
    (P.RCPT, 666, "", "no such code", K.DEFERRED),
    # recipients
    (P.RCPT, 452, "4.5.3", "too many recipients", K.TOO_MANY_RECIPIENTS),
    (P.RCPT, 452, "", "too many", K.TOO_MANY_RECIPIENTS),
    (P.RCPT, 552, "", "too many", K.TOO_MANY_RECIPIENTS),
    (P.RCPT, 452, "4.2.2", "over quota", K.MAILBOX_FULL),
    (P.RCPT, 552, "5.2.2", "over quota", K.MAILBOX_FULL),
    (P.DOT, 552, "5.2.2", "over quota", K.MAILBOX_FULL),
    (P.DOT, 552, "", "storage exceeded", K.MAILBOX_FULL),
    (P.RCPT, 550, "5.1.1", "user unknown", K.HARD_BOUNCE),
    (P.RCPT, 551, "5.1.6", "moved", K.HARD_BOUNCE),
    (P.RCPT, 553, "5.1.3", "bad syntax", K.HARD_BOUNCE),
    (P.DOT, 550, "5.1.10", "recipient not found", K.HARD_BOUNCE),
    (P.RCPT, 550, "", "No such user here", K.HARD_BOUNCE),
    (P.RCPT, 550, "", "Recipient address rejected: user unknown", K.HARD_BOUNCE),
    (P.RCPT, 550, "", "mailbox unavailable", K.REJECTED),
    (P.RCPT, 550, "5.2.1", "mailbox disabled", K.REJECTED),
    # 5.1.7 and 5.1.8 speak of the sender: suppressing leads for that would empty the list
    (P.RCPT, 550, "5.1.8", "sender's domain not found", K.POLICY),
    (P.RCPT, 550, "5.1.7", "bad sender address", K.POLICY),
    # the sender's fault
    (P.RCPT, 550, "5.7.1", "blocked", K.POLICY),
    (P.DOT, 550, "5.7.515", "sending domain does not authenticate", K.POLICY),
    (P.DOT, 554, "5.7.26", "DMARC", K.POLICY),
    (P.DOT, 554, "", "message looks like spam", K.POLICY),
    (P.RCPT, 550, "", "your IP is blocked, user unknown or not", K.POLICY),
    # the content's fault
    (P.DOT, 552, "5.3.4", "too big", K.CONTENT),
    (P.MAIL, 552, "5.3.4", "too big", K.CONTENT),
    (P.MAIL, 552, "", "exceeds", K.CONTENT),
    (P.DOT, 552, "", "message size exceeds limit", K.CONTENT),
    # the relay refuses us
    *((phase, 554, "5.7.1", "go away", K.RELAY_PAUSED) for phase in (P.CONNECT, P.BANNER, P.EHLO, P.AUTH, P.MAIL)),
    (P.AUTH, 535, "5.7.8", "wrong password", K.RELAY_PAUSED),
    (P.MAIL, 550, "5.1.1", "sender unknown", K.RELAY_PAUSED),
    (P.RCPT, 530, "5.7.0", "log in first", K.RELAY_PAUSED),
    # encryption is never given up for delivery
    *((P.STARTTLS, code, "", "", K.DEFERRED) for code in (0, 220, 454, 500, 554)),
]


@pytest.mark.parametrize(("phase", "code", "enhanced", "text", "kind"), TABLE)
def test_reply_means(phase, code, enhanced, text, kind):
    outcome = classify(phase, code, enhanced, text)
    assert outcome.kind is kind
    assert (outcome.phase, outcome.code, outcome.enhanced, outcome.text) == (phase, code, enhanced, text)
    assert outcome.reason


@pytest.mark.parametrize("phase", Phase)
def test_only_a_positive_reply_after_the_dot_is_acceptance(phase):
    accepted = {code for code in range(1000) if classify(phase, code).kind is OutcomeKind.ACCEPTED}
    assert accepted == (set(range(200, 300)) if phase is Phase.DOT else set())


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.DOT])
def test_before_the_dot_nothing_is_unknown(phase):
    assert OutcomeKind.UNKNOWN not in {classify(phase, code).kind for code in range(1000)}


def test_trouble_with_encryption_alerts():
    assert classify(Phase.STARTTLS, 454).alert
    assert not classify(Phase.RCPT, 451).alert


@pytest.mark.parametrize(
    ("phase", "code", "before_gate"),
    [
        (Phase.CONNECT, 0, True),
        (Phase.AUTH, 454, True),
        (Phase.MAIL, 550, True),
        (Phase.MAIL, 451, False),
        (Phase.RCPT, 550, False),
        (Phase.BODY, 0, False),
        (Phase.DOT, 530, False),
    ],
)
def test_another_relay_may_be_tried_only_before_the_gate(phase, code, before_gate):
    assert classify(phase, code).before_gate is before_gate


def test_the_operator_reads_what_the_relay_said():
    assert classify(Phase.AUTH, 535, "5.7.8", "wrong password").told == "refused our login (535 5.7.8 wrong password)"
    assert classify(Phase.CONNECT, 0, "", "Connection refused").told == "cannot be reached (Connection refused)"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5.1.1 User unknown", ("5.1.1", "User unknown")),
        ("5.7.515", ("5.7.515", "")),
        ("User unknown", ("", "User unknown")),
        ("5.1.1x", ("", "5.1.1x")),
        ("3.1.1 no class", ("", "3.1.1 no class")),
        ("4.2.0 a\x1b[31m\x00b\x85c", ("4.2.0", "a [31m b c")),
        ("x" * 2000, ("", "x" * 500)),
    ],
)
def test_enhanced_code_is_split_off_and_the_text_is_cleaned(text, expected):
    assert split_enhanced(text) == expected
