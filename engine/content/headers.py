"""Header fields of a mail, written by hand: `email.message` costs ten times the rest of a mail."""

from __future__ import annotations

import re
from base64 import b64encode
from datetime import datetime
from functools import lru_cache

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_PLAIN_TEXT = re.compile(r"[ -~]*")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"]+@[^\s@<>()\[\],;:\\\"]+")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MAX_LINE = 998


class HeaderError(ValueError):
    """A value that may not stand in a header; the text names the field and what is wrong."""


def checked(field: str, value: str) -> str:
    """The value, if it holds no control character.

    Raises:
        HeaderError: it holds a line break, NUL or another control, with which a header could be forged.
    """
    found = _CONTROL.search(value)
    if found:
        names = {"\r": "a carriage return", "\n": "a line break", "\0": "a NUL", "\v": "a vertical tab"}
        what = names.get(found[0], f"a control character (U+{ord(found[0]):04X})")
        raise HeaderError(f"{field} contains {what}: {value[:60]!r}")
    return value


def unstructured(field: str, value: str) -> bytes:
    """A field of free text, like Subject; RFC 2047 words where it is not ASCII.

    Raises:
        HeaderError: see `checked`.
    """
    checked(field, value)
    if _PLAIN_TEXT.fullmatch(value) and "=?" not in value:
        return _folded(field, value)
    return f"{field}: ".encode() + _words(value, 75 - len(field) - 2) + b"\r\n"


def _folded(field: str, value: str) -> bytes:
    """ASCII text in lines of about 78 characters, broken at spaces (RFC 5322, section 2.2.3)."""
    line = f"{field}: {value}"
    if len(line) <= 78:
        return line.encode("ascii") + b"\r\n"
    if max(map(len, line.split(" "))) > 900 or "  " in value or value != value.strip():
        return f"{field}: ".encode() + _words(value, 75 - len(field) - 2) + b"\r\n"
    rows, row = [], ""
    for word in line.split(" "):
        if row and len(row) + 1 + len(word) > 76:
            rows.append(row)
            row = word
        else:
            row = f"{row} {word}" if row else word
    if rows == [f"{field}:"]:  # a line of white space only would follow the name
        return line.encode("ascii") + b"\r\n"
    return "\r\n ".join((*rows, row)).encode("ascii") + b"\r\n"


def _words(value: str, room: int) -> bytes:
    """Encoded words (RFC 2047) in base64, each of whole characters and at most 75 long, the first within `room`."""
    encoded_whole = value.encode("utf-8", "replace")
    if len(encoded_whole) <= (room - 12) // 4 * 3:
        return b"=?utf-8?b?" + b64encode(encoded_whole) + b"?="
    words: list[bytes] = []
    chunk = bytearray()
    for char in value:
        encoded = char.encode("utf-8", "replace")
        limit = ((room if not words else 74) - 12) // 4 * 3
        if chunk and len(chunk) + len(encoded) > limit:
            words.append(bytes(chunk))
            chunk = bytearray()
        chunk += encoded
    words.append(bytes(chunk))
    return b"\r\n ".join(b"=?utf-8?b?" + b64encode(word) + b"?=" for word in words)


def mailbox(field: str, name: str, address: str) -> bytes:
    """A field with one name and address, like From.

    Raises:
        HeaderError: the address is none, is not ASCII, or something holds a control character.
    """
    checked(field, name)
    checked(field, address)
    if not _ADDRESS.fullmatch(address) or len(address) > 320:
        raise HeaderError(f"{field} is no address that mail can go to: {address[:80]!r}")
    if not address.isascii():
        raise HeaderError(f"{field} has characters outside ASCII, which relays refuse: {address[:80]!r}")
    if not name:
        return f"{field}: {address}\r\n".encode("ascii")
    if name.isascii() and "=?" not in name and len(name) <= 200:
        words = name if _ATOMS.fullmatch(name) and name == name.strip() and "  " not in name else _quoted(name)
        glue = " " if len(field) + len(words) + len(address) <= 72 else "\r\n "
        return f"{field}: {words}{glue}<{address}>\r\n".encode("ascii")
    return f"{field}: ".encode() + _words(name, 75 - len(field) - 2) + f"\r\n <{address}>\r\n".encode("ascii")


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def fixed(field: str, value: str) -> bytes:
    """A field that is never folded or encoded, like List-Unsubscribe.

    Raises:
        HeaderError: it is longer than a line may be, or not ASCII.
    """
    line = f"{field}: {checked(field, value)}"
    if len(line) > MAX_LINE or not line.isascii():
        raise HeaderError(f"{field} is too long or not ASCII: {value[:60]!r}…")
    return line.encode("ascii") + b"\r\n"


def date_text(instant: datetime) -> str:
    """A date as RFC 5322 (section 3.3) wants it, in UTC: `Sun, 22 Nov 2026 10:35:19 +0000`."""
    return _second_text(instant.replace(microsecond=0))


@lru_cache(maxsize=64)
def _second_text(instant: datetime) -> str:
    """Mails come by the thousand in a second."""
    offset = instant.utcoffset()
    zone = instant.strftime("%z") if offset else "+0000"
    day, month = _DAYS[instant.weekday()], _MONTHS[instant.month - 1]
    time = f"{instant.hour:02d}:{instant.minute:02d}:{instant.second:02d}"
    return f"{day}, {instant.day:02d} {month} {instant.year:04d} {time} {zone}"
