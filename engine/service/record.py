"""Record one event of a known lead; replaying it changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine.domain.identity import EMAIL, Address, Identity, read_address
from engine.domain.journey.facts import EventKind
from engine.service.home import Home
from engine.store.database import writing
from engine.store.events import NewEvent, add_events
from engine.store.journey import wake
from engine.store.leads import leads_by_identity


@dataclass(frozen=True, slots=True)
class Happening:
    """A named event: whose (by address), when, with which properties. `source_id` names it for ever."""

    email: str
    name: str
    at: datetime
    source_id: str
    properties: Mapping[str, object] = field(default_factory=dict)


def record_event(home: Home, happening: Happening) -> bool:
    """Write the event down and wake its lead; False if it was known already, or nobody has that address."""
    address = read_address(happening.email)
    if not isinstance(address, Address):
        return False
    who = Identity(EMAIL, address.identity)
    now = home.clock.now()
    with writing(home.store) as connection:
        found = leads_by_identity(connection, [who])
        if who not in found or not add_events(connection, [_event(happening, found[who], now)]):
            return False
        wake(connection, [found[who]], now)
    return True


def _event(happening: Happening, lead: int, now: datetime) -> NewEvent:
    return NewEvent(
        happening.source_id,
        lead,
        EventKind.CUSTOM,
        happening.at,
        now,
        happening.name,
        properties=happening.properties,
    )
