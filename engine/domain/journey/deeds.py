"""What people did, apart from what is written down about them: the events that show that a lead is alive."""

from __future__ import annotations

from datetime import datetime

from engine.domain.actor import Actor
from engine.domain.journey.draft import Draft
from engine.domain.journey.facts import Event, EventKind
from engine.domain.own_events import BOOKKEEPING, LOST, RECYCLED

_OF_PEOPLE = frozenset({EventKind.CLICK, EventKind.REPLY, EventKind.FORM, EventKind.PAGE_VIEW, EventKind.CUSTOM})


def arrived(event: Event) -> datetime:
    """When we heard of it."""
    return event.received_at or event.at


def is_deed(event: Event) -> bool:
    """Whether the lead itself did something by it; opens show too little."""
    return event.kind in _OF_PEOPLE and event.actor is Actor.HUMAN and event.name.casefold() not in BOOKKEEPING


def given_back(draft: Draft) -> Event | None:
    """The last time that the lead came back from sales without a deal."""
    found = [event for name in (RECYCLED, LOST) for event in draft.history.by_name.get(name, ())]
    return max(found, key=arrived, default=None)


def reason_of(back: Event) -> str:
    """Why: the reason that sales gave, or how its deal ended (`lost`, `no_decision`)."""
    return str(back.properties.get("reason") or back.properties.get("outcome") or "")


def last_deed(draft: Draft, since: datetime | None = None) -> Event | None:
    """The latest thing that the lead did, after `since`."""
    for event in reversed(draft.facts.events):
        if is_deed(event) and (since is None or arrived(event) > since):
            return event
    return None
