"""One mail as it was sent, with every attempt to send it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.errors import RipelineError
from engine.service.home import Home
from engine.service.keepsakes import message_as_sent
from engine.store.database import reading
from engine.store.deliveries import attempts_of, delivery_row
from engine.store.leads import lead_row


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try: when, over which relay, how far it came, and the relay's words."""

    number: int
    at: datetime
    relay: str
    phase: str
    outcome: str
    reply: str


@dataclass(frozen=True, slots=True)
class SentMail:
    """A delivery. `message` is what the relay was given, byte by byte; None before it went, or after retention."""

    number: int
    lead: str
    mail: str
    state: str
    reason: str
    test: bool
    subject: str
    bundle: int | None
    decided_at: datetime
    finished_at: datetime | None
    attempts: tuple[Attempt, ...]
    message: bytes | None


def sent_mail(home: Home, number: int) -> SentMail:
    """The delivery of this number.

    Raises:
        RipelineError: there is none.
    """
    with reading(home.store) as connection:
        row = delivery_row(connection, number)
        if row is None:
            raise RipelineError(f"there is no mail #{number}; `ripeline why LEAD` tells the numbers of a lead's mails")
        lead = lead_row(connection, row.lead_id)
        attempts = attempts_of(connection, number)
    return SentMail(
        number=row.id,
        lead=lead.email if lead is not None else "",
        mail="/".join(part for part in (row.campaign, row.stage, row.step) if part),
        state=row.state,
        reason=row.reason,
        test=row.test,
        subject=row.subject,
        bundle=row.bundle_id,
        decided_at=row.created_at,
        finished_at=row.finished_at,
        attempts=tuple(
            Attempt(one.number, one.ended_at or one.begun_at, one.relay, one.phase, one.outcome, one.reply)
            for one in attempts
        ),
        message=_message(home, number),
    )


def _message(home: Home, number: int) -> bytes | None:
    try:
        return message_as_sent(home, number)
    except ValueError as error:
        raise RipelineError(f"the copy of mail #{number} is damaged: {error}") from error
