"""Mails of unknown fate: settled by evidence first, then by the policy of the home."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.domain.delivery import DeliveryState
from engine.domain.timing import Span, parse_span
from engine.errors import RipelineError
from engine.service.home import Home
from engine.store.database import reading, writing
from engine.store.deliveries import any_in_state, rescue, settle_unknown, stop_waiting, unknown_since
from engine.store.events import evidence_for
from engine.store.journey import wake


@dataclass(frozen=True, slots=True)
class Settled:
    """How many uncertain mails proved to have arrived, were sent once more, and were given up."""

    arrived: int = 0
    resent: int = 0
    given_up: int = 0


def span_of(text: str, where: str) -> Span:
    """The duration that config says at `where`.

    Raises:
        RipelineError: it is none; `ripeline check` shows the place in the file.
    """
    found = parse_span(text)
    if isinstance(found, str):
        raise RipelineError(f"config.toml, {where}: {found}")
    return found


def take_back(home: Home, now: datetime, dead: Sequence[str] = ()) -> tuple[int, int]:
    """Take back mails that dead or silent senders had claimed: (due again, unknown)."""
    with reading(home.store) as connection:
        if not any_in_state(connection, (DeliveryState.SENDING, DeliveryState.TRANSMITTING)):
            return 0, 0
    with writing(home.store) as connection:
        return rescue(connection, now, dead)


def settle_uncertain(home: Home, now: datetime) -> Settled:
    """Settle what evidence decides at once, and the rest by policy once it has waited long enough."""
    with reading(home.store) as connection:
        if not any_in_state(connection, (DeliveryState.UNKNOWN,)):
            return Settled()
    with writing(home.store) as connection:
        rows = unknown_since(connection, now)
        if not rows:
            return Settled()
        proofs = evidence_for(connection, [row.id for row in rows])
        arrived = [row.id for row in rows if row.id in proofs]
        for number in arrived:
            proof = proofs[number]
            reason = f"arrived: {proof.kind} at {proof.at:%Y-%m-%d %H:%M} UTC"
            wake(connection, settle_unknown(connection, [number], DeliveryState.SENT, reason, proof.at), now)
        late = _waited_long(home, [row for row in rows if row.id not in proofs], now)
        return _by_policy(connection, home, late, now, len(arrived))


def _waited_long(home: Home, rows: Sequence[Any], now: datetime) -> list[Any]:
    wait = span_of(home.config.delivery.unknown_after, "delivery.unknown_after").elapsed
    return [row for row in rows if row.begun_at is not None and row.begun_at + wait <= now]


def _by_policy(connection: Any, home: Home, rows: Sequence[Any], now: datetime, arrived: int) -> Settled:
    """`resend_once` sends a mail once more, with the same Message-ID; `hold` lets the lead go on without knowing."""
    once_more = home.config.delivery.unknown == "resend_once"
    again = [row.id for row in rows if once_more and row.unknowns < 2]
    given_up = [row.id for row in rows if row.id not in again]
    settle_unknown(connection, again, DeliveryState.DUE, "sent once more, as its fate stayed unknown", now)
    reason = "nobody knows whether it arrived; the journey goes on"
    wake(connection, stop_waiting(connection, given_up, reason, now), now)
    return Settled(arrived, len(again), len(given_up))
