"""Quoted-printable (RFC 2045, section 6.7) in fragments that can be put together in any order.

Every fragment begins at the start of a line and ends with a line break, a soft one if need be. So what stands before a value never
matters to it, and the fixed parts of a mail are encoded once per template.
"""

from __future__ import annotations

import re

SOFT = b"=\r\n"
_WIDTH = 75  # and a soft break's "=" makes 76, the limit
_PLAIN = re.compile(r"[ !-<>-~]{1,75}")
_TABLE = tuple(bytes((code,)) if 32 <= code <= 126 and code != 61 else b"=%02X" % code for code in range(256))
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_AWKWARD_START = (b".", b"From ")


def fragment(text: str) -> bytes:
    """A text as quoted-printable, from the start of a line to the start of another."""
    if _PLAIN.fullmatch(text) and not text.startswith((".", "From ")):
        return text.encode("ascii") + SOFT
    lines = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    encoded = [_line(line.encode("utf-8", "replace"), hard=True) for line in lines[:-1]]
    if lines[-1]:
        encoded.append(_line(lines[-1].encode("utf-8", "replace"), hard=False))
    return b"".join(encoded)


def _line(line: bytes, *, hard: bool) -> bytes:
    """One line; no row is longer than 76 characters, none ends in white space or begins like a mailbox separator."""
    rows: list[bytes] = []
    row = bytearray()
    for position, byte in enumerate(line):
        last = hard and position == len(line) - 1
        code = b"=%02X" % byte if last and byte in b" \t" else _TABLE[byte]
        if len(row) + len(code) > _WIDTH:
            rows.append(_guarded(row) + SOFT)
            row = bytearray()
        row += code
    rows.append(_guarded(row) + (b"\r\n" if hard else SOFT))
    return b"".join(rows)


def _guarded(row: bytearray) -> bytes:
    """A row that no relay mistakes for the end of the message or the start of another."""
    if row.startswith(_AWKWARD_START):
        return b"=%02X" % row[0] + bytes(row[1:])
    return bytes(row)


class FragmentCache(dict[str, bytes]):
    """Fragments of values, as names and companies come again and again. `escape` is for markup."""

    def __init__(self, *, escape: bool) -> None:
        super().__init__()
        self.escape = escape

    def __missing__(self, value: str) -> bytes:
        if len(self) >= 4096:
            self.clear()
        encoded = fragment(escaped(value) if self.escape else value) if value else b""
        if len(value) <= 256:
            self[value] = encoded
        return encoded


def escaped(value: str) -> str:
    """A value as text or quoted attribute of HTML."""
    if value.isalnum():
        return value
    return (
        value.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace('"', "&#34;")
        .replace("'", "&#39;")
    )
