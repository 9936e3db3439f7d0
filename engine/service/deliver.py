"""Delivering: claim what is due, write it, pass the gate, record how it ended. The network is the caller's."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from engine.content.form import pack_copy
from engine.domain.delivery import DeliveryState
from engine.domain.journey.decision import Line
from engine.service.alerts import raise_alert
from engine.service.home import Home
from engine.service.letters import Letter, Letters, UnsendableError
from engine.service.outcomes import Fate, fate
from engine.service.running import Runner, Running
from engine.service.uncertain import span_of
from engine.smtp.mailer import SendResult
from engine.smtp.replies import OutcomeKind
from engine.smtp.retry import RetrySchedule
from engine.store.bundles import home_value, home_values, set_home_value
from engine.store.database import reading, writing
from engine.store.deliveries import Claimed, Ended, admit, claim_due, keep_claims, record_ended, release
from engine.store.events import add_events
from engine.store.journey import tell, wake
from engine.store.permission import address_of, suppress_hashes

log = logging.getLogger("ripeline.sender")

LEASE = timedelta(minutes=5)
"""A claim stands so long without a heartbeat. The gate checks the claim itself, so this only says when to rescue."""

HELD_MAIL_RETRY = timedelta(hours=1)
"""A mail that cannot be written (a missing value, say) is tried again so much later; its lead waits."""

SENDING_HELD = "sending_held"
STEP_STOPPED = "stopped:"


@dataclass(frozen=True, slots=True)
class Sent:
    """A letter and how its attempt ended."""

    letter: Letter
    result: SendResult


class Dispatch:
    """One sending process's work on the journal. Synchronous; all calls come from its one writer thread."""

    def __init__(self, home: Home, node: str, runner: Runner | None = None) -> None:
        self._home = home
        self._node = node
        self._runner = runner or Runner(home)
        self._letters = Letters(home)
        give_up = span_of(home.config.delivery.give_up_after, "delivery.give_up_after").elapsed
        self._schedule = RetrySchedule(give_up_after=give_up, last_attempt_after=give_up + timedelta(hours=12))
        self._fences: dict[int, int] = {}
        self._paused_domains: dict[str, datetime] = {}

    def claim(self, limit: int) -> list[Letter]:
        """Claim due mails and write them; those that cannot be written are put back or dropped with the reason."""
        now = self._home.clock.now()
        if self._held():
            return []
        with writing(self._home.store) as connection:
            claims = claim_due(connection, self._node, now, now + LEASE, limit)
        if not claims:
            return []
        self._fences.update((claim.id, claim.fence) for claim in claims)
        return self._write_all(claims, now)

    def admit(self, tickets: Sequence[int]) -> set[int]:
        """The gate, for a group of connections that wait at 354: one commit; only its answer may send the dot."""
        now = self._home.clock.now()
        wanted = [(ticket, self._fences[ticket]) for ticket in tickets if ticket in self._fences]
        with writing(self._home.store) as connection:
            return admit(connection, wanted, now + LEASE)

    def record(self, sent: Sequence[Sent]) -> None:
        """Write how attempts ended, with everything that follows for the leads; one commit."""
        fates = [(one, fate(one.result, one.letter.claim, self._schedule)) for one in sent]
        with writing(self._home.store) as connection:
            woken = record_ended(connection, [self._ended(one, what) for one, what in fates])
            for one, what in fates:
                self._follow_up(connection, one, what)
            wake(connection, woken, self._home.clock.now())
        for one in sent:
            self._fences.pop(one.letter.claim.id, None)

    def heartbeat(self) -> None:
        """Say that this process still works on its claims."""
        with writing(self._home.store) as connection:
            keep_claims(connection, self._node, self._home.clock.now() + LEASE)

    def give_back(self, letters: Iterable[Letter]) -> None:
        """Put claims back that were not begun, as the process stops."""
        tickets = [(letter.claim.id, letter.claim.fence) for letter in letters]
        with writing(self._home.store) as connection:
            release(connection, tickets, self._home.clock.now())

    def _held(self) -> bool:
        with reading(self._home.store) as connection:
            return home_value(connection, SENDING_HELD) is not None

    def _write_all(self, claims: Sequence[Claimed], now: datetime) -> list[Letter]:
        running, stopped = self._runner.current(), self._stopped_steps()
        background = self._letters.background(claims)
        write = self._letters.write
        letters: list[Letter] = []
        unsendable: list[tuple[Claimed, UnsendableError]] = []
        for claim in claims:
            try:
                _refuse_early(claim, running, stopped, now)
                letter = write(claim, running, background, now)
                self._refuse_paused(letter, now)
                letters.append(letter)
            except UnsendableError as error:
                unsendable.append((claim, error))
        self._put_aside(unsendable, now)
        return letters

    def _stopped_steps(self) -> frozenset[str]:
        with reading(self._home.store) as connection:
            return frozenset(name.removeprefix(STEP_STOPPED) for name in home_values(connection, STEP_STOPPED))

    def _refuse_paused(self, letter: Letter, now: datetime) -> None:
        domain = letter.outgoing.recipient.rpartition("@")[2].casefold()
        if self._paused_domains.get(domain, now) > now:
            raise UnsendableError(f"{domain} refuses our mail by policy; paused until it may have calmed down")

    def _put_aside(self, unsendable: Sequence[tuple[Claimed, UnsendableError]], now: datetime) -> None:
        """Drop what will never go; what may be mended waits, with its attempt taken back."""
        if not unsendable:
            return
        with writing(self._home.store) as connection:
            dropped = [_dropped(claim, error.reason, now) for claim, error in unsendable if error.lasting]
            wake(connection, record_ended(connection, dropped), now)
            waiting = [(claim, error) for claim, error in unsendable if not error.lasting]
            release(connection, [(c.id, c.fence) for c, _ in waiting], now + HELD_MAIL_RETRY)
            for claim, error in waiting:
                if claim.attempts == 1:
                    data = {"mail": claim.mail, "step": claim.step, "reason": error.reason}
                    tell(connection, claim.lead, Line(now, "mail_held", claim.campaign, 0, data))
        for claim, error in unsendable:
            log.warning("mail %d was not sent: %s", claim.id, error.reason)
            if not error.lasting:
                raise_alert(self._home, f"mail:{claim.campaign}/{claim.step}", error.reason, now)

    def _ended(self, one: Sent, what: Fate) -> Ended:
        claim, outcome = one.letter.claim, one.result.outcome
        gone = what.state in (DeliveryState.SENT, DeliveryState.UNKNOWN)
        reply = " ".join(part for part in (str(outcome.code or ""), outcome.enhanced, outcome.text) if part)
        return Ended(
            id=claim.id,
            fence=claim.fence,
            state=what.state,
            at=one.result.finished_at,
            frm=what.frm,
            due_at=what.again_at,
            relay=one.result.relay,
            phase=outcome.phase.value,
            outcome=outcome.kind.value,
            reply=reply,
            reason=what.reason,
            subject=one.letter.subject,
            form=one.letter.form.compiled.digest,
            uncounted=what.uncounted,
            copy=(one.letter.form.compiled.digest, pack_copy(one.letter.form, one.letter.outgoing.message))
            if gone
            else None,
        )

    def _follow_up(self, connection: Any, one: Sent, what: Fate) -> None:
        """What an attempt means beyond its delivery: suppression, bounces on record, pauses, alerts."""
        claim, now = one.letter.claim, one.result.finished_at
        if one.result.outcome.kind in (OutcomeKind.HARD_BOUNCE, OutcomeKind.MAILBOX_FULL):
            add_events(connection, [_bounce(claim, one.result, what)])
        if what.suppress:
            who = address_of(connection, claim.lead)
            if who is not None and not self._home.config.safety.deliver_to:
                suppress_hashes(connection, [who.address_hash], "all", what.suppress, "bounce", now)
        if what.pause_domain and what.again_at is not None:
            self._paused_domains[one.letter.outgoing.recipient.rpartition("@")[2].casefold()] = what.again_at
        if what.stop_step:
            set_home_value(connection, f"{STEP_STOPPED}{claim.campaign}/{claim.step}", what.reason)
        if what.alert:
            raise_alert(self._home, _alert_subject(one, what), what.alert, now, connection)


def _refuse_early(claim: Claimed, running: Running, stopped: frozenset[str], now: datetime) -> None:
    """Some mails need not be written at all."""
    if claim.expires_at is not None and now >= claim.expires_at:
        raise UnsendableError("not worth sending any more: it expired", lasting=True)
    if not running.programme.runs(claim.campaign) and not claim.test:
        raise UnsendableError(f"campaign '{claim.campaign}' is paused")
    if f"{claim.campaign}/{claim.step}" in stopped:
        raise UnsendableError(f"the mail '{claim.campaign}/{claim.step}' is stopped until its content is mended")


def _alert_subject(one: Sent, what: Fate) -> str:
    if what.stop_step:
        return f"step:{one.letter.claim.campaign}/{one.letter.claim.step}"
    return f"domain:{one.letter.outgoing.recipient.rpartition('@')[2].casefold()}"


def _dropped(claim: Claimed, reason: str, now: datetime) -> Ended:
    return Ended(claim.id, claim.fence, DeliveryState.DROPPED, now, (DeliveryState.SENDING,), reason=reason)


def _bounce(claim: Claimed, result: SendResult, what: Fate) -> dict[str, Any]:
    hard = result.outcome.kind is OutcomeKind.HARD_BOUNCE
    return {
        "source_id": f"bounce:{claim.id}:{claim.attempts}",
        "lead_id": claim.lead,
        "kind": "bounce",
        "name": "hard" if hard else "soft",
        "at": result.finished_at,
        "received_at": result.finished_at,
        "pending": False,
        "settles_at": None,
        "actor": "machine",
        "judged": what.reason,
        "delivery_id": claim.id,
        "enrollment_id": claim.enrollment,
        "campaign": claim.campaign,
        "stage": claim.stage,
        "step": claim.step,
        "link": "",
        "properties": {"reply": result.outcome.text, "code": result.outcome.code},
        "folded": {},
        "evidence": {},
    }
