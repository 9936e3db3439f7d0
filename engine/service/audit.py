"""Mails of which nobody knows whether the relay took them: which, since when, what speaks for it, what happens next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.service.home import Home
from engine.service.uncertain import span_of
from engine.store.database import reading
from engine.store.events import evidence_for
from engine.store.overview import unknown_mails

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
