"""Whom the operator takes off all mail, gives back, looks at in full, or erases."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

import orjson

from engine.domain.identity import Address, Rejected, address_hash, read_address
from engine.errors import RipelineError
from engine.store.database import Store, reading, writing
from engine.store.erasure import erase_lead, everything_about
from engine.store.leads import find_lead
from engine.store.permission import lift, suppress_hashes, suppressions_of

BY_HAND = "by operator"
_DOMAIN = re.compile(r"@?[\w-]+(\.[\w-]+)+")


@dataclass(frozen=True, slots=True)
class Suppressed:
    """One reason why an address is not mailed."""

    scope: str
    reason: str
    source: str
    at: datetime


def suppress(
    store: Store,
    key: bytes,
    addresses: Iterable[str],
    now: datetime,
    *,
    scope: str = "all",
    reason: str = "by operator",
) -> int:
    """Never mail these addresses again within the scope, whether leads have them or not; how many are newly so.

    Raises:
        RipelineError: one of them is no address; none is suppressed then.
    """
    hashes = [hash_of(key, address) for address in addresses]
    with writing(store) as connection:
        return suppress_hashes(connection, hashes, scope, reason, "operator", now)


def unsuppress(store: Store, key: bytes, address: str, *, scope: str = "all") -> bool:
    """Take back a suppression of this scope; whether there was one. Only a person may do so, and answers for it."""
    with writing(store) as connection:
        return lift(connection, hash_of(key, address), scope)


def suppressed(store: Store, key: bytes, address: str) -> tuple[Suppressed, ...]:
    """Why this address is not mailed; empty if nothing stands against it."""
    with reading(store) as connection:
        rows = suppressions_of(connection, hash_of(key, address))
    return tuple(Suppressed(row.scope, row.reason, row.source, row.at) for row in rows)


def hash_of(key: bytes, address: str) -> str:
    """The hash under which this address would be suppressed.

    Raises:
        RipelineError: it is no address; a whole domain belongs into the config.
    """
    found = read_address(address)
    if isinstance(found, Address):
        return address_hash(key, found.identity)
    if isinstance(found, Rejected) and _DOMAIN.fullmatch(address.strip()):
        domain = address.strip().lstrip("@")
        raise RipelineError(f"{domain} is a whole domain; add it to [never_mail] domains in config.toml")
    raise RipelineError(f"'{address}' {found.reason}")


def export_lead(store: Store, name: str, message: Callable[[int], bytes | None] | None = None) -> bytes:
    """Everything about one lead as JSON, the way a person who asks for it gets it (GDPR article 15).

    `name` is an address, an opaque id or `kind:value`; `message` gives the mail of a delivery as it was sent.

    Raises:
        RipelineError: there is no such lead.
    """
    with reading(store) as connection:
        found = find_lead(connection, name)
        if found is None:
            raise _nobody(name)
        everything = everything_about(connection, found.id)
    if message is not None:
        mails = {str(row["id"]): message(row["id"]) for row in everything["deliveries"]}
        everything["mails"] = {number: mail.decode(errors="replace") for number, mail in mails.items() if mail}
    return orjson.dumps(everything, option=orjson.OPT_INDENT_2)


def erase(store: Store, key: bytes, name: str, now: datetime, source: str = "operator") -> None:
    """Take a lead and everything about it away, and keep only the hash of its addresses, suppressed for all mail.

    Raises:
        RipelineError: there is no such lead.
    """
    with writing(store) as connection:
        found = find_lead(connection, name)
        if found is None:
            raise _nobody(name)
        erase_lead(connection, found.id, key, source, now)


def _nobody(name: str) -> RipelineError:
    return RipelineError(
        f"nobody here is called '{name}'; give an address, a lead's id, or kind:value such as userId:42"
    )
