"""Sending a few mails now, one after the other, for a person who waits for the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from engine.clock import Clock
from engine.smtp.gate import Commit, GroupGate
from engine.smtp.mailer import Mailer, RelaySet, Routes, SendResult
from engine.smtp.settings import RelaySettings
from engine.smtp.transaction import Outgoing


class _Quiet:
    """The person who waits reads the outcome; nobody else is told."""

    def relay_paused(self, relay: str, reason: str, retry_at: datetime) -> None:
        """Say nothing."""

    def relay_resumed(self, relay: str) -> None:
        """Say nothing."""


def send_at_once(
    mails: Iterable[Outgoing],
    relays: Sequence[RelaySettings],
    routes: Routes,
    clock: Clock,
    commit: Commit,
    ended: Callable[[SendResult], None],
) -> None:
    """Send these mails, each through the gate as any other, at the relay's own rate; `ended` hears how each one did.

    A mail is asked for only when `ended` has returned from the one before it.
    """

    async def send() -> None:
        mailer = Mailer(RelaySet(relays, routes, clock, _Quiet()), clock)
        with ThreadPoolExecutor(1, thread_name_prefix="writer") as writer:
            gate = GroupGate(commit, writer)
            for mail in mails:
                ended(await mailer.send(mail, gate))
            await mailer.close(drain=True)

    asyncio.run(send())
