"""One relay: kept sessions, a queue, a pace, and rests after faults."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from engine.clock import Clock
from engine.smtp.connection import Session, SessionError, open_session
from engine.smtp.gate import Gate
from engine.smtp.health import Alarm, Health, Use
from engine.smtp.replies import SESSION_PHASES, Outcome, OutcomeKind, Phase, classify
from engine.smtp.settings import RelaySettings, tls_context
from engine.smtp.succession import Succession
from engine.smtp.transaction import Outgoing, transact
from engine.smtp.turns import Pace, Turns

Listener = Callable[[str, float], None]
"""Hears, after each mail, which relay was talked to and for how many seconds; a new connection's greeting counts."""

_GOODBYE = 2.0
"""Seconds that a relay has to answer QUIT."""


@dataclass(frozen=True, slots=True)
class RelayState:
    """For `status`: how a relay is doing. `reason` and `retry_at` are set while it is not used."""

    name: str
    use: Use
    reason: str
    retry_at: datetime | None
    connections: int
    limit: int


class RelayPool:
    """Sends mails over one relay, each on a session of its own for that time.

    Raises:
        RelaySettingsError: the relay's certificates cannot be read.
    """

    def __init__(
        self,
        relay: RelaySettings,
        clock: Clock,
        alarm: Alarm,
        monotonic: Callable[[], float],
        listener: Listener | None = None,
    ) -> None:
        self.relay = relay
        self._listener = listener
        self._context = None if relay.tls == "none" else tls_context(relay)
        self._clock = clock
        self._alarm = alarm
        self._monotonic = monotonic
        self._health = Health()
        self._turns: Turns[Outgoing] = Turns(relay.max_connections)
        self._succession = Succession(self._turns, monotonic, self._forget)
        rates = (relay.rate_per_second, None if relay.rate_per_hour is None else relay.rate_per_hour / 3600)
        self._paces = [Pace(rate) for rate in rates if rate is not None]
        self._open: set[Session] = set()
        self._idle: list[tuple[Session, float]] = []
        self._opening: set[asyncio.Task[Session]] = set()
        self._farewells: set[asyncio.Task[None]] = set()
        self._sweep: asyncio.TimerHandle | None = None
        self._closing = asyncio.Event()

    # what the mailer asks

    @property
    def state(self) -> RelayState:
        health = self._health
        retry_at = None if health.use is Use.FIT else health.retry_at
        return RelayState(self.relay.name, health.use, health.reason, retry_at, len(self._open), self._turns.limit)

    @property
    def is_usable(self) -> bool:
        """Whether a mail given now would be tried."""
        return self._health.use is Use.FIT or self._health.may_use(self._clock.now())

    @property
    def on_the_line(self) -> int:
        """How many mails have their turn now."""
        return self._turns.taken

    async def send(self, mail: Outgoing, gate: Gate) -> Outcome:
        """Send one mail when its turn comes; at once an outcome if the relay rests or is being closed."""
        while True:
            if (rest := self._rest()) is not None:
                return rest
            outcome = await self._send_in_turn(mail, gate)
            if not self._has_other_lines(outcome):
                return outcome

    def pause(self, reason: str) -> None:
        """Take the relay out of use until `resume`; mails under way are finished. `reason` follows "relay 'x' …"."""
        self._become(self._health.stopped(reason))

    def resume(self) -> None:
        self._become(self._health.restarted())

    async def close(self, drain: bool) -> None:
        """Close all sessions. `drain` lets mails under way finish; else they are cut where they are.

        Mails that wait for their turn, or for a connection, are handed back either way: nothing of them was sent.
        """
        self._closing.set()
        for task in self._opening:
            task.cancel()
        if not drain:
            for session in self._open:
                session.wire.abort("we are shutting down")
        await self._turns.all_back()
        self._succession.close()
        if self._sweep is not None:
            self._sweep.cancel()
        for session, _ in self._idle:
            self._dismiss(session)
        self._idle.clear()
        await asyncio.gather(*self._farewells)

    # one mail

    def _rest(self) -> Outcome | None:
        """The outcome of a mail that the relay is not to be bothered with now."""
        if self._closing.is_set():
            return Outcome(OutcomeKind.RELAY_PAUSED, Phase.CONNECT, reason="sending is being stopped")
        if self.is_usable:
            return None
        return Outcome(OutcomeKind.RELAY_PAUSED, Phase.CONNECT, reason=f"the relay rests: it {self._health.reason}")

    async def _send_in_turn(self, mail: Outgoing, gate: Gate) -> Outcome:
        try:
            await self._turns.take(mail)
            try:
                await self._wait_for_pace()
                rest = None if self._succession.has_begun(mail) else self._rest()
                return rest or await self._send_and_learn(mail, gate)
            finally:
                self._turns.give()
        finally:
            self._succession.abandon(mail)

    async def _send_and_learn(self, mail: Outgoing, gate: Gate) -> Outcome:
        # A mail that followed another goes even if the relay has begun to rest; that does not end the rest.
        is_trial = self._health.is_due and self.is_usable
        if is_trial:
            self._become(self._health.tried())
        try:
            begun = self._monotonic()
            outcome = await self._send_over_session(mail, gate)
            if self._listener is not None:
                self._listener(self.relay.name, self._monotonic() - begun)
            self._learn(outcome, is_trial)
            return outcome
        finally:
            if is_trial:
                self._become(self._health.unclear())

    def _has_other_lines(self, outcome: Outcome) -> bool:
        """The relay bears no more connections than it has: then the mail waits for one of those, unharmed."""
        refused = outcome.phase in SESSION_PHASES and outcome.kind is OutcomeKind.DEFERRED and not outcome.alert
        return refused and self._has_lines and not self._closing.is_set()

    @property
    def _has_lines(self) -> bool:
        return bool(self._open or self._opening)

    async def _send_over_session(self, mail: Outgoing, gate: Gate) -> Outcome:
        try:
            session = self._succession.session_for(mail) or self._idle_session() or await self._new_session()
            outcome = await self._transact(session, mail, gate)
            if session.transactions > 1 and _went_stale(outcome):
                # The relay had closed the kept line; nothing of this mail was heard.
                outcome = await self._transact(await self._new_session(), mail, gate)
        except SessionError as refused:
            return refused.outcome
        return outcome

    async def _transact(self, session: Session, mail: Outgoing, gate: Gate) -> Outcome:
        """Send the mail over the session; whoever waits longest may follow it there."""
        followed = False

        def follow() -> bytes:
            nonlocal followed
            commands = self._succession.begin_next(session) if self._may_be_followed(session) else b""
            followed = bool(commands)
            return commands

        try:
            return await transact(session, mail, gate, follow)
        finally:
            if followed:
                self._succession.hand_on(session)
            else:
                self._put_back(session)

    def _may_be_followed(self, session: Session) -> bool:
        """Not where a pace is set, where the relay is tried, or as the session's last mail."""
        fit = self._health.use is Use.FIT and not self._closing.is_set()
        return fit and not self._paces and not self._is_used_up(session)

    def _learn(self, outcome: Outcome, is_trial: bool) -> None:
        """Draw what follows for the relay from how one mail went."""
        in_session = outcome.phase in SESSION_PHASES
        if outcome.kind is OutcomeKind.ACCEPTED:
            self._turns.earn()
        elif outcome.code == 421 or in_session:
            self._turns.lower()
        if self._closing.is_set() or (self._health.use is Use.TRYING and not is_trial):
            return
        is_outage = in_session and (outcome.alert or not self._has_lines)
        if is_outage or outcome.kind is OutcomeKind.RELAY_PAUSED:
            self._become(self._health.faulted(self._clock.now(), outcome.told))
        elif not in_session:
            self._become(self._health.worked())

    def _become(self, health: Health) -> None:
        """Take on the next health; the operator hears of a fault and of its end, not of rests prolonged."""
        before, self._health = self._health, health
        if before.use is Use.FIT and health.use is Use.RESTING and health.retry_at is not None:
            self._alarm.relay_paused(self.relay.name, health.reason, health.retry_at)
        elif before.use is Use.TRYING and health.use is Use.FIT:
            self._alarm.relay_resumed(self.relay.name)

    async def _wait_for_pace(self) -> None:
        now = self._monotonic()
        wait = max((pace.reserve(now) for pace in self._paces), default=0.0)
        if wait > 0:
            try:
                await asyncio.wait_for(self._closing.wait(), wait)
            except TimeoutError:
                return

    # sessions

    def _idle_session(self) -> Session | None:
        """The session used last that is still good: its line is warm, and the others get their chance to go idle."""
        while self._idle:
            session, _ = self._idle.pop()
            if session.wire.is_quiet:
                return session
            self._forget(session)
        return None

    async def _new_session(self) -> Session:
        task = asyncio.ensure_future(open_session(self.relay, self._context))
        self._opening.add(task)
        try:
            session = await task
        except asyncio.CancelledError:
            if self._closing.is_set() and task.cancelled():
                raise SessionError(classify(Phase.CONNECT, 0, "", "we are shutting down")) from None
            task.cancel()
            raise
        finally:
            self._opening.discard(task)
        self._open.add(session)
        return session

    def _is_used_up(self, session: Session) -> bool:
        return session.transactions >= self.relay.messages_per_connection or len(self._open) > self._turns.limit

    def _put_back(self, session: Session) -> None:
        if not session.wire.is_open:
            self._forget(session)
        elif self._is_used_up(session):
            self._dismiss(session)
        else:
            self._idle.append((session, self._monotonic()))
            self._plan_sweep()

    def _dismiss(self, session: Session) -> None:
        """Say goodbye in the background."""
        self._open.discard(session)
        farewell = asyncio.ensure_future(session.wire.quit(_GOODBYE))
        self._farewells.add(farewell)
        farewell.add_done_callback(self._farewells.discard)

    def _forget(self, session: Session) -> None:
        session.wire.abort()
        self._open.discard(session)

    def _plan_sweep(self) -> None:
        if self._sweep is None:
            loop = asyncio.get_running_loop()
            self._sweep = loop.call_later(self.relay.timeouts.idle, self._dismiss_idle)

    def _dismiss_idle(self) -> None:
        """Close what has been idle for the idle time, and look again later if sessions are left."""
        self._sweep = None
        oldest = self._monotonic() - self.relay.timeouts.idle
        for session, since in self._idle:
            if since <= oldest:
                self._dismiss(session)
        self._idle = [(session, since) for session, since in self._idle if since > oldest]
        if self._idle:
            self._plan_sweep()


def _went_stale(outcome: Outcome) -> bool:
    return outcome.phase is Phase.MAIL and outcome.code == 0 and outcome.kind is OutcomeKind.DEFERRED
