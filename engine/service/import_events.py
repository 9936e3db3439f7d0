"""Importing events from a file: attended, registered, bought, met at a fair. Doing it again changes nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from engine.authoring.sales import may_move
from engine.config.model import Config
from engine.domain.accounts import company_test
from engine.domain.identity import ENTROPY_BYTES, PUBLIC_ID, Identity, public_id
from engine.domain.journey.facts import EventKind
from engine.domain.leadfields import BUILTINS
from engine.domain.leadmerge import Values
from engine.domain.leadrecord import EventRecord, LeadRecord, Reject
from engine.inbound.leadfiles.events import EventFile, EventItem, EventSettings
from engine.service.import_leads import CHUNK, Progress, internal_test
from engine.service.rejects import RejectsFile, rejects_path
from engine.store.bulk import CollisionError
from engine.store.database import Store, writing
from engine.store.events import NewEvent
from engine.store.imported_events import take_events
from engine.store.lead_decisions import ImportPolicy
from engine.store.lead_import import import_chunk, known_leads

_NOBODY = "nobody here is known by {}; import the lead first, or let the import create it (--create)"


@dataclass(frozen=True, slots=True)
class EventImportSummary:
    """What an import of events did: `new` are on record now, `known` were so before, `created` people are new."""

    rows: int
    new: int
    known: int
    created: int
    rejected: int
    rejects_path: Path | None
    first_rejects: tuple[Reject, ...]


def import_events(
    store: Store,
    path: Path,
    config: Config,
    key: bytes,
    now: datetime,
    settings: EventSettings | None = None,
    *,
    create: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> EventImportSummary:
    """Take a file of events into the store and wake the leads they are about.

    People whom nobody here knows are rejected, or created if wanted. `key` hashes addresses.

    Raises:
        RipelineError: the file cannot be read (on), or the store not be written; chunks before it are imported.
    """
    policy = _policy(path, config, key, now) if create else None
    with EventFile(path, settings or EventSettings()) as file, RejectsFile(rejects_path(path), file.header) as rejects:
        run = _Run(store, rejects, policy, now)
        for items in _chunks(file):
            run.chunk(items)
            if progress:
                progress(Progress(run.rows, file.position, file.size))
        return run.summary()


def _policy(path: Path, config: Config, key: bytes, now: datetime) -> ImportPolicy:
    return ImportPolicy(
        key=key,
        source=f"import of events {path.name}",
        start=Values({**dict.fromkeys(BUILTINS, ""), "lifecycle": config.lifecycle.start}, {}),
        internal=internal_test(config.internal),
        company=company_test(config.accounts.personal_domains, internal_test(config.internal)),
        new_id=lambda: public_id(now, os.urandom(ENTROPY_BYTES)),
        may_move=may_move(config),
    )


class _Run:
    """One import on its way; `policy` is there if unknown people are to be created."""

    def __init__(self, store: Store, rejects: RejectsFile, policy: ImportPolicy | None, now: datetime) -> None:
        self._store, self._rejects, self._policy, self._now = store, rejects, policy, now
        self._new = self._known = self._created = 0
        self._first: list[Reject] = []
        self.rows = 0

    def chunk(self, items: Sequence[EventItem]) -> None:
        self.rows += len(items)
        records = [item for item in items if isinstance(item, EventRecord)]
        try:
            unknown = self._stored(records)
        except CollisionError:  # somebody else has just made one of these leads; it is found the second time
            unknown = self._stored(records)
        rejects = [item for item in items if isinstance(item, Reject)] + unknown
        rejects.sort(key=lambda one: one.row)
        self._rejects.add(rejects)
        self._first.extend(rejects[: 10 - len(self._first)])

    def _stored(self, records: Sequence[EventRecord]) -> list[Reject]:
        with writing(self._store) as connection:
            known = known_leads(connection, (one for record in records for one in record.identities))
            strangers = [record for record in records if _lead_of(record, known) is None]
            created = 0
            if self._policy and strangers:
                people = [_as_lead(record) for record in strangers if _as_lead(record).identities]
                created = import_chunk(connection, people, self._policy, self._now).new
                known = known_leads(connection, (one for record in records for one in record.identities))
            events = [event for record in records if (event := self._event(record, known))]
            new = take_events(connection, events, self._now)
        self._new, self._known, self._created = (
            self._new + new,
            self._known + len(events) - new,
            self._created + created,
        )
        return [_stranger(record) for record in records if _lead_of(record, known) is None]

    def _event(self, record: EventRecord, known: dict[Identity, int]) -> NewEvent | None:
        number = _lead_of(record, known)
        if number is None:
            return None
        return NewEvent(
            record.source_id,
            number,
            EventKind.CUSTOM,
            record.at,
            self._now,
            record.name,
            judged="told by an imported file",
            properties=record.properties,
        )

    def summary(self) -> EventImportSummary:
        path = self._rejects.path if self._rejects.count else None
        return EventImportSummary(
            self.rows, self._new, self._known, self._created, self._rejects.count, path, tuple(self._first)
        )


def _lead_of(record: EventRecord, known: dict[Identity, int]) -> int | None:
    """The lead that the first known of the event's identities belongs to."""
    return next((known[one] for one in record.identities if one in known), None)


def _as_lead(record: EventRecord) -> LeadRecord:
    identities = tuple(one for one in record.identities if one.kind != PUBLIC_ID)
    return LeadRecord(record.row, identities, record.email, record.email_domain)


def _stranger(record: EventRecord) -> Reject:
    return Reject(record.row, "", _NOBODY.format(record.identities[0]), record.raw)


def _chunks(items: Iterable[EventItem]) -> Iterator[list[EventItem]]:
    stream = iter(items)
    while chunk := list(islice(stream, CHUNK)):
        yield chunk
