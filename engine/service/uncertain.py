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
from engine.store.deliveries import any_in_state
from engine.store.events import evidence_for
from engine.store.journey import wake
from engine.store.unknown_mails import rescue, settle_unknown, stop_waiting, unknown_ids, unknown_since


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


def take_back(home: Home, now: datetime, dead: Sequence[str] = (), *, everything: bool = False) -> tuple[int, int]:
    """Take back mails that dead or silent senders had claimed, or all that is claimed: (due again, unknown)."""
    with reading(home.store) as connection:
        if not any_in_state(connection, (DeliveryState.SENDING, DeliveryState.TRANSMITTING)):
            return 0, 0
    with writing(home.store) as connection:
        return rescue(connection, now, dead, everything=everything)


def settle_uncertain(home: Home, now: datetime) -> Settled:
    """Settle what evidence decides at once, and the rest by policy once it has waited long enough."""
    with reading(home.store) as connection:
        proofs = evidence_for(connection, unknown_ids(connection))
        late = _waited_long(home, [row for row in unknown_since(connection, now) if row.id not in proofs], now)
    if not proofs and not late:
        return Settled()
    with writing(home.store) as connection:
        for number, proof in proofs.items():
            wake(connection, _by_evidence(connection, home, number, proof), now)
        return _by_policy(connection, home, late, now, len(proofs))


def _by_evidence(connection: Any, home: Home, number: int, proof: Any) -> set[int]:
    """An open, a click or an answer shows that the mail arrived; a bounce, that it went out and came back."""
    state = DeliveryState.FAILED if proof.kind == "bounce" else DeliveryState.SENT
    told = "went out and bounced" if proof.kind == "bounce" else f"arrived: {proof.kind}"
    return settle_unknown(connection, [number], state, f"{told} on {home.told(proof.at)}", proof.at)


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
