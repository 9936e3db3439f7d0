"""One message of an event client, after it was understood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from engine.domain.identity import ANONYMOUS_ID, EMAIL, USER_ID, Address, Identity

MESSAGE_BYTES = 32 * 1024
"""What one message may weigh; the client libraries promise not to send larger ones."""

BATCH_BYTES = 512 * 1024
"""What one request may weigh, unpacked; the client libraries stay below 500 KB."""

MOST_PROPERTIES = 200
LONGEST_NAME = 200


class Call(StrEnum):
    """What a message says: who somebody is, what they did, which company they belong to, or that two are one."""

    IDENTIFY = "identify"
    TRACK = "track"
    PAGE = "page"
    SCREEN = "screen"
    GROUP = "group"
    ALIAS = "alias"

    @property
    def happens(self) -> bool:
        """Whether it tells of something that happened, which becomes an event."""
        return self in (Call.TRACK, Call.PAGE, Call.SCREEN)


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that was not taken: its place in the batch (from 0), its id as far as it had one, and why."""

    place: int
    message_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Said:
    """One message.

    `source_id` names it for ever. `user` and `anonymous` are its ids as the client has them, empty where it has none;
    `address` is the person's, if one is said. `name` is what happened, or the company's id in a group call; `previous`
    the id that an alias takes over. `at` is when it happened, in UTC, by our clock. `evidence` is kept beside an event:
    how it came, without internet addresses.
    """

    call: Call
    place: int
    source_id: str
    at: datetime
    user: str = ""
    anonymous: str = ""
    address: Address | None = None
    name: str = ""
    previous: str = ""
    traits: Mapping[str, Any] = field(default_factory=dict)
    properties: Mapping[str, Any] = field(default_factory=dict)
    evidence: Mapping[str, Any] = field(default_factory=dict)

    @property
    def names_somebody(self) -> bool:
        """Whether it says who, by more than a browser's own id."""
        return bool(self.user or self.address)

    @property
    def names(self) -> tuple[Identity, ...]:
        """By which the lead is found, the surest first; a browser's own id last."""
        found = (
            Identity(USER_ID, self.user),
            Identity(EMAIL, self.address.identity if self.address else ""),
            Identity(USER_ID, self.previous),
            Identity(ANONYMOUS_ID, self.anonymous),
        )
        return tuple(name for name in found if name.value)
