"""Sending a few mails now, one after the other, for a person who waits for the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
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
    mails: Sequence[Outgoing], relays: Sequence[RelaySettings], routes: Routes, clock: Clock, commit: Commit
) -> list[SendResult]:
    """Send these mails, each through the gate as any other; how each one ended."""

    async def send() -> list[SendResult]:
        mailer = Mailer(RelaySet(relays, routes, clock, _Quiet()), clock)
        with ThreadPoolExecutor(1, thread_name_prefix="writer") as writer:
            gate = GroupGate(commit, writer)
            results = [await mailer.send(mail, gate) for mail in mails]
            await mailer.close(drain=True)
        return results

    return asyncio.run(send())
