"""What leads did, as other programs tell it, and runs through campaigns that they ask for."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from engine.domain.api_keys import Caller, Scope
from engine.domain.campaign import Campaign
from engine.domain.identity import Identity
from engine.domain.journey.decision import Line
from engine.domain.journey.facts import EventKind
from engine.domain.leadrecord import LeadRecord
from engine.domain.own_events import lacking, told_lack
from engine.domain.refusals import ConflictError, Fault, InvalidError, MissingError, NotAllowedError
from engine.errors import did_you_mean
from engine.inbound.leadfiles.draft import Vocabulary
from engine.service.api.leads import LeadWish, policy_for, record_of
from engine.service.api.pages import the_lead
from engine.service.home import Home
from engine.service.running import Runner
from engine.store.api_views import end_run, lock_lead, rows_page
from engine.store.bulk import CollisionError
from engine.store.database import reading, writing
from engine.store.events import NewEvent
from engine.store.imported_events import take_events
from engine.store.journey import tell, wake
from engine.store.lead_import import import_chunk, known_leads

JUDGED = "told by a program"
BY_PROGRAM = "taken out by a program"
LONGEST_PROPERTIES = 20_000
INSTEAD: Mapping[Scope, str] = {
    Scope.HANDOFFS_WRITE: "answer the hand-off, or finish the task, by its own endpoint",
    Scope.OPPORTUNITIES_WRITE: "record the deal by POST /opportunities",
    Scope.ADMIN: "only the tracker tells it",
}
"""What a program does that wanted to tell one of Ripeline's own events, by the scope that it lacks."""


@dataclass(frozen=True)
class EventWish:
    """Something that a lead did. `lead` is its id; `id` names the event for ever, so that it counts once."""

    name: str
    email: str = ""
    lead: str = ""
    identities: Mapping[str, str] = field(default_factory=dict)
    at: datetime | None = None
    id: str = ""
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Told:
    """What became of events: `recorded` are new, `known` were told before, `created` leads are new. `unknown` are the
    places of events in the request whose people nobody here knows."""

    recorded: int
    known: int
    created: int
    unknown: tuple[int, ...]


@dataclass(frozen=True)
class AskedRun:
    """A run that was asked for: the event that lets the lead in at the next look."""

    lead: str
    campaign: str
    event: str


class HappeningDesk:
    """What the API can tell of leads."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._runner = Runner(home)

    def tell(self, events: Sequence[EventWish], *, create: bool, repeat: str, by: Caller) -> Told:
        """Record events, each once; `repeat` names the request, by which events without an id are told apart.

        Raises:
            InvalidError: an event cannot be one; none is recorded then.
            NotAllowedError: one is Ripeline's own, and `by` may not tell it; none is recorded either.
        """
        _check_allowed([(f"body.events[{place}].name", one.name) for place, one in enumerate(events)], by)
        people = self._people(events)
        sources = [_source_id(one, place, repeat) for place, one in enumerate(events)]
        try:
            return self._once(events, people, sources, create, by.name)
        except CollisionError:  # somebody else has just made one of these leads; it is found the second time
            return self._once(events, people, sources, create, by.name)

    def _people(self, events: Sequence[EventWish]) -> list[LeadRecord]:
        faults: list[Fault] = []
        found = []
        for place, one in enumerate(events):
            record, mine = record_of(LeadWish(one.email, one.identities), Vocabulary({}, ()))
            mine = [Fault(fault.where.replace("body", f"body.events[{place}]", 1), fault.what) for fault in mine]
            if not mine and not record.identities and not one.lead:
                mine.append(Fault(f"body.events[{place}]", "says not who did it", "give email, lead or identities"))
            faults += [*mine, *_faults_of(one.properties, f"body.events[{place}].properties")]
            found.append(record._replace(row=place))
        if faults:
            raise InvalidError(faults)
        return found

    def _once(
        self, events: Sequence[EventWish], people: Sequence[LeadRecord], sources: Sequence[str], create: bool, by: str
    ) -> Told:
        now, created = self._home.clock.now(), 0
        with writing(self._home.store) as connection:
            found = [_lead_of(connection, one, record) for one, record in zip(events, people, strict=True)]
            strangers = [one for one, number in zip(people, found, strict=True) if number is None and one.identities]
            if create and strangers:
                created = import_chunk(connection, strangers, policy_for(self._home, f"API key {by}", now), now).new
                found = [_lead_of(connection, one, record) for one, record in zip(events, people, strict=True)]
            new = [
                _event(one, number, source, now)
                for one, number, source in zip(events, found, sources, strict=True)
                if number is not None
            ]
            recorded = take_events(connection, new, now)
        unknown = tuple(place for place, number in enumerate(found) if number is None)
        return Told(recorded, len(new) - recorded, created, unknown)

    def enroll(self, name: str, campaign: str, properties: Mapping[str, Any], repeat: str, by: Caller) -> AskedRun:
        """Let a lead into a campaign as its trigger does: the event that lets in is recorded, and the lead decided
        on at the next look, by the same rules as always.

        Raises:
            MissingError: there is no such lead or campaign.
            ConflictError: the campaign lets nobody in, or nobody by an event.
            InvalidError: the trigger's key is missing among the properties.
            NotAllowedError: the event that lets in is Ripeline's own, and `by` may not tell it.
        """
        event = self._trigger(campaign, properties)
        _check_allowed([("body.campaign", event)], by)
        source = f"api:enroll:{_digest([repeat or uuid.uuid4().hex, name, campaign, dict(properties)])}"
        with writing(self._home.store) as connection:
            lead = the_lead(connection, name)
            now = self._home.clock.now()
            told = EventWish(event, properties=properties)
            take_events(connection, [_event(told, lead.id, source, now)], now)
        return AskedRun(lead.public_id, campaign, event)

    def _trigger(self, name: str, properties: Mapping[str, Any]) -> str:
        """The event by which the campaign lets leads in."""
        programme = self._runner.current().programme
        campaign = programme.campaigns.get(name)
        if campaign is None:
            raise MissingError(
                f"there is no campaign '{name[:60]}'; {did_you_mean(name, programme.campaigns)}".rstrip()
            )
        if not programme.admits(name):
            raise ConflictError(f"the campaign '{name}' lets nobody in now: it is {campaign.state}, or paused")
        if campaign.on is None:
            raise ConflictError(f"the campaign '{name}' lets leads in by its condition, not by an event; {_WITH_EVENT}")
        _check_key(campaign, campaign.on.key.removeprefix("trigger."), properties)
        return campaign.on.event

    def leave(self, number: int) -> Any:
        """Let a lead leave a campaign; a run that has ended stays as it ended.

        Raises:
            MissingError: there is no such run.
        """
        now = self._home.clock.now()
        with writing(self._home.store) as connection:
            row = _run(connection, number)
            lock_lead(connection, row.lead_id)
            if end_run(connection, number, BY_PROGRAM, now):
                line = Line(now, "ended", row.campaign, row.run, {"why": BY_PROGRAM})
                tell(connection, row.lead_id, line)
                wake(connection, [row.lead_id], now)
            return _run(connection, number)

    def campaigns_known(self) -> Mapping[str, Campaign]:
        """The campaigns that were applied."""
        with reading(self._home.store):
            return self._runner.current().programme.campaigns


_WITH_EVENT = "give it on = \"event('…')\" to let leads in by hand"


def _run(connection: Any, number: int) -> Any:
    rows = rows_page(connection, "enrollments", {"id": number}, 0, 1)
    if not rows:
        raise MissingError(f"there is no enrollment {number}")
    return rows[0]


def _check_key(campaign: Campaign, key: str, properties: Mapping[str, Any]) -> None:
    if key and properties.get(key) is None:
        what = f"the campaign '{campaign.id}' tells its runs apart by '{key}', which is not given"
        raise InvalidError([Fault(f"body.properties.{key}", what, "give it a value")])
    faults = _faults_of(properties, "body.properties")
    if faults:
        raise InvalidError(faults)


def _check_allowed(told: Iterable[tuple[str, str]], by: Caller) -> None:
    """Whether the caller may tell events of these names, each with its place in the request."""
    lacks = [(where, name, lacking(name, by.may)) for where, name in told]
    faults = [Fault(where, told_lack(name, scope), INSTEAD[scope]) for where, name, scope in lacks if scope is not None]
    if faults:
        raise NotAllowedError(faults)


def _faults_of(properties: Mapping[str, Any], place: str) -> list[Fault]:
    try:
        size = len(orjson.dumps(properties))
    except TypeError:
        return [Fault(place, "holds what cannot be kept: a number beyond 64 bits, or too many levels")]
    if size > LONGEST_PROPERTIES:
        return [Fault(place, f"is longer than {LONGEST_PROPERTIES:,} bytes")]
    return []


def _source_id(event: EventWish, place: int, repeat: str) -> str:
    if event.id:
        return f"api:{event.id}"
    if event.at is None and not repeat:
        return f"api:{uuid.uuid4().hex}"
    said = [event.email, event.lead, dict(event.identities), event.name.casefold(), event.at, dict(event.properties)]
    return f"api:{_digest([repeat, place if repeat else 0, *said])}"


def _digest(said: Sequence[object]) -> str:
    """A name for what is said; a program that uses the key of an old request for a new one means another thing."""
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()[:40]


def _lead_of(connection: Any, event: EventWish, record: LeadRecord) -> int | None:
    """The lead that an event is about: by its id, or the first name that is known."""
    if event.lead:
        try:
            return int(the_lead(connection, event.lead).id)
        except MissingError:
            return None
    known: dict[Identity, int] = known_leads(connection, record.identities)
    return next((known[one] for one in record.identities if one in known), None)


def _event(event: EventWish, lead: int, source: str, now: datetime) -> NewEvent:
    return NewEvent(
        source,
        lead,
        EventKind.CUSTOM,
        event.at or now,
        now,
        event.name,
        judged=JUDGED,
        properties=dict(event.properties),
    )
