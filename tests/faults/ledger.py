"""The ledger check: what the relay took, against what the store says."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from engine.domain.delivery import DeliveryState
from engine.store.database import Store, reading
from engine.store.deliveries import delivery
from tests.smtpserver import SmtpServer


@dataclass(frozen=True, slots=True)
class Balance:
    """How the relay's ledger and the store agree, as delivery numbers.

    lost: neither taken by the relay, nor ended with a reason, nor known to be unknown · unexpected: taken although the
    store knows of no such mail, or says that it did not go · duplicated: taken more than once · unowned: of those, more
    often than the store owns up to · unknown: of unknown fate
    """

    lost: frozenset[int]
    unexpected: frozenset[int]
    duplicated: frozenset[int]
    unowned: frozenset[int]
    unknown: frozenset[int]

    @property
    def is_promise_kept(self) -> bool:
        return not (self.lost or self.unexpected or self.unowned)


def message_ids(ledger: Path) -> list[str]:
    """The Message-IDs of the mails that the relay took, in their order; a line that is being written is left out."""
    lines = ledger.read_bytes().split(b"\n")[:-1] if ledger.exists() else []
    return [json.loads(line)["message_id"] for line in lines]


def taken(server: SmtpServer) -> list[str]:
    """The Message-IDs of the mails that a server in this process took."""
    lines = (line for mail in server.accepted for line in mail.message.decode().split("\r\n"))
    return [line.partition(": ")[2] for line in lines if line.startswith("Message-ID: ")]


def balance(store: Store, taken: Iterable[str]) -> Balance:
    """Compare the Message-IDs that the relay took with the store's deliveries."""
    times = Counter(int(known.strip("<>").partition(".")[0]) for known in taken)
    with reading(store) as connection:
        rows = {row.id: row for row in connection.execute(select(delivery))}
    went = {DeliveryState.SENT.value, DeliveryState.UNKNOWN.value, DeliveryState.TRANSMITTING.value}
    over = {DeliveryState.FAILED.value, DeliveryState.DROPPED.value, DeliveryState.UNKNOWN.value}
    return Balance(
        lost=frozenset(n for n, row in rows.items() if n not in times and row.state not in over),
        unexpected=frozenset(n for n in times if n not in rows or (rows[n].state not in went and not rows[n].unknowns)),
        duplicated=frozenset(n for n, count in times.items() if count > 1),
        unowned=frozenset(n for n, count in times.items() if n in rows and count > 1 + rows[n].unknowns),
        unknown=frozenset(n for n, row in rows.items() if row.state == DeliveryState.UNKNOWN.value),
    )
