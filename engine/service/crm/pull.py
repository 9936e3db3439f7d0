"""Reading the CRM back: what changed there since the kept cursors, a page at a time.

Leads are read before deals, which name them, and each kind has a cursor of its own. A page's effects and the cursor
behind it are committed together, so that whoever is killed goes on there, and a large org is never in memory as a
whole. Answers to hand-offs come before, each in a transaction of its own; a page that is read again finds them given.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from engine.connect.crm import ChangedDeal, ChangedLead, Connector, CrmError
from engine.errors import RipelineError
from engine.service.alerts import end_trouble, raise_alert
from engine.service.crm.answers import answer
from engine.service.crm.carrier import connector
from engine.service.crm.deals import take_opportunity
from engine.service.crm.lead import lead_of, take_lead
from engine.service.home import Home
from engine.service.uncertain import span_of
from engine.store.bundles import home_values, set_home_value
from engine.store.database import reading, writing

log = logging.getLogger("ripeline.crm")

PAGE = 200
"""Changes in one transaction."""
OVERLAP = timedelta(minutes=2)
"""So far before the cursor is read again: a long transaction there may commit an earlier instant later."""
PULLED, PROBLEM = "crm:pulled", "crm:problem"
LEADS, DEALS = "crm:cursor:leads", "crm:cursor:deals"
BOTH = "crm:cursor"
"""The cursor of homes that kept one for both kinds; it counts until a kind has its own."""
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
    """How reading back stands. `leads` and `deals` say up to when each was read; they and `pulled_at`, when the last
    pull was whole, are instants as text, empty before the first."""

    leads: str
    deals: str
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
        self._crm = crm = self._crm or connector(self._home)
        leads, changed = self._read(LEADS, crm.changed_leads)
        deals, more = self._read(DEALS, crm.changed_deals)
        if changed or more:
            log.info("read from the CRM: %d leads, %d deals; changed here: %d", leads, deals, changed + more)
        return Pulled(leads, deals, changed + more)

    def _read(self, kind: str, changes: Callable[[str], Iterator[Change]]) -> tuple[int, int]:
        """All changes of a kind, a page at a time: how many there were, and how many changed something here.

        A record that changes in the CRM while it is read may come out of order, with its new instant. So the cursor
        behind a page is the oldest instant in it, and behind the last one no later than the reading began: what else
        changed since then was perhaps not in the answer.
        """
        began = self._home.clock.now()
        with reading(self._home.store) as connection:
            cursor = _cursor(home_values(connection, BOTH), kind)
        read = changed = 0
        latest = ""
        for page in _pages(changes(_before(cursor))):
            cursor = max(cursor, min(page, key=_changed_at).changed_at.isoformat(), key=_instant)
            latest = max(latest, max(page, key=_changed_at).changed_at.isoformat(), key=_instant)
            changed += self._take(page, kind, cursor)
            read += len(page)
        if latest:
            self._keep(kind, max(cursor, min(latest, began.isoformat(), key=_instant), key=_instant))
        return read, changed

    def _keep(self, kind: str, cursor: str) -> None:
        with writing(self._home.store) as connection:
            set_home_value(connection, kind, cursor)

    def _take(self, page: Sequence[Change], kind: str, cursor: str) -> int:
        """A page and the cursor behind it; how many of its records changed something."""
        now = self._home.clock.now()
        for one in page:
            if isinstance(one, ChangedLead):
                answer(self._home, one)
        with writing(self._home.store) as connection:
            changed = sum(self._effect(connection, one, now) for one in page)
            set_home_value(connection, kind, cursor)
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
    leads, deals = _cursor(found, LEADS), _cursor(found, DEALS)
    return CrmState(leads, deals, found.get(PULLED, ""), found.get(PROBLEM, ""))


def _cursor(kept: Mapping[str, str], kind: str) -> str:
    return kept.get(kind) or kept.get(BOTH, "")


def _pages(changes: Iterator[Change]) -> Iterator[list[Change]]:
    while page := list(islice(changes, PAGE)):
        yield page


def _changed_at(one: Change) -> datetime:
    return one.changed_at


def _instant(cursor: str) -> float:
    return datetime.fromisoformat(cursor).timestamp() if cursor else 0.0


def _before(cursor: str) -> str:
    """Where to read from; a damaged cursor is left to the CRM's connection, which tells it."""
    try:
        return (datetime.fromisoformat(cursor) - OVERLAP).isoformat()
    except ValueError:
        return cursor
