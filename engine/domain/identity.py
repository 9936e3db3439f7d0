"""Who a lead is to us: its names in other systems, its address as compared and as written, and the keyed hash of it."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

EMAIL = "email"
USER_ID = "userId"
ANONYMOUS_ID = "anonymousId"
PUBLIC_ID = "ripeline"
"""Kinds of identity; a CRM's own numbers go under its name: `salesforce`, `hubspot`, `mailchimp` …"""

ROLE_NAMES = frozenset(
    (
        *("abuse", "admin", "administrator", "billing", "compliance", "contact", "devnull", "dns", "enquiries", "ftp"),
        *("help", "hostmaster", "hr", "info", "inoc", "ispfeedback", "ispsupport", "jobs", "kontakt", "list"),
        *("list-request", "maildaemon", "mailer-daemon", "marketing", "no-reply", "noc", "noreply", "null", "office"),
        *("phish", "phishing", "postmaster", "privacy", "registrar", "root", "sales", "security", "service", "spam"),
        *("support", "sysadmin", "tech", "undisclosed-recipients", "unsubscribe", "usenet", "uucp", "webmaster", "www"),
    )
)
"""Local parts that stand for a function, not a person (RFC 2142 and custom)."""

CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""What no name and no address may hold: it would end a header's line, or could not be stored."""

_PLAIN = re.compile(
    r"([A-Za-z0-9_+'=&/~-]+(?:\.[A-Za-z0-9_+'=&/~-]+)*)"
    r"@((?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63})"
)
_SPECIAL_ENDS = (".arpa", ".invalid", ".local", ".localhost", ".onion")
_LONGEST_LOCAL, _LONGEST_DOMAIN = 64, 253
ENTROPY_BYTES = 10


class Identity(NamedTuple):
    """One of a lead's names: its kind, and the value as compared. A tuple, as millions of them are hashed at import."""

    kind: str
    value: str

    def __str__(self) -> str:
        return self.value if self.kind == EMAIL else f"{self.kind} {self.value}"


class Address(NamedTuple):
    """A mail address: `written` is what is mailed to, `identity` what is compared (casefolded, domain in ASCII).

    `role`: it belongs to a function (info@, abuse@), not to a person.
    """

    written: str
    identity: str
    domain: str
    role: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """A value that cannot be used, and why, as the end of a sentence that begins with it."""

    reason: str


def read_address(text: str) -> Address | Rejected:
    """The address in `text`, checked by syntax only (RFC 5321, RFC 6531; domains by IDNA 2008).

    The local part stays as written: RFC 5321 section 2.4 leaves its case to the receiver.
    """
    found = control_character(text.strip(" "))
    if found:
        return Rejected(f"holds {found}, which no address may hold")
    text = text.strip()
    plain = _PLAIN.fullmatch(text)
    if plain and "--" not in plain[2]:
        local, domain = plain[1], plain[2].lower()
        if len(local) <= _LONGEST_LOCAL and len(domain) <= _LONGEST_DOMAIN and not domain.endswith(_SPECIAL_ENDS):
            return _address(local, domain, domain)
    return _read_unusual(text)


def _said(fault: ValueError) -> str:
    """The library's sentence as the end of one of ours."""
    words = str(fault).rstrip(".")
    return words[:1].lower() + words[1:]


def _address(local: str, domain: str, ascii_domain: str) -> Address:
    folded = local.casefold()
    return Address(f"{local}@{domain}", f"{folded}@{ascii_domain}", domain, folded.partition("+")[0] in ROLE_NAMES)


def _read_unusual(text: str) -> Address | Rejected:
    """Addresses beyond plain ASCII, and those that are none: the library knows the rules and the words."""
    from email_validator import EmailNotValidError, validate_email

    try:
        # .test is reserved for tests (RFC 6761) and harmless: no mail server answers for it
        found = validate_email(text, check_deliverability=False, test_environment=True, strict=True)
    except EmailNotValidError as fault:
        return Rejected(f"is no mail address: {_said(fault)}")
    return _address(found.local_part, found.domain.lower(), (found.ascii_domain or found.domain).lower())


def control_character(text: str) -> str:
    """The name of the first control character in `text`, with its article; empty if there is none."""
    found = CONTROLS.search(text)
    return _control_name(found[0]) if found else ""


@lru_cache(maxsize=256)
def _control_name(character: str) -> str:
    names = {"\0": "a NUL", "\t": "a tab", "\n": "a line break (LF)", "\v": "a VT", "\r": "a line break (CR)"}
    return names.get(character, f"a control character (U+{ord(character):04X})")


def address_hash(key: bytes, address: str) -> str:
    """The keyed hash under which suppressions know an address: HMAC-SHA256 of `Address.identity`, in hex.

    Without the key nobody can tell by trial whether an address is on the list, and so it may outlive the lead.
    """
    return hmac.digest(key, address.encode(), "sha256").hex()


def public_id(now: datetime, entropy: bytes) -> str:
    """An opaque id of 32 characters: `now` and `ENTROPY_BYTES` random bytes, in hex, so that it sorts by time.

    Ids in the order of time keep the index's inserts in one place, which a bulk import feels.
    """
    return int(now.timestamp() * 1000).to_bytes(6, "big").hex() + entropy[:ENTROPY_BYTES].hex()
