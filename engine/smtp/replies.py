"""What a relay's reply means for one mail: the table of RFC 5321 and RFC 3463 codes, as a pure function.

One mail has one recipient, so whatever ends its transaction concerns that recipient alone.
"""

from __future__ import annotations

import re
from enum import StrEnum

from msgspec import Struct

TEXT_LIMIT = 500
"""Characters kept of a reply's text: enough for any real one, too few to be a nuisance in the store."""


class Phase(StrEnum):
    """Where in the conversation a reply came, or did not come. STARTTLS includes every TLS handshake."""

    CONNECT = "connect"
    BANNER = "banner"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"
    """After 354, before the final dot has left."""
    DOT = "dot"
    """The final dot may have left: only the relay knows whether it has the mail."""


SESSION_PHASES = frozenset({Phase.CONNECT, Phase.BANNER, Phase.EHLO, Phase.STARTTLS, Phase.AUTH})
"""Phases before any mail is named: what fails here fails for every mail of this relay."""


class OutcomeKind(StrEnum):
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    """Try again on schedule."""
    TOO_MANY_RECIPIENTS = "too_many_recipients"
    """Try again on schedule, on a fresh transaction (RFC 5321, section 4.5.3.1.10)."""
    MAILBOX_FULL = "mailbox_full"
    """A soft bounce: counted; the address may be given up after several."""
    HARD_BOUNCE = "hard_bounce"
    """The address does not exist: suppress it."""
    POLICY = "policy"
    """The receiver refuses the sender: pause the recipient's domain, keep the lead."""
    CONTENT = "content"
    """This content can never be taken: stop the step, tell its author."""
    REJECTED = "rejected"
    """This mail is refused for good, and nothing says that the address is bad: the mail fails, the lead stays."""
    RELAY_PAUSED = "relay_paused"
    """The relay refuses us or is resting after a fault: the mail waits, no attempt of the lead's is used up."""
    WITHHELD = "withheld"
    """The gate refused: suppressed meanwhile, or no longer ours. Nothing of the mail left the house."""
    UNKNOWN = "unknown"
    """The dot left and no reply came: the relay may have the mail, or not (RFC 1047)."""


class Outcome(Struct, frozen=True, gc=False):
    """How one attempt ended.

    `code` is 0 when there was no usable reply; `enhanced` is the RFC 3463 code or empty; `text` is the relay's own
    words, bounded and free of control characters; `reason` is a sentence for people. `alert`: the operator must
    be told even if the next attempt succeeds.
    """

    kind: OutcomeKind
    phase: Phase
    code: int = 0
    enhanced: str = ""
    text: str = ""
    reason: str = ""
    alert: bool = False

    @property
    def before_gate(self) -> bool:
        """The fault is the relay's, and the gate was not asked: another relay may be tried at once."""
        if self.phase in SESSION_PHASES:
            return True
        return self.kind is OutcomeKind.RELAY_PAUSED and self.phase in {Phase.MAIL, Phase.RCPT, Phase.DATA}

    @property
    def told(self) -> str:
        """What happened, for an operator: 'refused our login (535 5.7.8 wrong password)'."""
        words = " ".join(part for part in (str(self.code or ""), self.enhanced, self.text) if part)
        return f"{_TROUBLE.get(self.phase, self.reason)} ({words})" if words else _TROUBLE.get(self.phase, self.reason)


_TROUBLE = {
    Phase.CONNECT: "cannot be reached",
    Phase.BANNER: "does not welcome us",
    Phase.EHLO: "refused our greeting",
    Phase.STARTTLS: "offers no trustworthy encryption, and nothing was sent in clear",
    Phase.AUTH: "refused our login",
    Phase.MAIL: "refused our sender",
}
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_UNKNOWN_USER = re.compile(
    r"(user|recipient|mailbox|address|account)\b.{0,40}\b(unknown|not found|does(n't| not) exist|invalid|disabled)"
    r"|\b(no such|unknown|invalid) (user|recipient|mailbox|address|account)",
    re.IGNORECASE,
)
_POLICY = re.compile(
    r"\b(spam|polic(y|ies)|block(ed|list)|black ?list|dmarc|spf|dkim|reputation|banned)", re.IGNORECASE
)
_TOO_BIG = re.compile(r"\b(size|large|big)\b", re.IGNORECASE)
_SENDER_DETAILS = frozenset({"1.7", "1.8"})
_LOGIN_CODES = frozenset({530, 534, 535, 538})


def split_enhanced(text: str) -> tuple[str, str]:
    """The RFC 3463 code at the start of a reply's text (or an empty string), and the rest, cleaned and bounded."""
    match = _ENHANCED.match(text)
    enhanced, rest = (match[1], text[match.end() :]) if match else ("", text)
    return enhanced, _CONTROL.sub(" ", rest).strip()[:TEXT_LIMIT]


def classify(phase: Phase, code: int, enhanced: str = "", text: str = "") -> Outcome:
    """What the reply that ended a transaction means.

    `code` is the reply's three digits, or 0 if there was none: a drop, a timeout or garbage, with `text` saying
    which. A positive reply ends a transaction only after the dot; elsewhere it is out of place, hence deferred.
    """
    kind, reason = _judge(phase, code, enhanced, text)
    return Outcome(kind, phase, code, enhanced, text, reason, alert=phase is Phase.STARTTLS)


_Verdict = tuple[OutcomeKind, str]


def _judge(phase: Phase, code: int, enhanced: str, text: str) -> _Verdict:
    if phase is Phase.STARTTLS:
        return OutcomeKind.DEFERRED, "no trustworthy encryption with the relay; nothing was sent in clear"
    match code // 100:
        case 4:
            return _judge_transient(phase, code, enhanced)
        case 5:
            return _judge_permanent(phase, code, enhanced, text)
        case 2 if phase is Phase.DOT:
            return OutcomeKind.ACCEPTED, "the relay has taken the mail"
    if phase is Phase.DOT:
        # Garbage here may hide a 250: sending again could double the mail without anybody owning up to it.
        return OutcomeKind.UNKNOWN, "the mail was complete, and no clear reply came"
    if code == 0:
        return OutcomeKind.DEFERRED, "the conversation ended before the mail was complete"
    return OutcomeKind.DEFERRED, "the relay's reply is none that this command can have"


def _judge_transient(phase: Phase, code: int, enhanced: str) -> _Verdict:
    if _detail(enhanced) == "2.2":
        return OutcomeKind.MAILBOX_FULL, "the recipient's mailbox is full"
    if code == 452 and phase is Phase.RCPT:
        return OutcomeKind.TOO_MANY_RECIPIENTS, "the relay takes no more recipients for now"
    if code == 421:
        return OutcomeKind.DEFERRED, "the relay is closing the line for now"
    return OutcomeKind.DEFERRED, "refused for the moment"


def _judge_permanent(phase: Phase, code: int, enhanced: str, text: str) -> _Verdict:
    detail = _detail(enhanced)
    if code == 552 and _too_big(phase, detail, text):
        return OutcomeKind.CONTENT, "the mail is larger than the receiver takes"
    if phase in SESSION_PHASES or phase is Phase.MAIL or code in _LOGIN_CODES:
        return OutcomeKind.RELAY_PAUSED, "the relay refuses us"
    if detail == "2.2" or (code == 552 and not detail and phase is not Phase.RCPT):
        return OutcomeKind.MAILBOX_FULL, "the recipient's mailbox is full"
    if code == 552 and phase is Phase.RCPT:
        return OutcomeKind.TOO_MANY_RECIPIENTS, "the relay takes no more recipients for now"
    if detail.startswith("7.") or detail in _SENDER_DETAILS:
        return OutcomeKind.POLICY, "the receiver refuses the sender, not the address"
    if code in {550, 551, 553} and detail.startswith("1."):
        return OutcomeKind.HARD_BOUNCE, "the address does not exist"
    return _judge_by_text(code, detail, text)


def _judge_by_text(code: int, detail: str, text: str) -> _Verdict:
    """Old servers say in words only what RFC 3463 has numbers for; their words are asked last, and carefully."""
    if not detail and _POLICY.search(text):
        return OutcomeKind.POLICY, "the receiver refuses the sender, not the address"
    if not detail and code in {550, 551, 553} and _UNKNOWN_USER.search(text):
        return OutcomeKind.HARD_BOUNCE, "the address does not exist"
    return OutcomeKind.REJECTED, "this mail is refused for good; the address may be sound"


def _detail(enhanced: str) -> str:
    """'5.1.1' → '1.1': subject and detail, without the class, which the reply's first digit already says."""
    return enhanced.partition(".")[2]


def _too_big(phase: Phase, detail: str, text: str) -> bool:
    """RFC 1870: 552 answers a declared SIZE at MAIL, and a too large mail after the dot; 5.3.4 says so anywhere."""
    if detail:
        return detail == "3.4"
    return phase is Phase.MAIL or (phase is not Phase.RCPT and _TOO_BIG.search(text) is not None)
