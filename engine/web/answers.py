"""Answers: finished responses that need no framework, and the headers that they share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

NO_STORE = (b"cache-control", b"no-store, private")
NO_REFERRER = (b"referrer-policy", b"no-referrer")
NO_SNIFF = (b"x-content-type-options", b"nosniff")
NO_INDEX = (b"x-robots-tag", b"noindex, nofollow")


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished response; its messages are made once and sent as often as needed."""

    start: dict[str, Any]
    end: dict[str, Any]


def answer(status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes = b"") -> Answer:
    length = (b"content-length", str(len(body)).encode())
    return Answer(
        {"type": "http.response.start", "status": status, "headers": [*headers, length]},
        {"type": "http.response.body", "body": body},
    )
