"""Whether a relay is fit to be used: rests after a fault, longer each time, and one mail at a time tries it again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

FIRST_REST = timedelta(minutes=1)
LONGEST_REST = timedelta(minutes=30)
FORGIVEN_AFTER = timedelta(minutes=30)
"""A relay that faults again sooner than this after its last rest goes on where its rests had got to."""


class Alarm(Protocol):
    """Tells the operator: once when a fault takes a relay out of use, and once when it works again.

    `reason` continues the sentence "relay 'x' …".
    """

    def relay_paused(self, relay: str, reason: str, retry_at: datetime) -> None: ...

    def relay_resumed(self, relay: str) -> None: ...


class Use(StrEnum):
    """fit → resting (fault) → trying (rest over, one mail tries) → fit | resting; any → stopped (a person) → fit."""

    FIT = "fit"
    RESTING = "resting"
    TRYING = "trying"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Health:
    """A relay's fitness; each method returns the next one. `retry_at` is None unless resting or trying."""

    use: Use = Use.FIT
    reason: str = ""
    retry_at: datetime | None = None
    faults: int = 0

    def may_use(self, now: datetime) -> bool:
        """Whether a mail may go now; the one that goes when a rest is over must first say `tried`."""
        if self.use is Use.RESTING and self.retry_at is not None:
            return now >= self.retry_at
        return self.use is Use.FIT

    @property
    def is_due(self) -> bool:
        """Given that a mail may go: whether it is the one that tries the relay after its rest."""
        return self.use is Use.RESTING

    def tried(self) -> Health:
        """The rest is over and one mail tries the relay; the others wait for what it finds."""
        return Health(Use.TRYING, self.reason, self.retry_at, self.faults) if self.use is Use.RESTING else self

    def faulted(self, now: datetime, reason: str) -> Health:
        """Rest, twice as long as the last time; mails still under way when a rest began do not prolong it."""
        if self.use in {Use.RESTING, Use.STOPPED}:
            return self
        forgiven = self.retry_at is None or now - self.retry_at >= FORGIVEN_AFTER
        faults = 1 if self.use is Use.FIT and forgiven else self.faults + 1
        rest = min(FIRST_REST * 2 ** min(faults - 1, 16), LONGEST_REST)
        return Health(Use.RESTING, reason, now + rest, faults)

    def worked(self) -> Health:
        """The relay took part in a transaction; only the mail that tried it can end a rest."""
        return Health(Use.FIT, "", self.retry_at, self.faults) if self.use is Use.TRYING else self

    def unclear(self) -> Health:
        """The mail that tried the relay ended without showing anything: the next one may try at once."""
        return Health(Use.RESTING, self.reason, self.retry_at, self.faults) if self.use is Use.TRYING else self

    def stopped(self, reason: str) -> Health:
        """A person takes the relay out of use until they put it back; `reason` as in `Alarm`."""
        return Health(Use.STOPPED, reason)

    def restarted(self) -> Health:
        return Health()
