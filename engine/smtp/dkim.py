"""DKIM signatures (RFC 6376, RFC 8463), relaxed/relaxed, made directly with `cryptography`.

Signs finished messages, whose headers are encoded. A signer is made once per key and used from any
thread.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from engine.errors import RipelineError
from engine.smtp.body import with_crlf

SIGNED_HEADERS = (
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "reply-to",
    "in-reply-to",
    "references",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "list-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "feedback-id",
)
"""Signed where present. Both unsubscribe headers must be covered, or one-click does not count (RFC 8058, section 4)."""

OVERSIGNED_HEADERS = frozenset({"from", "to", "subject", "date"})
"""Named once more than they occur, so that nobody can add a second one to a signed mail (RFC 6376, section 8.15)."""

_LINE = 72
_SMALLEST_RSA = 1024

_BLANKS = re.compile(rb"[\t ]{2,}|\t")
_FOLD = re.compile(rb"\r\n(?=[\t ])")
_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?")


class DkimKeyError(RipelineError):
    """A key, domain or selector that no signature can be made with."""


@dataclass(frozen=True, slots=True)
class DkimSigner:
    """Signs for one domain and selector. Made by `DkimSigner.from_pem`."""

    domain: str
    selector: str
    key: RSAPrivateKey | Ed25519PrivateKey

    @classmethod
    def from_pem(cls, domain: str, selector: str, pem: bytes) -> DkimSigner:
        """A signer with an unencrypted RSA or Ed25519 key.

        Raises:
            DkimKeyError: not such a key, an RSA key under 1024 bits, or no valid domain or selector.
        """
        for what, name in (("domain", domain), ("selector", selector)):
            if not _NAME.fullmatch(name):
                raise DkimKeyError(
                    f"DKIM {what} {name!r} is not a DNS name. Write it as it stands in the DNS, in ASCII."
                )
        try:
            key = load_pem_private_key(pem, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as fault:
            raise DkimKeyError(
                f"the DKIM key of {domain} cannot be read ({fault}). Give an unencrypted PEM file with a private key."
            ) from fault
        if isinstance(key, RSAPrivateKey) and key.key_size >= _SMALLEST_RSA:
            return cls(domain, selector, key)
        if isinstance(key, Ed25519PrivateKey):
            return cls(domain, selector, key)
        raise DkimKeyError(
            f"the DKIM key of {domain} must be RSA of {_SMALLEST_RSA} bits or more (2048 is usual) or Ed25519."
        )

    def sign(self, message: bytes, signed_at: datetime) -> bytes:
        """The message with a DKIM-Signature field before it, and with CRLF line ends, as it will go over the line."""
        message = with_crlf(message)
        return self.signature_field(message, signed_at) + message

    def signature_field(self, message: bytes, signed_at: datetime) -> bytes:
        """The DKIM-Signature field for this message, folded, with its CRLF. The message ends in CRLF.

        Raises:
            ValueError: the message has no From field, so no signature can be valid (RFC 6376, section 5.4).
        """
        head, _, body = message.partition(b"\r\n\r\n")
        fields = _fields(head)
        if not any(name == "from" for name, _ in fields):
            raise ValueError("a message without a From field cannot be signed")
        names, signed = _signed_fields(fields)
        unsigned = self._unsigned_field(names, _body_hash(body), int(signed_at.timestamp()))
        signature = self._signature(signed + _relaxed_field("dkim-signature", unsigned.partition(b":")[2]))
        return unsigned + _folded(base64.b64encode(signature)) + b"\r\n"

    def _unsigned_field(self, names: Sequence[str], body_hash: bytes, timestamp: int) -> bytes:
        algorithm = "rsa" if isinstance(self.key, RSAPrivateKey) else "ed25519"
        return (
            f"DKIM-Signature: v=1; a={algorithm}-sha256; c=relaxed/relaxed; d={self.domain};\r\n"
            f" s={self.selector}; t={timestamp};\r\n h={_folded_names(names)};\r\n bh={body_hash.decode()};\r\n b="
        ).encode("ascii")

    def _signature(self, data: bytes) -> bytes:
        if isinstance(self.key, RSAPrivateKey):
            return self.key.sign(data, PKCS1v15(), SHA256())
        # RFC 8463, section 3: Ed25519 signs the hash, not the data.
        return self.key.sign(hashlib.sha256(data).digest())


_Field = tuple[str, bytes]


def _fields(head: bytes) -> list[_Field]:
    """Name in lower case and raw value of every header field, in order."""
    unfolded = _FOLD.sub(b"", head)
    fields = (line.partition(b":") for line in unfolded.split(b"\r\n"))
    return [(name.strip().lower().decode("ascii", "replace"), value) for name, _, value in fields]


def _signed_fields(fields: Sequence[_Field]) -> tuple[list[str], bytes]:
    """The names for h=, and the fields to be hashed: of several with one name the lowest first (section 5.4.2)."""
    names: list[str] = []
    signed: list[bytes] = []
    for wanted in SIGNED_HEADERS:
        found = [_relaxed_field(name, value) for name, value in reversed(fields) if name == wanted]
        signed += [field + b"\r\n" for field in found]
        names += [wanted] * (len(found) + (wanted in OVERSIGNED_HEADERS))
    return names, b"".join(signed)


def _relaxed_field(name: str, value: bytes) -> bytes:
    """RFC 6376, section 3.4.2: unfolded, blanks made one, none around the colon or at the end."""
    return name.encode("ascii", "replace") + b":" + _BLANKS.sub(b" ", value.replace(b"\r\n", b"")).strip(b" ")


def _body_hash(body: bytes) -> bytes:
    """RFC 6376, section 3.4.4: blanks at line ends gone, others made one, empty lines at the end gone."""
    body = _BLANKS.sub(b" ", body)
    if b" \r\n" in body:
        body = body.replace(b" \r\n", b"\r\n")
    body = body.rstrip(b"\r\n")
    return base64.b64encode(hashlib.sha256(body + b"\r\n" if body else b"").digest())


def _folded(text: bytes) -> bytes:
    cuts = [*range(0, len(text), _LINE), len(text)]
    return b"\r\n ".join(text[start:end] for start, end in pairwise(cuts))


def _folded_names(names: Sequence[str]) -> str:
    lines = [""]
    for name in names:
        if len(lines[-1]) + len(name) > _LINE - 4:
            lines.append("")
        lines[-1] += f"{name}:"
    return "\r\n ".join(lines).rstrip(":")
