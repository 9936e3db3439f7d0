"""What the outcome of an attempt means for its delivery and its lead: a pure table that `deliver` carries out."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct

from engine.domain.delivery import DeliveryState
from engine.smtp.mailer import SendResult
from engine.smtp.replies import OutcomeKind
from engine.smtp.retry import RetrySchedule, next_attempt
from engine.store.deliveries import Claimed

DOMAIN_PAUSE = timedelta(hours=1)

_BEFORE_DOT = (DeliveryState.SENDING, DeliveryState.TRANSMITTING)


class Fate(Struct, frozen=True, gc=False):
    """What becomes of a delivery after an attempt.

    `frm` are the states it may be in for this to count. `again_at` is the next try. `uncounted`: the relay is at fault,
    so the attempt is not held against the mail. `suppress` is a reason never to mail the address again; `pause_domain`
    and `stop_step` say for what others wait, `alert` what the operator is told.
    """

    state: DeliveryState
    reason: str
    frm: tuple[DeliveryState, ...] = _BEFORE_DOT
    again_at: datetime | None = None
    uncounted: bool = False
    suppress: str = ""
    pause_domain: bool = False
    stop_step: bool = False
    alert: str = ""


def fate(result: SendResult, mail: Claimed, schedule: RetrySchedule) -> Fate:
    """The fate of `mail` after this attempt."""
    outcome = result.outcome
    told = outcome.told
    match outcome.kind:
        case OutcomeKind.ACCEPTED:
            return Fate(DeliveryState.SENT, "", (DeliveryState.TRANSMITTING,))
        case OutcomeKind.UNKNOWN:
            reason = "the line was cut after the final dot; nobody knows whether the relay took it"
            return Fate(DeliveryState.UNKNOWN, reason, (DeliveryState.TRANSMITTING,))
        case OutcomeKind.WITHHELD:
            return Fate(DeliveryState.DROPPED, "withdrawn at the last moment: suppressed meanwhile", _BEFORE_DOT[:1])
        case OutcomeKind.RELAY_PAUSED:
            return _wait_for_relay(result, mail)
        case OutcomeKind.HARD_BOUNCE:
            return Fate(DeliveryState.FAILED, told, suppress="bounced: the address does not exist")
        case OutcomeKind.REJECTED:
            return Fate(DeliveryState.FAILED, told)
        case OutcomeKind.CONTENT:
            alert = f"mail '{mail.campaign}/{mail.step}' is stopped: the relay refuses its content ({told})"
            return Fate(DeliveryState.FAILED, told, stop_step=True, alert=alert)
        case OutcomeKind.POLICY:
            return _after_policy(result, mail, schedule)
        case _:
            return _try_again(result, mail, schedule)


def _wait_for_relay(result: SendResult, mail: Claimed) -> Fate:
    again = result.retry_at or result.finished_at + timedelta(minutes=5)
    reason = f"relay '{result.relay}' {result.outcome.told}"
    if mail.expires_at is not None and again >= mail.expires_at:
        return Fate(DeliveryState.DROPPED, f"not worth sending any more; {reason}")
    return Fate(DeliveryState.DEFERRED, reason, again_at=again, uncounted=True)


def _after_policy(result: SendResult, mail: Claimed, schedule: RetrySchedule) -> Fate:
    """The receiver refuses the sender: its domain rests, the lead is kept, and the mail waits as long as any other."""
    told, now = result.outcome.told, result.finished_at
    alert = f"mail is refused by policy and waits: {told}"
    if now - mail.first_attempt_at >= schedule.give_up_after:
        reason = f"given up after {mail.attempts} attempts: {told}"
        return Fate(DeliveryState.FAILED, reason, again_at=now + DOMAIN_PAUSE, pause_domain=True, alert=alert)
    return Fate(DeliveryState.DEFERRED, told, again_at=now + DOMAIN_PAUSE, pause_domain=True, alert=alert)


def _try_again(result: SendResult, mail: Claimed, schedule: RetrySchedule) -> Fate:
    if result.outcome.before_gate:
        return _wait_for_relay(result, mail)
    now, told = result.finished_at, result.outcome.told
    again = next_attempt(mail.attempts, mail.first_attempt_at, now, schedule=schedule)
    if again is None:
        return Fate(DeliveryState.FAILED, f"given up after {mail.attempts} attempts: {told}")
    if mail.expires_at is not None and again >= mail.expires_at:
        return Fate(DeliveryState.FAILED, f"not worth sending any more; refused until it expired: {told}")
    return Fate(DeliveryState.DEFERRED, told, again_at=again)
