"""What the sending side must know about a relay. Checked when made: a relay that would leak is never built."""

from __future__ import annotations

import ipaddress
import re
import ssl
from dataclasses import dataclass, field
from typing import Literal

from engine.errors import RipelineError

TlsMode = Literal["starttls", "tls", "none"]


class RelaySettingsError(RipelineError):
    """A relay's settings would send mail or passwords in clear, or cannot work at all."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait for each reply (RFC 5321, section 4.5.3.2). They bound whole replies, not single reads."""

    connect: float = 60.0
    banner: float = 300.0
    """Also EHLO, STARTTLS and AUTH."""
    mail: float = 300.0
    rcpt: float = 300.0
    data: float = 120.0
    block: float = 180.0
    """For one block of the body to leave the process."""
    dot: float = 600.0
    idle: float = 30.0
    """A kept connection without work is closed after this time."""


@dataclass(frozen=True, slots=True)
class RelaySettings:
    """An SMTP server that takes our mail.

    `tls`: 'starttls' demands the upgrade, 'tls' is implicit TLS, 'none' is for loopback only unless `insecure`.
    Rates are messages; None means unlimited. `hostname` is what we call ourselves in EHLO. `ca_file` is a PEM
    bundle trusted besides the system's, for relays of one's own.

    Raises:
        RelaySettingsError: a password would travel in clear, or mail would without `insecure`.
    """

    name: str
    host: str
    port: int
    tls: TlsMode = "starttls"
    insecure: bool = False
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    hostname: str = "localhost"
    ca_file: str | None = None
    max_connections: int = 20
    messages_per_connection: int = 500
    rate_per_second: float | None = None
    rate_per_hour: float | None = None
    timeouts: Timeouts = Timeouts()

    def __post_init__(self) -> None:
        if self.tls == "none" and not (self.insecure or is_loopback(self.host)):
            raise RelaySettingsError(
                f"relay '{self.name}': tls = \"none\" would send mail to {self.host} in clear. "
                'Use tls = "starttls" or "tls", or allow it with insecure = true.'
            )
        if self.tls == "none" and self.username is not None:
            raise RelaySettingsError(
                f"relay '{self.name}': a password is never sent in clear. "
                'Use tls = "starttls" or "tls", or leave username and password out.'
            )
        if not re.fullmatch(r"[!-~]+", self.hostname):
            raise RelaySettingsError(
                f"relay '{self.name}': hostname {self.hostname!r} cannot stand in EHLO. Use this machine's public name."
            )
        for what in ("max_connections", "messages_per_connection"):
            if getattr(self, what) < 1:
                raise RelaySettingsError(f"relay '{self.name}': {what} is {getattr(self, what)}; use 1 or more.")
        for what in ("rate_per_second", "rate_per_hour"):
            rate = getattr(self, what)
            if rate is not None and not rate > 0:
                raise RelaySettingsError(f"relay '{self.name}': {what} is {rate}; use more than 0, or leave it out.")


def is_loopback(host: str) -> bool:
    """Whether the name or address can only mean this machine."""
    if host.rstrip(".").casefold() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def tls_context(settings: RelaySettings) -> ssl.SSLContext:
    """A context that verifies the certificate and its name, TLS 1.2 or later.

    Raises:
        RelaySettingsError: `ca_file` cannot be read.
    """
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.ca_file is not None:
        try:
            context.load_verify_locations(cafile=settings.ca_file)
        except (OSError, ssl.SSLError) as fault:
            raise RelaySettingsError(
                f"relay '{settings.name}': cannot read certificates from {settings.ca_file} ({fault}). "
                "Give a readable PEM file in ca_file."
            ) from fault
    return context
