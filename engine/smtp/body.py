"""A message as it goes over the line: CRLF line ends, dots stuffed, nothing that could end it early.

A bare CR or LF is where servers disagree about line ends; left alone, `\\n.\\n` or `\\r.\\r` could end the message
for one server and start a second, smuggled one (RFC 5321, section 2.3.8).
"""

from __future__ import annotations

import re

FINAL_DOT = b".\r\n"

_ANY_LINE_END = re.compile(rb"\r\n|\r|\n")


def with_crlf(message: bytes) -> bytes:
    """The message with every line end as CRLF, the last line included; unchanged (not copied) if it is so already."""
    pairs = message.count(b"\r\n")
    if pairs != message.count(b"\n") or pairs != message.count(b"\r"):
        message = _ANY_LINE_END.sub(b"\r\n", message)
    return message if message.endswith(b"\r\n") else message + b"\r\n"


def dot_stuffed(message: bytes) -> bytes:
    """The message with a dot put before every line that starts with one (RFC 5321, section 4.5.2).

    Expects CRLF line ends.
    """
    if b"\r\n." in message:
        message = message.replace(b"\r\n.", b"\r\n..")
    return b"." + message if message.startswith(b".") else message
