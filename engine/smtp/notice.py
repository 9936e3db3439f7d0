"""A single short mail to a colleague, outside the journal: alerts and notices, sent by aiosmtplib as it comes."""

from __future__ import annotations

import asyncio
from email.message import EmailMessage

import aiosmtplib

from engine.smtp.settings import RelaySettings, tls_context

TIMEOUT = 20.0


def send_notice(relay: RelaySettings, sender: str, recipient: str, message: EmailMessage) -> str:
    """Send it; an empty text when the relay took it, otherwise what went wrong."""
    try:
        asyncio.run(_send(relay, sender, recipient, message))
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        return str(error) or type(error).__name__
    return ""


async def _send(relay: RelaySettings, sender: str, recipient: str, message: EmailMessage) -> None:
    await aiosmtplib.send(
        message,
        sender=sender.rpartition("<")[2].rstrip(">") or sender,
        recipients=[recipient],
        hostname=relay.host,
        port=relay.port,
        username=relay.username,
        password=relay.password,
        use_tls=relay.tls == "tls",
        start_tls=relay.tls == "starttls",
        tls_context=None if relay.tls == "none" else tls_context(relay),
        local_hostname=relay.hostname,
        timeout=TIMEOUT,
    )
