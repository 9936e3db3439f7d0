"""The life of one mail: its states, and every transition that is allowed between them.

The store changes a delivery only by compare-and-set along this table, so that a reader needs no diagram:

    due → sending → transmitting → sent
           │  │          └──────→ unknown → sent | failed | due (resend_once)
           │  └→ deferred → sending
           └───→ failed | dropped
"""

from __future__ import annotations

from enum import StrEnum


class DeliveryState(StrEnum):
    """Where a mail is.

    due: decided, not yet begun · sending: claimed by a sender, the attempt is on record · transmitting: admitted at the
    gate, its final dot may be out · sent: the relay answered 250 · deferred: to be tried again · unknown: the line was
    cut after the dot · failed: refused for good · dropped: withdrawn by us before it went, with a reason
    """

    DUE = "due"
    SENDING = "sending"
    TRANSMITTING = "transmitting"
    SENT = "sent"
    DEFERRED = "deferred"
    UNKNOWN = "unknown"
    FAILED = "failed"
    DROPPED = "dropped"

    @property
    def in_flight(self) -> bool:
        """Whether the journey still waits for this mail."""
        return self in _IN_FLIGHT

    @property
    def counts_for_caps(self) -> bool:
        """Whether the lead got this mail, gets it, or may have got it."""
        return self not in (DeliveryState.FAILED, DeliveryState.DROPPED)


_IN_FLIGHT = frozenset(
    {
        DeliveryState.DUE,
        DeliveryState.SENDING,
        DeliveryState.TRANSMITTING,
        DeliveryState.DEFERRED,
        DeliveryState.UNKNOWN,
    }
)

TRANSITIONS: dict[DeliveryState, frozenset[DeliveryState]] = {
    DeliveryState.DUE: frozenset({DeliveryState.SENDING, DeliveryState.DROPPED}),
    DeliveryState.SENDING: frozenset(
        {
            DeliveryState.TRANSMITTING,
            DeliveryState.DEFERRED,
            DeliveryState.FAILED,
            DeliveryState.DROPPED,
            DeliveryState.DUE,
        }
    ),
    DeliveryState.TRANSMITTING: frozenset(
        {DeliveryState.SENT, DeliveryState.DEFERRED, DeliveryState.FAILED, DeliveryState.UNKNOWN}
    ),
    DeliveryState.DEFERRED: frozenset({DeliveryState.SENDING, DeliveryState.FAILED, DeliveryState.DROPPED}),
    DeliveryState.UNKNOWN: frozenset({DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.DUE}),
    DeliveryState.SENT: frozenset({DeliveryState.FAILED}),
    DeliveryState.FAILED: frozenset(),
    DeliveryState.DROPPED: frozenset(),
}
"""From each state to those it may become; `sent → failed` is a bounce that came back later."""


class MailKind(StrEnum):
    """marketing obeys everything; operational ignores caps, windows, holdout and marketing opt-out."""

    MARKETING = "marketing"
    OPERATIONAL = "operational"
