"""Whether a store is the one that a home has worked with, and as far as it had come.

A home keeps a mark of its store outside of it. A store that was restored, cloned, moved or failed over does not know
what was sent since; a clock that jumped makes everything due. Both are doubts, and a person settles them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct

CLOCK = "the clock "
"""How doubts about the clock begin: while one stands, nothing is decided either."""

DRIFT = timedelta(minutes=5)
"""Clocks may differ so much without a doubt."""


class Mark(Struct, frozen=True):
    """A store at an instant.

    `identity` is its own name; `epoch` counts how often a person confirmed it; `place` tells one file or server from
    another; `attempts` is the number of the last attempt on record; `at` is the time of whoever looked, `its_time`
    that of the store's server where it has one.
    """

    identity: str
    epoch: int
    place: str
    attempts: int
    at: datetime
    its_time: datetime | None = None


def doubt(known: Iterable[Mark], found: Mark, *, witnessed: bool) -> str:
    """Why this store is not to be trusted, in words; empty if it is.

    `known` are the marks that the home keeps, `witnessed` whether the store says that some home keeps any.
    """
    if found.its_time is not None and abs(found.its_time - found.at) > DRIFT:
        return f"{CLOCK}of this machine and that of the database differ by {told(found.its_time - found.at)}"
    marks = list(known)
    if not marks:
        return "another home has worked with this store: it was cloned, or var/ was lost" if witnessed else ""
    return next((why for mark in marks if (why := _against(mark, found))), "")


def _against(mark: Mark, found: Mark) -> str:
    if mark.identity != found.identity:
        return f"this is another store ({found.identity}) than the one that this home has worked with ({mark.identity})"
    if found.epoch < mark.epoch:
        return f"the store is older than this home, which worked with it on {mark.at:%d %b %Y %H:%M} UTC: restored?"
    if found.epoch > mark.epoch:
        return ""  # a person confirmed it since
    if found.attempts < mark.attempts:
        lacking = mark.attempts - found.attempts
        attempts = "1 attempt to send is" if lacking == 1 else f"{lacking:,} attempts to send are"
        return f"{attempts} missing from the store: it was restored, or failed over without its last commits"
    if mark.place and found.place and found.place != mark.place:
        return "the store is on another file or server than before: it was copied, moved, restored or failed over"
    if mark.at - found.at > DRIFT:
        return f"{CLOCK}went back by {told(mark.at - found.at)}"
    return ""


def told(span: timedelta) -> str:
    """A length of time in rough words: `2 h 5 min`, `3 days`."""
    minutes = round(abs(span).total_seconds() / 60)
    if minutes < 120:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes // 1440} days"
