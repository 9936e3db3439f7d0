"""One mail over a session: MAIL, RCPT and DATA in one go where the relay allows it, the gate, the body, the dot.

Nothing of the body leaves before the gate has admitted it. Sending it early and holding back only the dot would hide
at most one group commit (≤ 5 ms, in which the other connections work on), and would cost a second write per mail, leave
a withdrawn mail's text in the relay's memory, and trust every relay to drop a mail that was cut off. A line cannot
be told to forget a mail after 354 (RFC 5321 has no abort), so a mail that is not admitted closes it.

The commands of the next mail may follow the dot in one packet, as a body may open a group of commands (RFC 2920,
section 3.1): one round trip a mail instead of two.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from engine.smtp.address import AddressError, envelope_address
from engine.smtp.body import FINAL_DOT, dot_stuffed, with_crlf
from engine.smtp.connection import Offers, Session
from engine.smtp.gate import Gate
from engine.smtp.replies import Outcome, OutcomeKind, Phase, classify
from engine.smtp.wire import LineError, Reply

BLOCK = 65536
"""Octets of the body handed over at a time, each within the block timeout."""


class Outgoing(Struct, frozen=True, gc=False):
    """One finished mail for one recipient. `ticket` is the gate's name for it; `relay` None lets the routes choose.

    `canonical`: whoever wrote the message vouches for what `engine.smtp.body` would see to: it is ASCII, every line
    ends in CRLF, the last one too, none begins with a dot. Looking for that anew takes a tenth of a mail's time.
    """

    ticket: int
    sender: str
    recipient: str
    message: bytes
    relay: str | None = None
    canonical: bool = False


FOLLOWED = 32 * 1024
"""Octets; behind a larger body no commands are sent. One that the system does not take at once makes it uncertain
whether the dot has left, and with commands behind it that cannot be told from what still waits."""

Follow = Callable[[], bytes]
"""Asked when a body goes out: the `opening` of the mail that comes next on this line, or nothing."""


def _nobody() -> bytes:
    return b""


async def transact(session: Session, mail: Outgoing, gate: Gate, follow: Follow = _nobody) -> Outcome:
    """Send one mail and say how it ended; the session is closed where it cannot be used again.

    The mail's own opening must have been sent already if the session is `begun`. What `follow` answers is sent behind
    the dot; the next mail must then be transacted here, unless the line has closed.

    Never raises for what relays and lines do; a cancelled transaction closes the line before it leaves.
    """
    message = mail.message if mail.canonical else with_crlf(mail.message)
    try:
        commands = (b"", b"") if session.begun else _commands(mail, message, session.offers)
    except _UnsendableError as fault:
        return fault.outcome
    body = (message if mail.canonical else dot_stuffed(message)) + FINAL_DOT
    return await _Transaction(session, commands, body, gate, follow).run(mail.ticket)


def opening(mail: Outgoing, offers: Offers) -> bytes:
    """MAIL, RCPT and DATA as one packet; nothing if the relay does not pipeline or cannot take the mail."""
    if not offers.pipelining:
        return b""
    try:
        return b"%b%bDATA\r\n" % _commands(mail, mail.message if mail.canonical else with_crlf(mail.message), offers)
    except _UnsendableError:
        return b""


class _UnsendableError(Exception):
    def __init__(self, kind: OutcomeKind, phase: Phase, reason: str) -> None:
        self.outcome = Outcome(kind, phase, reason=reason)
        super().__init__(reason)


def _commands(mail: Outgoing, message: bytes, offers: Offers) -> tuple[bytes, bytes]:
    """MAIL and RCPT with only the parameters that are both offered and needed."""
    try:
        sender = envelope_address(mail.sender, null_allowed=True)
        recipient = envelope_address(mail.recipient)
    except AddressError as fault:
        raise _UnsendableError(OutcomeKind.REJECTED, Phase.MAIL, f"unusable address: {fault}") from fault
    parameters = _parameters(f"{sender}{recipient}".isascii(), message, offers)
    return f"MAIL FROM:<{sender}>{parameters}\r\n".encode(), f"RCPT TO:<{recipient}>\r\n".encode()


def _parameters(ascii_addresses: bool, message: bytes, offers: Offers) -> str:
    parts = []
    if offers.size_limit is not None:
        if 0 < offers.size_limit < len(message):
            fault = f"the mail has {len(message):,} octets, the relay takes {offers.size_limit:,}"
            raise _UnsendableError(OutcomeKind.CONTENT, Phase.MAIL, fault)
        parts.append(f" SIZE={len(message)}")
    if not message.isascii():
        if not offers.eightbit:
            fault = "the mail has 8-bit characters that are not encoded, and the relay takes none"
            raise _UnsendableError(OutcomeKind.CONTENT, Phase.MAIL, fault)
        parts.append(" BODY=8BITMIME")
    if not ascii_addresses:
        if not offers.smtputf8:
            fault = "the address has characters beyond ASCII before its @, and the relay takes none"
            raise _UnsendableError(OutcomeKind.REJECTED, Phase.MAIL, fault)
        parts.append(" SMTPUTF8")
    return "".join(parts)


class _Transaction:
    """The state of one mail on its way. `phase` is kept ahead of every wait, so a fault always knows where it hit."""

    def __init__(
        self, session: Session, commands: tuple[bytes, bytes], body: bytes, gate: Gate, follow: Follow
    ) -> None:
        self._session = session
        self._wire = session.wire
        self._timeouts = session.relay.timeouts
        self._commands = commands
        self._body = body
        self._gate = gate
        self._follow = follow
        self._phase = Phase.MAIL

    async def run(self, ticket: int) -> Outcome:
        self._session.transactions += 1
        try:
            outcome = await self._open() or await self._withheld(ticket) or await self._transmit()
        except LineError as fault:
            outcome = classify(self._phase, 0, "", str(fault))
        except BaseException:
            self._wire.abort()
            raise
        if outcome.code == 421:
            self._wire.abort()
        return outcome

    # MAIL, RCPT, DATA

    async def _open(self) -> Outcome | None:
        """Get to 354; an outcome if the relay refused on the way."""
        if self._session.begun:
            self._session.begun = False
            return await self._read_opened()
        if self._session.needs_reset:
            await self._reset()
        if not self._wire.is_quiet:
            self._wire.abort("the relay spoke without being asked")
        return await (self._open_pipelined() if self._session.offers.pipelining else self._open_stepwise())

    async def _reset(self) -> None:
        self._wire.write(b"RSET\r\n")
        reply = await self._wire.reply(self._timeouts.mail)
        if reply.code // 100 != 2:
            self._wire.abort(f"the relay refused RSET: {reply.code} {reply.text}")
        self._session.needs_reset = False

    async def _open_stepwise(self) -> Outcome | None:
        mail, rcpt = self._commands
        for phase, command in ((Phase.MAIL, mail), (Phase.RCPT, rcpt), (Phase.DATA, b"DATA\r\n")):
            self._phase = phase
            self._wire.write(command)
            reply = await self._wire.reply(self._patience())
            if not _proceeds(phase, reply.code):
                return self._refused(reply)
        return None

    async def _open_pipelined(self) -> Outcome | None:
        """All three commands in one packet (RFC 2920)."""
        self._wire.write(b"%b%bDATA\r\n" % self._commands)
        return await self._read_opened()

    async def _read_opened(self) -> Outcome | None:
        """The replies to the three commands; every one is read, whatever the first ones say."""
        refusal: Outcome | None = None
        codes: list[int] = []
        for phase in (Phase.MAIL, Phase.RCPT, Phase.DATA):
            try:
                self._phase = phase if refusal is None else self._phase
                reply = await self._wire.reply(self._patience())
            except LineError:
                if refusal is None:
                    raise
                return refusal
            codes.append(reply.code)
            if refusal is None and not _proceeds(phase, reply.code):
                refusal = self._refused(reply)
        if refusal is not None and codes[-1] // 100 == 3:
            await self._end_empty(codes[1])
        return refusal

    def _refused(self, reply: Reply) -> Outcome:
        self._session.needs_reset = True
        if reply.code < 400 or reply.code >= 600:
            # A reply that this command cannot have: nobody knows what the relay waits for now.
            self._wire.abort()
        return classify(self._phase, reply.code, reply.enhanced, reply.text)

    async def _end_empty(self, rcpt_code: int) -> None:
        """The relay said 354 though it had refused the recipient: a lone dot ends that (RFC 2920, section 3.1)."""
        if rcpt_code // 100 == 2:
            # It has a recipient but no sender: a dot might mail an empty message to a person.
            self._wire.abort()
            return
        try:
            self._wire.write(FINAL_DOT)
            await self._wire.reply(self._timeouts.dot)
        except LineError:
            return

    def _patience(self) -> float:
        match self._phase:
            case Phase.MAIL:
                return self._timeouts.mail
            case Phase.RCPT:
                return self._timeouts.rcpt
            case _:
                return self._timeouts.data

    # after 354

    async def _withheld(self, ticket: int) -> Outcome | None:
        """Ask the gate; an outcome if the mail must not go, in which case the line is closed without a dot."""
        self._phase = Phase.BODY
        try:
            if await self._gate.admit(ticket):
                return None
            kind, reason = OutcomeKind.WITHHELD, "suppressed or taken over meanwhile; nothing of it was sent"
        except Exception as fault:
            kind, reason = OutcomeKind.DEFERRED, f"the gate could not record it, so it was not sent ({fault})"
        self._wire.abort()
        return Outcome(kind, Phase.BODY, reason=reason)

    async def _transmit(self) -> Outcome:
        """Body and dot. The phase turns to DOT when the dot's last byte has left this process, not before."""
        if len(self._body) <= FOLLOWED and self._wire.is_quiet and (commands := self._follow()):
            return await self._transmit_followed(commands)
        for start in range(0, len(self._body), BLOCK):
            if not self._wire.is_quiet or not await self._push(self._body[start : start + BLOCK]):
                return await self._interrupted()
        return await self._ended()

    async def _transmit_followed(self, commands: bytes) -> Outcome:
        """Body, dot, and the next mail's commands in one packet.

        Once it is handed over nobody knows whether the dot has left, so the phase is DOT at once: a line that breaks
        now leaves the fate unknown. A reply that comes while some of the packet is still here ends the line.
        """
        self._phase = Phase.DOT
        all_left = await self._push(self._body + commands)
        outcome = await self._ended()
        if not all_left:
            self._wire.abort()
        return outcome

    async def _ended(self) -> Outcome:
        """What the relay says to the dot."""
        self._phase = Phase.DOT
        reply = await self._wire.reply(self._timeouts.dot)
        outcome = classify(Phase.DOT, reply.code, reply.enhanced, reply.text)
        if outcome.kind is OutcomeKind.UNKNOWN:
            self._wire.abort()
        return outcome

    async def _push(self, block: bytes) -> bool:
        return await self._wire.push(block, self._timeouts.block)

    async def _interrupted(self) -> Outcome:
        """The relay spoke, or closed, before it had the dot; what it said decides, and the line is closed."""
        reply = await self._wire.reply(self._timeouts.block)
        self._wire.abort()
        return classify(Phase.BODY, reply.code, reply.enhanced, reply.text)


def _proceeds(phase: Phase, code: int) -> bool:
    return code == 354 if phase is Phase.DATA else code // 100 == 2
