"""Posting JSON to an address that an operator configured, without being turned against the network inside.

The guard resolves the name once, refuses every address that is not public, and connects to the very address that it
checked, so that a second answer of the name server cannot lead elsewhere (DNS rebinding). Redirects are not followed.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping
from urllib.parse import urlsplit

TIMEOUT = 10.0
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class RefusedAddressError(Exception):
    """The address leads where no webhook may go; the text says why."""


def public_address(host: str, port: int) -> str:
    """An address of `host` that is public, all of its addresses being so.

    Raises:
        RefusedAddressError: the name is unknown, or leads to this machine or an inner network.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise RefusedAddressError(f"the name {host} cannot be resolved") from error
    addresses = [str(entry[4][0]) for entry in found]
    for address in addresses:
        if not _is_public(ipaddress.ip_address(address.partition("%")[0])):
            raise RefusedAddressError(f"{host} leads to {address}, which is not a public address")
    return addresses[0]


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Global, for one host only, and no tunnel to an IPv4 address inside (mapped, 6to4, Teredo, NAT64)."""
    if isinstance(address, ipaddress.IPv6Address):
        within = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if within is not None or address in _NAT64:
            return False
    return address.is_global and not address.is_multicast


def post_json(url: str, content: Mapping[str, object]) -> str:
    """Post the content; an empty text when it was taken (2xx), otherwise what went wrong."""
    import httpx

    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        return f"the webhook's address must begin with https:// (its host is {parts.hostname or 'missing'})"
    try:
        address = public_address(parts.hostname, parts.port or 443)
        target = httpx.URL(url).copy_with(host=address)
        with httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client:
            answer = client.post(
                target,
                json=content,
                headers={"Host": parts.netloc.rpartition("@")[2]},
                extensions={"sni_hostname": parts.hostname},
            )
    except RefusedAddressError as error:
        return str(error)
    except httpx.HTTPError as error:
        return str(error) or type(error).__name__
    return "" if answer.is_success else f"{parts.hostname} answered {answer.status_code}"
