"""The key in an Authorization header."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as Base64Error


def key_in(header: str) -> str:
    """The key: after Bearer (RFC 6750), or as the user name of Basic (RFC 7617), as analytics libraries send it.

    Empty if there is none.
    """
    scheme, _, value = header.strip().partition(" ")
    if scheme.casefold() == "bearer":
        return value.strip()
    if scheme.casefold() != "basic":
        return ""
    try:
        return b64decode(value.strip(), validate=True).decode().partition(":")[0]
    except (Base64Error, ValueError):
        return ""
