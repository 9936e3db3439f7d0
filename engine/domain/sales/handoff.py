"""A lead given to sales: the states that it goes through, and which may follow which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType


class HandoffState(StrEnum):
    """open: waits for an answer · accepted: sales takes care · snoozed: sales wants to be asked again · escalated: the
    first deadline ran out, somebody above was told · rejected: given back with a reason · expired: nobody answered, and
    marketing took it back · closed: its deal was won or lost · merged: the lead turned out to be one that sales has by
    another hand-off, which goes on"""

    OPEN = "open"
    ACCEPTED = "accepted"
    SNOOZED = "snoozed"
    ESCALATED = "escalated"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CLOSED = "closed"
    MERGED = "merged"

    @property
    def is_over(self) -> bool:
        """Whether sales has the lead no more."""
        return not TRANSITIONS[self]

    @property
    def waits(self) -> bool:
        """Whether an answer is still asked for."""
        return self in (HandoffState.OPEN, HandoffState.SNOOZED, HandoffState.ESCALATED)


_S = HandoffState
TRANSITIONS: Mapping[HandoffState, frozenset[HandoffState]] = MappingProxyType(
    {
        _S.OPEN: frozenset({_S.ACCEPTED, _S.SNOOZED, _S.ESCALATED, _S.REJECTED, _S.EXPIRED, _S.CLOSED, _S.MERGED}),
        _S.SNOOZED: frozenset({_S.OPEN, _S.ACCEPTED, _S.SNOOZED, _S.REJECTED, _S.CLOSED, _S.MERGED}),
        _S.ESCALATED: frozenset({_S.ACCEPTED, _S.SNOOZED, _S.REJECTED, _S.EXPIRED, _S.CLOSED, _S.MERGED}),
        _S.ACCEPTED: frozenset({_S.REJECTED, _S.CLOSED, _S.MERGED}),
        _S.REJECTED: frozenset(),
        _S.EXPIRED: frozenset(),
        _S.CLOSED: frozenset(),
        _S.MERGED: frozenset(),
    }
)
"""From each state, those that may follow."""

LIVE = tuple(state for state in HandoffState if TRANSITIONS[state])
"""The states in which sales has the lead."""


@dataclass(frozen=True, slots=True)
class Handoff:
    """A hand-off as its deadlines see it. `clock_at` is when the next one runs out; None: no more."""

    number: int
    state: HandoffState
    at: datetime
    clock_at: datetime | None = None
