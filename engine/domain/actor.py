"""Who caused something that came back to us."""

from __future__ import annotations

from enum import StrEnum


class Actor(StrEnum):
    """A person or a program. Unknown counts as machine wherever a rule asks."""

    HUMAN = "human"
    MACHINE = "machine"
    UNKNOWN = "unknown"
