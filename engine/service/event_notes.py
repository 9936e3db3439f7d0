"""What event clients say and cannot be stored: noted, so that `ripeline status` can tell of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from engine.domain.segment import Refused
from engine.inbound.leadfiles.columns import meanings_of
from engine.inbound.leadfiles.draft import Vocabulary
from engine.service.home import Home
from engine.store.bundles import home_value, home_values, set_home_value

PREFIX = "trait:"
REFUSED = "refused:events"
MOST = 100
"""Names that are noted at most: a client that makes names up must not fill the store."""

TOLD_FOR = timedelta(days=7)
"""How long after it came last a trait is told."""


@dataclass(frozen=True, slots=True)
class TraitNote:
    """A trait that is not stored: how often it came, when last, and why its value did not fit; empty where nobody
    declared it."""

    name: str
    count: int
    at: datetime
    why: str = ""


@dataclass(frozen=True, slots=True)
class RefusedNote:
    """Messages that could not be used: how many since the first, when the last came, and what was wrong with it."""

    count: int
    at: datetime
    why: str


def note_refused(connection: Any, refused: Sequence[Refused], now: datetime) -> None:
    """Count messages that were refused."""
    if not refused:
        return
    before = home_value(connection, REFUSED)
    counted = len(refused) + (orjson.loads(before)["count"] if before else 0)
    value = {"count": counted, "at": now, "why": refused[-1].reason}
    set_home_value(connection, REFUSED, orjson.dumps(value).decode())


def refused_note(connection: Any, now: datetime) -> RefusedNote | None:
    """What was refused, if something was lately."""
    found = home_value(connection, REFUSED)
    if found is None:
        return None
    told = orjson.loads(found)
    note = RefusedNote(told["count"], datetime.fromisoformat(told["at"]), told["why"])
    return note if now - note.at <= TOLD_FOR else None


def note_traits(connection: Any, unknown: Mapping[str, int], unfit: Mapping[str, str], now: datetime) -> None:
    """Count traits that nobody declared, and values that did not fit."""
    if not unknown and not unfit:
        return
    known = home_values(connection, PREFIX)
    for name, count in {**dict.fromkeys(unfit, 1), **unknown}.items():
        before = known.get(PREFIX + name)
        if before is None and len(known) >= MOST:
            continue
        counted = count + (orjson.loads(before)["count"] if before else 0)
        value = orjson.dumps({"count": counted, "at": now, "why": unfit.get(name, "")}).decode()
        known[PREFIX + name] = value
        set_home_value(connection, PREFIX + name, value)


def trait_notes(connection: Any, home: Home, now: datetime) -> list[TraitNote]:
    """What came lately and was not stored, the most frequent first; what was declared since is left out."""
    vocabulary = Vocabulary(home.config.lead_fields, home.config.lifecycle.stages)
    notes = []
    for name, value in home_values(connection, PREFIX).items():
        found = orjson.loads(value)
        note = TraitNote(name.removeprefix(PREFIX), found["count"], datetime.fromisoformat(found["at"]), found["why"])
        declared = bool(meanings_of([note.name], vocabulary)[0])
        if now - note.at <= TOLD_FOR and (note.why or not declared):
            notes.append(note)
    return sorted(notes, key=lambda note: (-note.count, note.name))
