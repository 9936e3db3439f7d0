"""How fast finished mails go over the line, as a share of what Postfix's C program reaches in the same run."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

import uvloop

from bench.postfix import ensure_postfix, running_sink, source_seconds
from engine.clock import SystemClock
from engine.smtp.gate import GroupGate
from engine.smtp.mailer import Mailer, RelaySet, Routes
from engine.smtp.replies import OutcomeKind
from engine.smtp.settings import RelaySettings
from engine.smtp.transaction import Outgoing

OCTETS = 9_500
CONNECTIONS = 20


@dataclass(frozen=True, slots=True)
class TransportFigure:
    """Mails per second of both, measured alternately; the ratio is what counts."""

    ours: float
    limit: float

    @property
    def ratio(self) -> float:
        return self.ours / self.limit


class _NoAlarm:
    def relay_paused(self, relay: str, reason: str, retry_at: datetime) -> None:
        raise RuntimeError(f"relay '{relay}' {reason}, until {retry_at}")

    def relay_resumed(self, relay: str) -> None:
        raise RuntimeError(f"relay '{relay}' was never paused")


def measure(mails: int = 10_000, rounds: int = 3) -> TransportFigure:
    """Send `mails` mails of 9.5 KB over 20 connections by both programs, `rounds` times; the best of each counts."""
    postfix = ensure_postfix()
    ours, limit = 0.0, 0.0
    with running_sink(postfix) as port:
        for _ in range(rounds):
            seconds = source_seconds(postfix, port, mails=mails, connections=CONNECTIONS, octets=OCTETS)
            limit = max(limit, mails / seconds)
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                ours = max(ours, mails / runner.run(_send_all(port, mails)))
    return TransportFigure(ours, limit)


async def _send_all(port: int, mails: int) -> float:
    clock = SystemClock()
    relay = RelaySettings("sink", "127.0.0.1", port, tls="none", max_connections=CONNECTIONS)
    mailer = Mailer(RelaySet([relay], Routes("sink"), clock, _NoAlarm()), clock)
    message = _message()
    with ThreadPoolExecutor(1) as writer:
        gate = GroupGate(_admit_all, writer)
        start = time.perf_counter()
        tickets = iter(range(mails))
        await asyncio.gather(*(_sender(mailer, gate, tickets, message) for _ in range(CONNECTIONS)))
        seconds = time.perf_counter() - start
    await mailer.close(drain=True)
    return seconds


async def _sender(mailer: Mailer, gate: GroupGate, tickets: Iterator[int], message: bytes) -> None:
    for ticket in tickets:
        mail = Outgoing(ticket, f"b+{ticket}@acme.example", f"jane{ticket}@northwind.example", message)
        result = await mailer.send(mail, gate)
        assert result.outcome.kind is OutcomeKind.ACCEPTED, result


def _admit_all(tickets: Sequence[int]) -> set[int]:
    return set(tickets)


def _message() -> bytes:
    head = b"From: ann@acme.example\r\nTo: jane@northwind.example\r\nSubject: Hello\r\n\r\n"
    line = b"Good morning, this line stands for the words of a real mail, link by link.\r\n"
    return head + line * ((OCTETS - len(head)) // len(line))


def main() -> None:
    figure = measure()
    print(f"SMTP transport  {figure.ratio:.2f} of smtp-source -d  ({figure.ours:,.0f} of {figure.limit:,.0f} mails/s)")


if __name__ == "__main__":
    main()
