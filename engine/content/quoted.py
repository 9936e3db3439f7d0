"""Quoted-printable (RFC 2045, section 6.7) in fragments that can be put together in any order.

Every fragment begins at the start of a line and ends with a line break, a soft one if need be. So what stands before a
value never matters to it, and the fixed parts of a mail are encoded once per template.
"""

from __future__ import annotations

import re

SOFT = b"=\r\n"
_WIDTH = 73  # 76 is the limit: room for a soft break's "=" and for a guarded first character
_PLAIN = re.compile(r"[ !-<>-~]{1,75}")
_SPECIAL = re.compile(rb"[^ -<>-~]")
_CODES = {bytes((code,)): b"=%02X" % code for code in range(256)}
_EQUALS = 61
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
    if hard and line.endswith((b" ", b"\t")):
        line, ending = line[:-1], b"=%02X" % line[-1]
    else:
        ending = b""
    code = _SPECIAL.sub(_escape, line) + ending
    rows: list[bytes] = []
    start = 0
    while len(code) - start > _WIDTH:
        stop = start + _WIDTH
        if code[stop - 1] == _EQUALS:
            stop -= 1
        elif code[stop - 2] == _EQUALS:
            stop -= 2
        rows.append(_guarded(code[start:stop]) + SOFT)
        start = stop
    rows.append(_guarded(code[start:]) + (b"\r\n" if hard else SOFT))
    return b"".join(rows)


def _escape(match: re.Match[bytes]) -> bytes:
    return _CODES[match[0]]


def _guarded(row: bytes) -> bytes:
    """A row that no relay mistakes for the end of the message or the start of another; up to two characters longer."""
    return b"=%02X" % row[0] + row[1:] if row.startswith(_AWKWARD_START) else row


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
