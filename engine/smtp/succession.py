"""One mail behind another on the same line: whose commands go out with whose dot, and who then has the session."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from engine.smtp.connection import Session
from engine.smtp.transaction import Outgoing, opening
from engine.smtp.turns import Place, Turns

HEIR_SECONDS = 5.0
"""A mail whose commands went out behind another's dot waits so long for the answer to that, at most twice as long."""
SLOW_SECONDS = 600.0
"""So long nobody follows on a relay that has kept somebody waiting."""


class Succession:
    """The heirs of sessions: mails that were called out of the queue of `turns`, and have no turn yet.

    `forget` closes a session and takes it out of use. `monotonic` is in seconds.
    """

    def __init__(
        self, turns: Turns[Outgoing], monotonic: Callable[[], float], forget: Callable[[Session], None]
    ) -> None:
        self._turns, self._monotonic, self._forget = turns, monotonic, forget
        self._heirs: dict[int, tuple[Place[Outgoing], float]] = {}  # by the identity of the session, and since when
        self._begun: dict[int, Session] = {}  # by the identity of the mail that they are begun for
        self._watch: asyncio.TimerHandle | None = None
        self._nobody_until = 0.0

    def begin_next(self, session: Session) -> bytes:
        """The commands of the mail that waits longest, which is now the session's heir; nothing if nobody may follow.

        Once they are sent, the session must be `hand_on`ed.
        """
        place, now = self._turns.first(), self._monotonic()
        if place is None or now < self._nobody_until:
            return b""
        commands = opening(place.wanted_for, session.offers)
        if commands:
            self._heirs[id(session)] = (self._turns.call_out(), now)
            self._keep_watch()
        return commands

    def hand_on(self, session: Session) -> None:
        """Give the session to its heir, with a turn; without the line the heir waits on, unharmed.

        A relay that says 421 closes the line; the next mail must hear it.
        """
        heir, _ = self._heirs.pop(id(session), (None, 0.0))
        usable = session.wire.is_open or session.wire.has_spoken
        if heir is not None and usable and self._turns.grant(heir):
            session.begun = True
            self._begun[id(heir.wanted_for)] = session
            return
        self._forget(session)
        if heir is not None and not usable:
            self._turns.put_back(heir)

    def has_begun(self, mail: Outgoing) -> bool:
        """Whether a session waits for this mail, which has heard its commands."""
        return id(mail) in self._begun

    def session_for(self, mail: Outgoing) -> Session | None:
        """The session that waits for this mail; what the relay said to its commands is to be read."""
        return self._begun.pop(id(mail), None)

    def abandon(self, mail: Outgoing) -> None:
        """The mail does not come: a line that waits for it cannot be used for another."""
        session = self._begun.pop(id(mail), None)
        if session is not None:
            self._forget(session)

    def close(self) -> None:
        if self._watch is not None:
            self._watch.cancel()

    def _keep_watch(self) -> None:
        if self._watch is None:
            self._watch = asyncio.get_running_loop().call_later(HEIR_SECONDS, self._look)

    def _look(self) -> None:
        """Let a mail that waits behind a slow answer go another way. Its line, which has heard its commands, is then
        closed; as that is dear, nobody follows on this relay for a while."""
        self._watch = None
        now = self._monotonic()
        late = [line for line, (_, since) in self._heirs.items() if now - since >= HEIR_SECONDS]
        for line in late:
            self._nobody_until = now + SLOW_SECONDS
            self._turns.put_back(self._heirs.pop(line)[0])
        if self._heirs:
            self._keep_watch()
