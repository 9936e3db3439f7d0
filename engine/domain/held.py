"""Why something due does not happen now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Held:
    """A closed gate: why, until when (None: for good), and the values that the sentence needs."""

    reason: str
    until: datetime | None = None
    data: Mapping[str, object] = field(default_factory=dict)
