"""Delivering: claim what is due, write it, pass the gate, record how it ended. The network is the caller's."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from engine.content.form import pack_copy
from engine.domain.delivery import DeliveryState
from engine.domain.journey.decision import Line
from engine.service.alerts import raise_alert
from engine.service.consequences import STEP_STOPPED, Sent, Troubles, domain_of, draw_consequences, troubles_of
from engine.service.held import SENDING_HELD, hold_in_doubt
from engine.service.home import Home
from engine.service.letters import Background, Letter, Letters, UnsendableError
from engine.service.outcomes import Fate, fate
from engine.service.running import Runner, Running
from engine.service.uncertain import span_of
from engine.service.witness import Witness
from engine.smtp.mailer import SendResult
from engine.smtp.replies import Outcome, OutcomeKind, Phase
from engine.smtp.retry import RetrySchedule
from engine.store.bundles import home_value
from engine.store.database import reading, writing
from engine.store.deliveries import (
    Claimed,
    Ended,
    Kept,
    admit,
    anything_due,
    claim_due,
    keep_claims,
    record_ended,
    release,
)
from engine.store.journey import tell, wake
from engine.store.unknown_mails import claims_of

__all__ = ["STEP_STOPPED", "Batch", "Dispatch", "Sent"]

log = logging.getLogger("ripeline.sender")

LEASE = timedelta(minutes=5)
"""A claim stands so long without a heartbeat. The gate checks the claim itself, so this only says when to rescue."""

HELD_MAIL_RETRY = timedelta(hours=1)
"""A mail that cannot be written (a missing value, say) is tried again so much later; its lead waits."""

FRESH = timedelta(seconds=30)
"""A batch is written within this time; what is left of it then is given back and claimed anew."""

TRIAL = timedelta(seconds=5)
"""While one mail tries a relay whose rest is over, others come back after this time."""

GROUP = 256
"""Outcomes written in one commit at most."""


Account = Callable[[Sequence[SendResult]], None]
"""Hears of the attempts that a commit put on record, once for each commit, in the writer's thread; must not raise."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Claimed deliveries with all that is needed to write their mails."""

    claims: Sequence[Claimed]
    running: Running
    troubles: Troubles
    background: Background
    now: datetime


class Dispatch:
    """One sending process's work on the journal.

    `write` and `note` may be called in any thread; everything else is for the process's one writer thread. Outcomes
    that were noted are written together with the next gate's commit, or by `flush`.
    """

    def __init__(self, home: Home, node: str, runner: Runner | None = None, account: Account | None = None) -> None:
        self._home = home
        self._account = account
        self._node = node
        self._runner = runner or Runner(home)
        self._letters = Letters(home)
        self._letters.check_keys()
        give_up = span_of(home.config.delivery.give_up_after, "delivery.give_up_after").elapsed
        self._schedule = RetrySchedule(give_up_after=give_up, last_attempt_after=give_up + timedelta(hours=12))
        self._fences: dict[int, int] = {}
        self._troubles = Troubles()
        self._noted: deque[Sent] = deque()
        self._aside: deque[tuple[Claimed, UnsendableError]] = deque()
        self._has_strays = False
        self._witness = Witness(home, node.partition(":")[0])
        self._hold_if_doubtful()

    def _hold_if_doubtful(self) -> None:
        why = self._witness.doubt()
        if why:
            hold_in_doubt(self._home, why, self._home.clock.now())

    def claim(self, limit: int) -> Batch | None:
        """Claim due mails; None if there are none, or if sending is held."""
        now = self._home.clock.now()
        self._give_back_strays(now)
        if self._nothing_to_claim(now):
            return None
        running = self._runner.current()
        self._troubles = troubles_of(self._home)
        kept = Kept(running.standing_still, self._troubles.stopped)
        with self._strays_noticed():
            with writing(self._home.store) as connection:
                claims = self._not_in_hand(connection, claim_due(connection, self._node, now, now + LEASE, limit, kept))
            if not claims:
                return None
            batch = Batch(claims, running, self._troubles, self._letters.background(claims, running), now)
        self._fences.update((claim.id, claim.fence) for claim in claims)
        return batch

    def _not_in_hand(self, connection: Any, claims: Sequence[Claimed]) -> list[Claimed]:
        """Put mails back whose earlier claim is still in hand: this process slept past its lease, and two letters of
        one mail could go together. The gate refuses the earlier one, by its fence."""
        again = [(claim.id, claim.fence) for claim in claims if claim.id in self._fences]
        release(connection, again, self._home.clock.now() + TRIAL)
        return [claim for claim in claims if claim.id not in self._fences]

    @contextmanager
    def _strays_noticed(self) -> Iterator[None]:
        """After a fault in here, claims may stand in the store that nobody here works on: a commit may have succeeded
        whose answer was lost. Heartbeats would keep them for as long as this process lives."""
        try:
            yield
        except BaseException:
            self._has_strays = True
            raise

    def _give_back_strays(self, now: datetime) -> None:
        if not self._has_strays:
            return
        with writing(self._home.store) as connection:
            held = claims_of(connection, self._node)
            release(connection, [ticket for ticket in held if ticket not in self._fences.items()], now)
        self._has_strays = False

    def now(self) -> datetime:
        """The home's present."""
        return self._home.clock.now()

    def is_stale(self, batch: Batch) -> bool:
        """Whether what was read with the batch may have changed by now: campaigns paused, bundles applied."""
        return self._home.clock.now() - batch.now > FRESH

    def write(self, batch: Batch, claim: Claimed) -> Letter | None:
        """Write one mail of the batch; None if it cannot be written, which `put_aside` then records."""
        now = self._home.clock.now()
        try:
            _refuse_expired(claim, now)
            letter = self._letters.write(claim, batch.running, batch.background, now)
            _refuse_paused(letter, batch.troubles, now)
        except UnsendableError as error:
            self._aside.append((claim, error))
            return None
        except Exception as error:  # one mail that nobody foresaw must not hold up all others
            log.exception("mail %d cannot be written", claim.id)
            self._aside.append((claim, UnsendableError(f"it cannot be written ({type(error).__name__}: {error})")))
            return None
        return letter

    def admit(self, tickets: Sequence[int]) -> set[int]:
        """The gate, for a group of connections that wait at 354: one commit; only its answer may send the dot."""
        now = self._home.clock.now()
        wanted = [(ticket, self._fences[ticket]) for ticket in tickets if ticket in self._fences]
        return self._commit(wanted, now)

    def note(self, sent: Sent) -> None:
        """An attempt ended; it is written with the next commit."""
        self._noted.append(sent)

    @property
    def noted(self) -> int:
        """How many outcomes wait to be written."""
        return len(self._noted)

    def flush(self) -> None:
        """Write the outcomes that wait."""
        self._commit([], self._home.clock.now())

    def _commit(self, wanted: Sequence[tuple[int, int]], now: datetime) -> set[int]:
        """One commit for gate and outcomes. Outcomes stay noted until it has succeeded."""
        group = list(islice(self._noted, GROUP))
        fates = [(one, fate(one.result, one.letter.claim, self._schedule)) for one in group]
        untried = [(one, what) for one, what in fates if _was_untried(one.result.outcome)]
        ended = [self._ended(one, what) for one, what in fates if not _was_untried(one.result.outcome)]
        with writing(self._home.store) as connection:
            admitted = admit(connection, wanted, now + LEASE)
            recorded = record_ended(connection, ended)
            known = [(one, what) for one, what in fates if one.letter.claim.id in recorded.counted]
            draw_consequences(connection, self._home, known, self._troubles)
            _let_wait(connection, untried, now)
            wake(connection, recorded.woken, now)
        self._witness.renew(now)
        for _ in group:
            self._forget(self._noted.popleft().letter.claim)
        if known and self._account is not None:
            self._account([one.result for one, _ in known])
        return admitted

    def _forget(self, claim: Claimed) -> None:
        """The claim is over; one of the same mail that was made since stands."""
        if self._fences.get(claim.id) == claim.fence:
            del self._fences[claim.id]

    def heartbeat(self) -> None:
        """Say that this process still works on its claims."""
        with writing(self._home.store) as connection:
            keep_claims(connection, self._node, self._home.clock.now() + LEASE)

    def give_back(self, claims: Sequence[Claimed]) -> None:
        """Put claims back that were not begun; what the store does not take now, the next `claim` gives back."""
        tickets = [(claim.id, claim.fence) for claim in claims]
        for claim in claims:
            self._forget(claim)
        with self._strays_noticed(), writing(self._home.store) as connection:
            release(connection, tickets, self._home.clock.now())

    def _nothing_to_claim(self, now: datetime) -> bool:
        """Asked before a write is begun for nothing."""
        with reading(self._home.store) as connection:
            if not anything_due(connection, now) or home_value(connection, SENDING_HELD) is not None:
                return True
            behind = self._witness.is_behind(connection)
        if behind:
            self._hold_if_doubtful()
        return behind

    def put_aside(self) -> None:
        """Record what could not be written: what will never go is dropped, what may be mended waits."""
        unsendable, now = list(self._aside), self._home.clock.now()
        if not unsendable:
            return
        with writing(self._home.store) as connection:
            dropped = [_dropped(claim, error.reason, now) for claim, error in unsendable if error.lasting]
            wake(connection, record_ended(connection, dropped).woken, now)
            for claim, error in unsendable:
                if not error.lasting:
                    self._hold(connection, claim, error, now)
        for claim, error in unsendable:
            log.warning("mail %d was not sent: %s", claim.id, error.reason)
            self._forget(self._aside.popleft()[0])

    def _hold(self, connection: Any, claim: Claimed, error: UnsendableError, now: datetime) -> None:
        """Let the mail wait; the lead's story and the operator are told once for each reason."""
        release(connection, [(claim.id, claim.fence)], error.until or now + HELD_MAIL_RETRY, error.reason)
        if claim.reason != error.reason:
            data = {"mail": claim.mail, "step": claim.step, "reason": error.reason}
            tell(connection, claim.lead, Line(now, "mail_held", claim.campaign, 0, data))
        if error.until is None:
            raise_alert(self._home, f"mail:{claim.campaign}/{claim.step}", error.reason, now, connection)

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


def _refuse_expired(claim: Claimed, now: datetime) -> None:
    if claim.expires_at is not None and now >= claim.expires_at:
        raise UnsendableError("not worth sending any more: it expired", lasting=True)


def _refuse_paused(letter: Letter, troubles: Troubles, now: datetime) -> None:
    until = troubles.domains.get(domain_of(letter), now)
    if until > now:
        reason = f"{domain_of(letter)} refuses our mail by policy; paused until it may have calmed down"
        raise UnsendableError(reason, until=until)


def _was_untried(outcome: Outcome) -> bool:
    """Whether the relay rests, or is none: nothing was tried, so there is no attempt to record."""
    return outcome.kind is OutcomeKind.RELAY_PAUSED and outcome.phase is Phase.CONNECT


def _let_wait(connection: Any, untried: Iterable[tuple[Sent, Fate]], now: datetime) -> None:
    """Mails wait for their relay's next trial; where it does not rest, this process stops: the next one sends them."""
    for one, what in untried:
        claim = one.letter.claim
        if what.state is DeliveryState.DROPPED:
            wake(connection, record_ended(connection, [_dropped(claim, what.reason, now)]).woken, now)
        else:
            retry_at = one.result.retry_at
            again = now if retry_at is None else max(retry_at, now + TRIAL)
            release(connection, [(claim.id, claim.fence)], again, what.reason)


def _dropped(claim: Claimed, reason: str, now: datetime) -> Ended:
    return Ended(claim.id, claim.fence, DeliveryState.DROPPED, now, (DeliveryState.SENDING,), reason=reason)
