"""Signing what is posted, and checking what is received, by the Standard Webhooks specification.

A message has a name (`webhook-id`), an instant (`webhook-timestamp`, seconds since 1970) and signatures
(`webhook-signature`, separated by blanks): each is `v1,` and the HMAC-SHA256 over name, instant and content, joined by
full stops, in base64. While a secret is changed a message carries a signature of both.
"""

from __future__ import annotations

import binascii
import hmac
import secrets as chance
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

PREFIX = "whsec_"
BYTES = 32
LEAST, MOST = 24, 64
"""Bytes of a secret, as the specification wants them."""
TOLERANCE = timedelta(minutes=5)


class BadSecretError(ValueError):
    """A text is no secret; its own text says why, without the secret."""


class BadSignatureError(ValueError):
    """A message is not from whom it says, or not from now; the text says what is wrong."""


def fresh_secret() -> str:
    """A new secret: `whsec_` and 32 bytes of chance in base64."""
    return PREFIX + b64encode(chance.token_bytes(BYTES)).decode()


def read_secret(text: str) -> bytes:
    """The key in a secret's text.

    Raises:
        BadSecretError: it does not begin with `whsec_`, or is not 24 to 64 bytes in base64.
    """
    if not text.startswith(PREFIX):
        raise BadSecretError(f"a webhook's secret begins with {PREFIX}")
    try:
        key = b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadSecretError(f"what follows {PREFIX} is not base64") from error
    if not LEAST <= len(key) <= MOST:
        raise BadSecretError(f"the secret has {len(key)} bytes; {LEAST} to {MOST} are wanted")
    return key


def sign(keys: Sequence[bytes], message_id: str, at: datetime, content: bytes) -> dict[str, str]:
    """The headers of a message: with one signature for each key, and none without keys."""
    seconds = str(int(at.timestamp()))
    headers = {"webhook-id": message_id, "webhook-timestamp": seconds}
    if keys:
        headers["webhook-signature"] = " ".join(_signature(key, message_id, seconds, content) for key in keys)
    return headers


def verify(keys: Sequence[bytes], headers: Mapping[str, str], content: bytes, now: datetime) -> str:
    """The name of a message that one of the keys signed within the last five minutes (clocks may differ by as much).

    Raises:
        BadSignatureError: it is unsigned, altered, signed by another key, or too old or too new.
    """
    found = {name.lower(): value for name, value in headers.items()}
    message_id, seconds = found.get("webhook-id", ""), found.get("webhook-timestamp", "")
    if not message_id or not seconds or not found.get("webhook-signature"):
        raise BadSignatureError("the message is not signed: webhook-id, webhook-timestamp, webhook-signature")
    if not seconds.isascii() or not seconds.isdecimal() or len(seconds) > 12:
        raise BadSignatureError("webhook-timestamp is no number of seconds")
    if abs(now.timestamp() - int(seconds)) > TOLERANCE.total_seconds():
        raise BadSignatureError("the message is not from the last five minutes")
    wanted = [_signature(key, message_id, seconds, content).encode() for key in keys]
    given = [one.encode("utf-8", "replace") for one in found["webhook-signature"].split(" ")]
    if not any([hmac.compare_digest(right, one) for right in wanted for one in given]):  # noqa: C419 – constant time
        raise BadSignatureError("no signature of the message is right")
    return message_id


def _signature(key: bytes, message_id: str, seconds: str, content: bytes) -> str:
    signed = b".".join((message_id.encode(), seconds.encode(), content))
    return "v1," + b64encode(hmac.digest(key, signed, "sha256")).decode()
