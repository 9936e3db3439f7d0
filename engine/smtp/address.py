"""Envelope addresses as they go into MAIL and RCPT: nothing in them can end the command or add a parameter."""

from __future__ import annotations

import re

import idna

_SAFE = re.compile(r"[^\x00-\x20\x7f-\x9f<>\u2028\u2029]+")
_LONGEST = 320


class AddressError(ValueError):
    """An address that must not reach the line; the text says why."""


def envelope_address(address: str, *, null_allowed: bool = False) -> str:
    """The address with its domain in ASCII (IDNA 2008); only a local part beyond ASCII stays beyond ASCII.

    Raises:
        AddressError: control characters, blanks, angle brackets, no '@', or a domain that no DNS can hold.
    """
    if not address and null_allowed:
        return address
    if not _SAFE.fullmatch(address):
        raise AddressError(f"{address[:80]!r} holds a blank, an angle bracket or a control character")
    local, at, domain = address.rpartition("@")
    if not (local and at and domain) or len(address) > _LONGEST:
        raise AddressError(f"{address[:80]!r} is not of the form name@domain")
    if domain.isascii():
        return address
    try:
        return f"{local}@{idna.encode(domain, uts46=True).decode('ascii')}"
    except idna.IDNAError as fault:
        raise AddressError(f"{address!r}: no such domain can exist ({fault})") from fault
