"""Mails of which nobody knows whether the relay took them: which, since when, what speaks for it, what happens next.

An operator who has looked into the relay's log knows more, and decides.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from engine.domain.delivery import DeliveryState
from engine.errors import RipelineError
from engine.service.home import Home
from engine.service.uncertain import span_of
from engine.store.database import reading, writing
from engine.store.events import evidence_for
from engine.store.journey import wake
from engine.store.overview import unknown_mails
from engine.store.unknown_mails import settle_unknown

HOLD = "the lead goes on without knowing"
RESEND = "it is sent once more, with the same Message-ID"


@dataclass(frozen=True, slots=True)
class Uncertain:
    """One mail. `evidence` says what proves that it arrived; `plan` what happens at `settled_at` without any."""

    delivery: int
    lead: str
    mail: str
    since: datetime | None
    relay: str
    why: str
    evidence: str
    plan: str
    settled_at: datetime | None


def uncertain_mails(home: Home) -> list[Uncertain]:
    """Every mail of unknown fate, those for which leads still wait first."""
    wait = span_of(home.config.delivery.unknown_after, "delivery.unknown_after").elapsed
    once_more = home.config.delivery.unknown == "resend_once"
    with reading(home.store) as connection:
        rows = unknown_mails(connection)
        proofs = evidence_for(connection, [row.id for row in rows])
    found = []
    for row in rows:
        proof = proofs.get(row.id)
        waits = row.finished_at is None
        found.append(
            Uncertain(
                delivery=row.id,
                lead=row.email,
                mail=f"{row.campaign}/{row.step}",
                since=row.begun_at,
                relay=row.relay,
                why=row.reason,
                evidence=f"{proof.kind} on {home.told(proof.at)}: it arrived" if proof else "",
                plan=(RESEND if once_more and row.unknowns < 2 else HOLD) if waits else "settled",
                settled_at=row.begun_at + wait if waits and row.begun_at is not None else row.finished_at,
            )
        )
    return found


class Verdict(StrEnum):
    """What an operator decides on a mail of unknown fate."""

    ARRIVED = "arrived"
    LOST = "lost"
    RESEND = "resend"


_STATES = {
    Verdict.ARRIVED: DeliveryState.SENT,
    Verdict.LOST: DeliveryState.FAILED,
    Verdict.RESEND: DeliveryState.DUE,
}


def decide_uncertain(home: Home, numbers: Sequence[int], verdict: Verdict, who: str, why: str) -> int:
    """Settle these mails as an operator knows them to be, and let their leads go on; how many that was.

    `lost` ends the mail without sending it again; `resend` sends it once more, with the same Message-ID.

    Raises:
        RipelineError: one of them is not of unknown fate; nothing is changed then.
    """
    now = home.clock.now()
    reason = f"{_WORDS[verdict]} by {who}" + (f": {why}" if why else "")
    with writing(home.store) as connection:
        _check(numbers, {row.id for row in unknown_mails(connection)})
        wake(connection, settle_unknown(connection, numbers, _STATES[verdict], reason, now), now)
    return len(set(numbers))


_WORDS = {
    Verdict.ARRIVED: "taken as arrived",
    Verdict.LOST: "taken as lost",
    Verdict.RESEND: "sent once more, as decided",
}


def _check(numbers: Sequence[int], unknown: Collection[int]) -> None:
    others = sorted(set(numbers) - set(unknown))
    if others:
        listed = ", ".join(f"#{number}" for number in others[:5])
        raise RipelineError(f"not of unknown fate: {listed}. `ripeline audit` lists those; nothing was changed")
