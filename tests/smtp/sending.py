"""Words for the SMTP tests: a relay that points at the test server, a mail, gates, and one call that sends it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from engine.smtp.connection import Session, SessionError, open_session
from engine.smtp.gate import Gate
from engine.smtp.replies import Outcome
from engine.smtp.settings import RelaySettings, Timeouts, tls_context
from engine.smtp.transaction import Outgoing, transact
from tests.smtpcerts import authority_file
from tests.smtpscript import Rule
from tests.smtpserver import SmtpServer

SHORT = Timeouts(connect=5, banner=0.3, mail=0.3, rcpt=0.3, data=0.3, block=0.3, dot=0.3, idle=5)
PLAIN = b"From: ann@acme.example\r\nTo: jane@northwind.example\r\nSubject: Hello\r\n\r\nGood morning.\r\n"


class OpenGate:
    """Admits everybody and remembers whom."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    async def admit(self, ticket: int) -> bool:
        self.asked.append(ticket)
        return True


class ClosedGate:
    async def admit(self, ticket: int) -> bool:
        return False


class BrokenGate:
    async def admit(self, ticket: int) -> bool:
        raise OSError("disk full")


def relay_to(server: SmtpServer, **changes: Any) -> RelaySettings:
    settings: dict[str, Any] = {
        "name": "test",
        "host": server.host,
        "port": server.port,
        "tls": server.tls,
        "ca_file": authority_file(),
        "hostname": "ripeline.example",
    }
    return RelaySettings(**(settings | changes))


def mail_to(recipient: str = "jane@northwind.example", message: bytes = PLAIN, **changes: Any) -> Outgoing:
    settings: dict[str, Any] = {"ticket": 1, "sender": "bounce+1@acme.example"}
    return Outgoing(**(settings | {"recipient": recipient, "message": message} | changes))


async def deliver(relay: RelaySettings, *mails: Outgoing, gate: Gate | None = None) -> list[Outcome]:
    """Send the mails one after another over one session; the session's failure is the only outcome."""
    try:
        session = await open_session(relay, tls_context(relay))
    except SessionError as refused:
        return [refused.outcome]
    try:
        return [await transact(session, mail, gate or OpenGate()) for mail in mails]
    finally:
        await goodbye(session)


async def goodbye(session: Session) -> None:
    await session.wire.quit(1.0)


def send_scripted(
    *rules: Rule,
    mails: Sequence[Outgoing] = (),
    gate: Gate | None = None,
    relay: dict[str, Any] | None = None,
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
    **server: Any,
) -> tuple[list[Outcome], SmtpServer]:
    """Start a server with these rules in this loop, send the mails (one plain one by default), stop it."""

    async def run() -> tuple[list[Outcome], SmtpServer]:
        host = SmtpServer(*rules, **server)
        await host.start()
        try:
            return await deliver(relay_to(host, **(relay or {})), *(mails or [mail_to()]), gate=gate), host
        finally:
            await host.stop()

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        return runner.run(run())
