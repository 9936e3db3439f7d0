"""Tokens: what stands in the addresses of a mail, unforgeable and bound to that one mail.

A mail's token names its delivery and the link table of its template, under a MAC that also covers its purpose. A
link's token is the same for every recipient, as it is signed together with the link table that it belongs to: the
mail's token binds the table, and the table's links bind their targets. So a link of another template is refused, and
all mails of one template share the work. Targets that depend on the lead are bound to the delivery.

Keys have numbers and rotate: the newest signs, all in the ring verify. MACs are keyed BLAKE2b with a digest of 96 bits
(RFC 7693, section 2.9); measured in the tracker, HMAC-SHA256 costs a request three times as much.
"""

from __future__ import annotations

import binascii
import hmac
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from hashlib import blake2b

from msgspec import Struct

MAC_BYTES = 12
TABLE_BYTES = 6
_MAIL = struct.Struct(">BQ6s")
_LINK = struct.Struct(">BH")
_VISIT = struct.Struct(">BQI")


class Purpose(Enum):
    """What a mail's token allows; a token for one purpose is garbage for every other."""

    TRACK = b"t"
    UNSUBSCRIBE = b"u"
    VIEW = b"v"
    SHARE = b"p"
    RETURN_PATH = b"r"
    HANDOFF = b"h"
    TASK = b"k"
    VISIT = b"s"


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Signing keys by number (0–255), each of at most 64 bytes; `current` signs."""

    keys: Mapping[int, bytes]
    current: int

    def mac(self, number: int, message: bytes) -> bytes | None:
        key = self.keys.get(number)
        return _mac(key, message) if key else None

    def sign(self, message: bytes) -> bytes:
        return _mac(self.keys[self.current], message)


def _mac(key: bytes, message: bytes) -> bytes:
    return blake2b(message, key=key, digest_size=MAC_BYTES).digest()


class MailRef(Struct, frozen=True, gc=False):
    """The mail that a token names: its delivery's number and the fingerprint of its link table (6 bytes)."""

    delivery: int
    table: bytes


class LinkRef(Struct, frozen=True, gc=False):
    """A link of a mail: its number in the link table and where it leads."""

    index: int
    target: str


def mail_token(ring: KeyRing, purpose: Purpose, mail: MailRef) -> str:
    """The token of a mail for one purpose: 36 characters, safe in addresses."""
    body = _MAIL.pack(ring.current, mail.delivery, mail.table)
    return _text(body + ring.sign(purpose.value + body))


def read_mail_token(ring: KeyRing, purpose: Purpose, token: str) -> MailRef | None:
    """The mail that the token names; None for anything that this ring did not sign for this purpose."""
    raw = _bytes(token)
    if raw is None or len(raw) != _MAIL.size + MAC_BYTES:
        return None
    body, mac = raw[: _MAIL.size], raw[_MAIL.size :]
    number, delivery, table = _MAIL.unpack(body)
    expected = ring.mac(number, purpose.value + body)
    return MailRef(delivery, table) if expected and hmac.compare_digest(mac, expected) else None


def person_token(ring: KeyRing, purpose: Purpose, number: int, person: str) -> str:
    """The token by which one person answers a hand-off or a task; the person stands where a mail has its table."""
    return mail_token(ring, purpose, MailRef(number, fingerprint_of(person)))


def fingerprint_of(person: str) -> bytes:
    """A person's name in 6 bytes, by which the one who answers is known among the few who were asked."""
    return blake2b(person.casefold().encode(), digest_size=TABLE_BYTES).digest()


def visit_token(ring: KeyRing, delivery: int, at: datetime) -> str:
    """The token that a followed link of a mail adds to an own site's address: whose mail, and when it was followed."""
    body = _VISIT.pack(ring.current, delivery, int(at.timestamp()))
    return _text(body + ring.sign(Purpose.VISIT.value + body))


def read_visit_token(ring: KeyRing, token: str, now: datetime, within: timedelta) -> int | None:
    """The delivery whose link was followed at most `within` ago; None for anything else."""
    raw = _bytes(token)
    if raw is None or len(raw) != _VISIT.size + MAC_BYTES:
        return None
    body, mac = raw[: _VISIT.size], raw[_VISIT.size :]
    number, delivery, seconds = _VISIT.unpack(body)
    expected = ring.mac(number, Purpose.VISIT.value + body)
    if not expected or not hmac.compare_digest(mac, expected):
        return None
    return int(delivery) if 0 <= now.timestamp() - seconds <= within.total_seconds() else None


def link_token(ring: KeyRing, table: bytes, link: LinkRef) -> str:
    """The token of a link whose target is the same for every lead; computed once per template."""
    return _link_token(ring, b"l" + table, link)


def bound_link_token(ring: KeyRing, mail: MailRef, link: LinkRef) -> str:
    """The token of a link whose target depends on the lead; good in this one mail only."""
    return _link_token(ring, _bound_prefix(mail), link)


def read_link_token(ring: KeyRing, mail: MailRef, token: str) -> LinkRef | None:
    """The link that the token names in that mail; None if it was altered or belongs elsewhere."""
    return _read_link(ring, (b"l" + mail.table, _bound_prefix(mail)), token)


def read_shared_link(ring: KeyRing, table: bytes, token: str) -> LinkRef | None:
    """The link that the token names, if its target is the same for every lead; None otherwise."""
    return _read_link(ring, (b"l" + table,), token)


def _read_link(ring: KeyRing, prefixes: tuple[bytes, ...], token: str) -> LinkRef | None:
    raw = _bytes(token)
    if raw is None or len(raw) < _LINK.size + MAC_BYTES:
        return None
    number, index = _LINK.unpack_from(raw)
    head, mac, target = (
        raw[: _LINK.size],
        raw[_LINK.size : _LINK.size + MAC_BYTES],
        raw[_LINK.size + MAC_BYTES :],
    )
    for prefix in prefixes:
        expected = ring.mac(number, prefix + head + target)
        if expected and hmac.compare_digest(mac, expected):
            return LinkRef(index, target.decode())
    return None


def _bound_prefix(mail: MailRef) -> bytes:
    return b"b" + mail.table + mail.delivery.to_bytes(8, "big")


def _link_token(ring: KeyRing, prefix: bytes, link: LinkRef) -> str:
    head, target = _LINK.pack(ring.current, link.index), link.target.encode()
    return _text(head + ring.sign(prefix + head + target) + target)


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(token: str) -> bytes | None:
    try:
        raw = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
    except (UnicodeEncodeError, binascii.Error, ValueError):
        return None
    return raw if _text(raw) == token else None
