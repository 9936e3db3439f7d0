"""Requests that are sent again: an Idempotency-Key names a request, and the same request gets the same answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from engine.errors import RipelineError

LONGEST_KEY = 255
KEPT = timedelta(hours=48)
"""How long the answer is kept at least."""
LEASE = timedelta(seconds=60)
"""After which a request that has no answer yet may be sent again: whoever worked on it is gone."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered."""

    status: int
    content: bytes


class OtherRequestError(RipelineError):
    """The key was used for another request."""


class UnderWayError(RipelineError):
    """The same request is being worked on at this moment."""
