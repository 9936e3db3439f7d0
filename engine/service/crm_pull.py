"""Reading the CRM back: what changed there since the kept cursor, a page at a time.

A page's effects and the cursor behind it are committed together. Answers to hand-offs come before, each in a
transaction of its own; a page that is read again finds them given.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from engine.connect.crm import ChangedDeal, ChangedLead, Connector, CrmError
from engine.errors import RipelineError
from engine.service.alerts import end_trouble, raise_alert
from engine.service.crm import connector
from engine.service.crm_answers import answer
from engine.service.crm_deals import take_opportunity
from engine.service.crm_lead import lead_of, take_lead
from engine.service.home import Home
from engine.service.uncertain import span_of
from engine.store.bundles import home_value, home_values, set_home_value
from engine.store.database import reading, writing

log = logging.getLogger("ripeline.crm")

PAGE = 200
"""Changes in one transaction."""
OVERLAP = timedelta(minutes=2)
"""So far before the cursor is read again: a long transaction there may commit an earlier instant later."""
CURSOR, PULLED, PROBLEM = "crm:cursor", "crm:pulled", "crm:problem"
AWAY = "crm:pull"
"""The subject of the alert while the CRM cannot be read."""

Change = ChangedLead | ChangedDeal


@dataclass(frozen=True, slots=True)
class Pulled:
    """How many records were read, and how many of them changed something here."""

    leads: int = 0
    deals: int = 0
    changed: int = 0


@dataclass(frozen=True, slots=True)
class CrmState:
    """How reading back stands. `cursor` and `pulled_at` are instants as text, empty before the first pull."""

    cursor: str
    pulled_at: str
    problem: str


class CrmReader:
    """Reads the CRM back when it is time. One session serves many pulls."""

    def __init__(self, home: Home, crm: Connector | None = None) -> None:
        self._home = home
        self._given = crm
        self._crm = crm
        self._next: datetime | None = None

    def round(self) -> Pulled:
        """Pull if `crm.every` has passed since the last try; a trouble is told once, and tried again next time.

        Raises:
            RipelineError: `crm.every` is no length of time.
        """
        now = self._home.clock.now()
        if not self._home.config.crm.kind or (self._next is not None and now < self._next):
            return Pulled()
        self._next = now + span_of(self._home.config.crm.every, "crm.every").elapsed
        try:
            return self.pull()
        except CrmError as error:
            self._next = max(self._next, now + (error.wish or timedelta()))
        except RipelineError:
            pass  # told by the alert
        return Pulled()

    def pull(self) -> Pulled:
        """Pull now.

        Raises:
            CrmError: the CRM refused, or could not be asked. What was read before stays read.
            RipelineError: config names no CRM, or its secret cannot be read.
        """
        try:
            done = self._pull()
        except (CrmError, RipelineError) as error:
            self._crm = self._given  # the secret is read anew: somebody may have changed it
            self._failed(str(error))
            raise
        now = self._home.clock.now()
        end_trouble(self._home, AWAY, now)
        with writing(self._home.store) as connection:
            set_home_value(connection, PULLED, now.isoformat())
            set_home_value(connection, PROBLEM, None)
        return done

    def _pull(self) -> Pulled:
        self._crm = self._crm or connector(self._home)
        with reading(self._home.store) as connection:
            cursor = home_value(connection, CURSOR) or ""
        found = self._crm.pull_changes(_before(cursor))
        changed = sum(self._take(page, cursor) for page in _pages((*found.leads, *found.deals)))
        if changed:
            log.info("read from the CRM: %d leads, %d deals; changed here: %d", *_counts(found), changed)
        return Pulled(*_counts(found), changed)

    def _take(self, page: Sequence[Change], cursor: str) -> int:
        """A page and the cursor behind it; how many of its records changed something."""
        now = self._home.clock.now()
        for one in page:
            if isinstance(one, ChangedLead):
                answer(self._home, one)
        with writing(self._home.store) as connection:
            changed = sum(self._effect(connection, one, now) for one in page)
            last = page[-1].changed_at.isoformat()
            set_home_value(connection, CURSOR, max(last, cursor, key=_instant))
        return changed

    def _effect(self, connection: Any, one: Change, now: datetime) -> bool:
        if isinstance(one, ChangedDeal):
            return take_opportunity(connection, self._home, one, now)
        number = lead_of(connection, one)
        return number is not None and take_lead(connection, self._home.config, number, one, now)

    def _failed(self, words: str) -> None:
        now = self._home.clock.now()
        with writing(self._home.store) as connection:
            set_home_value(connection, PROBLEM, words)
        raise_alert(self._home, AWAY, f"the CRM cannot be read, and is tried again: {words}", now)


def crm_state(home: Home) -> CrmState:
    """How reading back stands in this home."""
    with reading(home.store) as connection:
        found = home_values(connection, "crm:")
    return CrmState(found.get(CURSOR, ""), found.get(PULLED, ""), found.get(PROBLEM, ""))


def _counts(found: Any) -> tuple[int, int]:
    return len(found.leads), len(found.deals)


def _pages(changes: Sequence[Change]) -> Iterator[Sequence[Change]]:
    """Oldest first; at the same instant people before deals, which name them."""
    ordered = sorted(changes, key=lambda one: (one.changed_at, isinstance(one, ChangedDeal), one.id))
    for start in range(0, len(ordered), PAGE):
        yield ordered[start : start + PAGE]


def _instant(cursor: str) -> float:
    return datetime.fromisoformat(cursor).timestamp() if cursor else 0.0


def _before(cursor: str) -> str:
    """Where to read from; a damaged cursor is left to the CRM's connection, which tells it."""
    try:
        return (datetime.fromisoformat(cursor) - OVERLAP).isoformat()
    except ValueError:
        return cursor
