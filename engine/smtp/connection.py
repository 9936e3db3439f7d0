"""From nothing to a session that takes mail: aiosmtplib connects, greets, encrypts and logs in; then the line is ours.

aiosmtplib waits for one reply per command, which costs more than all the rest of a mail. So once it has logged in,
`transport.set_protocol` hands its line to `Wire`, which pipelines. Each step's phase is recorded here, because the
library's exceptions do not tell it.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import aiosmtplib

from engine.smtp.replies import Outcome, Phase, classify, split_enhanced
from engine.smtp.settings import RelaySettings
from engine.smtp.wire import Wire

_LOGIN_METHODS = ("plain", "login", "cram-md5")
"""In this order, and only one is tried: three wrong guesses per connection would lock an account."""


class SessionError(Exception):
    """No session came about; `outcome` says at which phase and why, and nothing about any mail was said."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        super().__init__(outcome.reason)


@dataclass(frozen=True, slots=True)
class Offers:
    """What the relay offered in its last EHLO reply. `size_limit` is in octets; 0 is no limit, None not offered."""

    pipelining: bool = False
    eightbit: bool = False
    smtputf8: bool = False
    size_limit: int | None = None

    @classmethod
    def of(cls, extensions: Mapping[str, str]) -> Offers:
        limit = extensions.get("size", "").strip()
        return cls(
            pipelining="pipelining" in extensions,
            eightbit="8bitmime" in extensions,
            smtputf8="smtputf8" in extensions,
            size_limit=None if "size" not in extensions else int(limit) if limit.isdecimal() else 0,
        )


@dataclass(slots=True, eq=False)
class Session:
    """A greeted, encrypted and logged-in line, used for one mail after another."""

    relay: RelaySettings
    wire: Wire
    offers: Offers
    transactions: int = 0
    needs_reset: bool = False
    """A transaction is open on the relay's side and must be cleared by RSET before the next."""
    begun: bool = False
    """MAIL, RCPT and DATA of the next mail went out behind the last one's dot; their replies are to be read."""


async def open_session(relay: RelaySettings, context: ssl.SSLContext | None) -> Session:
    """Connect and get ready for mail. `context` is needed unless the relay's `tls` is 'none'.

    Raises:
        SessionError: with the phase and what the relay said.
    """
    with _recorded(Phase.CONNECT):
        line = await asyncio.wait_for(_dial(relay.host, relay.port), relay.timeouts.connect)
    client = aiosmtplib.SMTP(
        hostname=relay.host,
        sock=line,
        local_hostname=relay.hostname,
        timeout=relay.timeouts.banner,
        use_tls=relay.tls == "tls",
        start_tls=False,
        tls_context=context,
    )
    try:
        return await _prepare(client, relay)
    except BaseException:
        if client.transport is not None:
            client.transport.abort()  # type: ignore[attr-defined]  # a write transport, typed as its base
        client.close()
        raise


async def _dial(host: str, port: int) -> socket.socket:
    """A connected socket, to the first of the host's addresses that answers."""
    loop = asyncio.get_running_loop()
    fault: OSError = OSError(f"{host} has no address")
    for family, kind, proto, _, address in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        line = socket.socket(family, kind, proto)
        line.setblocking(False)
        try:
            await loop.sock_connect(line, address)
        except OSError as refused:
            line.close()
            fault = refused
        except BaseException:
            line.close()
            raise
        else:
            return line
    raise fault


async def _prepare(client: aiosmtplib.SMTP, relay: RelaySettings) -> Session:
    with _recorded(Phase.BANNER):
        await client.connect()
    with _recorded(Phase.EHLO):
        await client.ehlo()
    if relay.tls == "starttls":
        await _encrypt(client)
    if relay.username is not None:
        await _log_in(client, relay)
    return _take_over(client, relay)


async def _encrypt(client: aiosmtplib.SMTP) -> None:
    if not client.supports_extension("starttls"):
        raise SessionError(classify(Phase.STARTTLS, 0, "", "the relay does not offer STARTTLS"))
    with _recorded(Phase.STARTTLS):
        await client.starttls()
    with _recorded(Phase.EHLO):
        await client.ehlo()


async def _log_in(client: aiosmtplib.SMTP, relay: RelaySettings) -> None:
    if client.get_transport_info("sslcontext") is None:
        raise SessionError(classify(Phase.STARTTLS, 0, "", "a password is never sent in clear"))
    method = next((name for name in _LOGIN_METHODS if name in client.server_auth_methods), None)
    if method is None:
        raise SessionError(classify(Phase.AUTH, 0, "", "the relay offers no way to log in that we know"))
    logins = {"plain": client.auth_plain, "login": client.auth_login, "cram-md5": client.auth_crammd5}
    with _recorded(Phase.AUTH):
        await logins[method](relay.username or "", relay.password or "")


def _take_over(client: aiosmtplib.SMTP, relay: RelaySettings) -> Session:
    transport = client.transport
    if transport is None or transport.is_closing():
        raise SessionError(classify(Phase.EHLO, 0, "", "the relay closed the line"))
    wire = Wire(asyncio.get_running_loop())
    transport.set_protocol(wire)
    wire.connection_made(cast(asyncio.Transport, transport))
    return Session(relay, wire, Offers.of(client.esmtp_extensions))


@contextmanager
def _recorded(phase: Phase) -> Iterator[None]:
    """Turn whatever goes wrong inside into `SessionError` at this phase; trouble with TLS is a phase of its own."""
    try:
        yield
    except aiosmtplib.SMTPResponseException as refused:
        enhanced, text = split_enhanced(refused.message)
        # aiosmtplib numbers a reply that it cannot read -1.
        raise SessionError(classify(phase, max(refused.code, 0), enhanced, text)) from refused
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as fault:
        phase = Phase.STARTTLS if _is_tls_fault(fault) else phase
        raise SessionError(classify(phase, 0, "", _plainly(fault))) from fault


def _is_tls_fault(fault: BaseException | None) -> bool:
    while fault is not None:
        if isinstance(fault, ssl.SSLError):
            return True
        fault = fault.__cause__
    return False


def _plainly(fault: BaseException) -> str:
    if isinstance(fault.__cause__, OSError):
        # The library wraps the system's words into a sentence about a port that it does not know.
        fault = fault.__cause__
    text = str(fault) or ("timed out" if isinstance(fault, TimeoutError) else type(fault).__name__)
    return split_enhanced(text)[1]
