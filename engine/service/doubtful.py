"""Mails that would go when sending goes on after a doubt about the store, and of which some may have gone out before.

The store does not know which: a restored one is as it was. So a person looks at them, and may let all of them be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.service.advance import advance_all
from engine.service.held import is_time_doubtful
from engine.service.home import Home
from engine.service.running import Runner
from engine.store.database import reading, writing
from engine.store.journey import wake
from engine.store.waiting_mails import drop_waiting, waiting


@dataclass(frozen=True, slots=True)
class Doubtful:
    """One mail: its number, its lead, `campaign/step`, and since when it is due."""

    delivery: int
    lead: str
    mail: str
    since: datetime


def doubtful_mails(home: Home) -> list[Doubtful]:
    """Every mail that would go at once, the longest due first.

    Leads who are due are decided before, as the daemon does while sending is held; not while the time is in doubt.
    """
    now = home.clock.now()
    if not is_time_doubtful(home):
        advance_all(home.store, Runner(home).current().programme, now)
    with reading(home.store) as connection:
        return [
            Doubtful(row.id, row.email, f"{row.campaign}/{row.step}", row.due_at) for row in waiting(connection, now)
        ]


def drop_doubtful(home: Home, mails: Sequence[Doubtful], who: str, why: str) -> int:
    """Drop these mails and let their leads go on without; how many that was. `why` sending was held is told with it."""
    now = home.clock.now()
    with writing(home.store) as connection:
        reason = f"dropped by {who}: it may have gone out before ({why})"
        leads = drop_waiting(connection, [one.delivery for one in mails], reason, now)
        wake(connection, set(leads), now)
    return len(leads)
