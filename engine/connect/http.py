"""Every request that leaves this house over HTTP, without being turned against the network inside.

The guard resolves the name once, refuses every address that is not public, and connects to the very address that it
checked, so that a second answer of the name server cannot lead elsewhere (DNS rebinding). Redirects are not followed,
proxies of the environment not used, answers read up to a limit of bytes and seconds.

The HTTP library limits only how long nothing at all comes. So every request has a deadline of its own, for all from
connecting to the last byte of the answer: a receiver that sends one byte every few seconds holds nobody longer.
`within` sets one for several requests together.

An operator may say of a host that it stands inside (`inner = true` in config.toml): then private addresses and this
machine are reached. Link-local ones, where clouds keep their secrets (169.254.169.254), never are.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import SplitResult, urlsplit

TIMEOUT = 10.0
"""Seconds for each of connecting, writing, and waiting for more of an answer."""
PATIENCE = 30.0
"""Seconds for the whole of a request: from asking for its name to the last byte of the answer."""
_HALF = 0.45
"""Which part of a request's time each of connecting and agreeing on TLS may take."""
MOST_BYTES = 64 * 1024
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_AWS_METADATA = ipaddress.ip_address("fd00:ec2::254")
_Ip = ipaddress.IPv4Address | ipaddress.IPv6Address


_ends: ContextVar[float | None] = ContextVar("_ends", default=None)


class RefusedAddressError(Exception):
    """The address leads where no request may go; the text says why."""


class NoAnswerError(Exception):
    """Nobody answered, or not as HTTP wants it; the text says what happened."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request. `inner`: the host stands in the operator's own network, as config.toml says; nothing else may say so.
    `most` bytes of an answer are read."""

    method: str
    url: str
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    inner: bool = False
    most: int = MOST_BYTES


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; names of headers are in small letters."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def retry_after(self, now: datetime) -> timedelta | None:
        """How long the other side asks to be left alone (RFC 9110 section 10.2.3: seconds, or a date)."""
        value = self.headers.get("retry-after", "").strip()
        if value.isdecimal() and len(value) <= 9:
            return timedelta(seconds=int(value))
        try:
            at = parsedate_to_datetime(value)
        except (ValueError, TypeError):
            return None
        return max(at.replace(tzinfo=at.tzinfo or UTC) - now, timedelta())


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """All requests of the block together take no longer than that; the one that is under way then gets no answer."""
    token = _ends.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends.reset(token)


def ask(request: Ask) -> Reply:
    """Send the request and read the answer, whatever its status. Not to be called from within an event loop.

    Raises:
        RefusedAddressError: the address is not HTTPS, or leads inside.
        NoAnswerError: there was no answer, or it was too long or too slow.
    """
    import httpx

    ends, begun = _ends.get(), time.monotonic()
    most = PATIENCE if ends is None else min(PATIENCE, ends - begun)
    parts = _parts(request)
    address = checked_address(parts.hostname or "", _port(parts), inner=request.inner)
    try:
        return asyncio.run(_asked(request, parts, address, begun + most - time.monotonic()))
    except TimeoutError as error:
        raise NoAnswerError(f"{parts.hostname} did not answer completely within {max(most, 0):.0f} s") from error
    except httpx.TimeoutException as error:
        raise NoAnswerError(f"{parts.hostname} did not answer in time, {TIMEOUT:.0f} s at most") from error
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        raise NoAnswerError(f"{parts.hostname}: {error or type(error).__name__}") from error


async def _asked(request: Ask, parts: SplitResult, address: str, seconds: float) -> Reply:
    """The answer.

    Raises:
        TimeoutError: it is not complete after that many seconds, wherever it stands then.
    """
    import httpx

    if seconds <= 0:
        raise TimeoutError
    target = httpx.URL(request.url).copy_with(host=address, username=None, password=None)
    headers = {**request.headers, "Host": parts.netloc.rpartition("@")[2], "Accept-Encoding": "identity"}
    # connecting and agreeing on TLS end by themselves before the deadline cuts in, which would leave a socket behind
    timeout = httpx.Timeout(TIMEOUT, connect=min(TIMEOUT, seconds * _HALF))
    options: dict[str, Any] = {"extensions": {"sni_hostname": parts.hostname}, "headers": headers}
    if request.content:
        options["content"] = request.content
    async with (
        asyncio.timeout(seconds),
        httpx.AsyncClient(timeout=timeout, follow_redirects=False, trust_env=False) as client,
        client.stream(request.method, target, **options) as answer,
    ):
        content = await _read(answer, request.most)
        return Reply(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, content)


def _parts(request: Ask) -> SplitResult:
    try:
        parts = urlsplit(request.url)
        _port(parts)
    except ValueError as error:
        raise RefusedAddressError(f"the address is not well-formed: {error}") from error
    if parts.hostname and (parts.scheme == "https" or (parts.scheme == "http" and request.inner)):
        return parts
    raise RefusedAddressError(f"the address must begin with https:// (its host is {parts.hostname or 'missing'})")


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


async def _read(answer: Any, most: int) -> bytes:
    content = b""
    async for chunk in answer.aiter_raw():
        content += chunk
        if len(content) > most:
            raise NoAnswerError(f"the answer is longer than {most:,} bytes")
    return content


def checked_address(host: str, port: int, *, inner: bool = False) -> str:
    """An address of `host` that may be connected to, all of its addresses being so.

    Raises:
        RefusedAddressError: the name is unknown, or leads to this machine or an inner network without being `inner`.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise RefusedAddressError(f"the name {host} cannot be resolved") from error
    addresses = [str(entry[4][0]) for entry in found]
    for address in addresses:
        ip = ipaddress.ip_address(address.partition("%")[0])
        if not _is_public(ip) and not (inner and _is_inner(ip)):
            raise RefusedAddressError(f"{host} leads to {address}, which is not a public address")
    return addresses[0]


def _is_public(address: _Ip) -> bool:
    """Global, for one host only, and no tunnel to an IPv4 address inside (mapped, 6to4, Teredo, NAT64)."""
    if isinstance(address, ipaddress.IPv6Address):
        within = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if within is not None or address in _NAT64:
            return False
    return address.is_global and not address.is_multicast


def _is_inner(address: _Ip) -> bool:
    """A private network or this machine, and no place where a cloud keeps its machines' secrets."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return False
    refused = address.is_link_local or address.is_multicast or address.is_unspecified or address == _AWS_METADATA
    return (address.is_private or address.is_loopback) and not refused
