"""Taking in what event clients say: people become leads, what they did becomes events that wake them.

Who is known by an id or an address is a lead from the first message on; a visitor of whom only a browser's own id is
known makes no lead, and what it did waits under that id until a message names both. An identify call says who somebody
is, and never that they want marketing mail, unless the trait that config names says so with its proof.

A message that cannot be used is refused by itself. Everything else of the batch is one transaction, and a batch sent
again changes nothing.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from engine.authoring.sales import may_move
from engine.domain.accounts import company_test
from engine.domain.api_keys import May, Scope
from engine.domain.identity import ANONYMOUS_ID, EMAIL, ENTROPY_BYTES, USER_ID, Identity, public_id
from engine.domain.journey.facts import PAGE_VIEW_NAME, SCREEN_VIEW_NAME, EventKind
from engine.domain.leadfields import BUILTINS, one_line
from engine.domain.leadmerge import Values
from engine.domain.leadrecord import LeadRecord
from engine.domain.own_events import lacking, told_lack
from engine.domain.segment import Call, Refused, Said, read_message
from engine.inbound.leadfiles.draft import Vocabulary
from engine.inbound.traits import TraitReader
from engine.service.event_notes import note_refused, note_traits
from engine.service.home import Home
from engine.service.import_leads import internal_test
from engine.service.merge import make_one
from engine.store.accounts import join_account
from engine.store.bulk import CollisionError
from engine.store.database import writing
from engine.store.events import NewEvent
from engine.store.imported_events import take_events
from engine.store.lead_decisions import ImportPolicy
from engine.store.lead_import import import_chunk, known_leads
from engine.store.leads import add_names, identities_of
from engine.store.visitors import NewVisit, add_visits, join_visitors, unseen

SOURCE = "events"
"""The source of leads that events made known, where no trait says another."""

GROUP = "group"
"""The kind of an account's name that group calls give it."""

BY_IDENTIFY = "joined: done before it was known who that is; then identified"
_TRIES = 5
_ROUNDS = 4
_NAMES = {Call.PAGE: PAGE_VIEW_NAME, Call.SCREEN: SCREEN_VIEW_NAME}
_KINDS = {Call.TRACK: EventKind.CUSTOM, Call.PAGE: EventKind.PAGE_VIEW, Call.SCREEN: EventKind.PAGE_VIEW}


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of a batch: `events` of leads and `visits` of unknown visitors that are new, `joined` visits that
    became leads' events, `merged` pairs of leads, `passed_over` events that config does not keep, and the messages that
    were refused."""

    messages: int
    events: int = 0
    visits: int = 0
    joined: int = 0
    merged: int = 0
    passed_over: int = 0
    refused: tuple[Refused, ...] = ()


def take_in(home: Home, messages: Sequence[object], sent_at: object = None, may: May = lambda _: True) -> TakenIn:
    """Take a batch of messages in; `sent_at` is when the client says it sent them, `may` what its key allows.

    Raises:
        StoreError: the database is away; nothing was taken, and the client may send all of it again.
    """
    now = home.clock.now()
    read = [_allowed(read_message(raw, place, sent_at, now), may) for place, raw in enumerate(messages)]
    refused = tuple(one for one in read if isinstance(one, Refused))
    wanted = frozenset(name.casefold() for name in home.config.api.events)
    said = [one for one in read if isinstance(one, Said) and _is_kept(one, wanted)]
    taken = _taken(home, said, refused, now) if said or refused else TakenIn(0)
    return replace(taken, messages=len(read), passed_over=len(read) - len(said) - len(refused))


def _allowed(said: Said | Refused, may: May) -> Said | Refused:
    """The message, or why a key of these scopes may not say it."""
    if isinstance(said, Refused):
        return said
    if said.call is Call.ALIAS and not may(Scope.LEADS_WRITE):
        return _refused(said, f"makes two leads one: it takes a key with the scope {Scope.LEADS_WRITE.value}")
    scope = lacking(said.name, may) if said.call is Call.TRACK else None
    return said if scope is None else _refused(said, f"cannot be told: {told_lack(said.name, scope)}")


def _refused(said: Said, why: str) -> Refused:
    return Refused(said.place, str(said.evidence.get("message", "")), why)


def _is_kept(said: Said, wanted: frozenset[str]) -> bool:
    """Whether config wants to hear of it: of all events, or of this one. A page is looked at wherever it is."""
    return said.call is not Call.TRACK or not wanted or said.name.casefold() in wanted


def _taken(home: Home, said: Sequence[Said], refused: tuple[Refused, ...], now: datetime) -> TakenIn:
    for _ in range(_TRIES - 1):
        try:
            return _Batch(home, said, refused, now).take()
        except CollisionError:  # somebody else has just made one of these leads; it is found the second time
            continue
    return _Batch(home, said, refused, now).take()


@dataclass
class _Batch:
    """One batch in one transaction."""

    home: Home
    said: Sequence[Said]
    refused: tuple[Refused, ...]
    now: datetime
    known: dict[Identity, int] = field(default_factory=dict)
    unknown_traits: Counter[str] = field(default_factory=Counter)
    unfit_traits: dict[str, str] = field(default_factory=dict)
    merged: int = 0
    told: list[Said] = field(default_factory=list)

    def take(self) -> TakenIn:
        with writing(self.home.store) as connection:
            self._people(connection)
            joined = self._devices(connection)
            self._companies(connection)
            events, visits = self._happened(connection)
            note_refused(connection, self.refused, self.now)
            note_traits(connection, self.unknown_traits, self.unfit_traits, self.now)
        return TakenIn(0, events, visits, joined, self.merged, refused=self.refused)

    def _people(self, connection: Any) -> None:
        """Make or change the leads whom messages name; those of whom two turn out to be one are merged before."""
        new = unseen(connection, [one.source_id for one in self.said if not one.call.happens], self.now)
        self.told = told = [one for one in self.said if one.call.happens or one.source_id in new]
        self._look_up(connection, told)
        aliases = [one for one in told if one.call is Call.ALIAS]
        for one in aliases:
            self._alias(connection, one)
        records = self._records(told)
        for _ in range(_ROUNDS):
            if not records:
                break
            records = self._tie(connection, records)
            tally = import_chunk(connection, records, self._policy(), self.now)
            self._look_up(connection, told)
            again = {reject.row for reject in tally.rejects}
            records = [one for one in records if one.row in again]
        for one in aliases:  # both may be known only since this batch
            self._alias(connection, one)

    def _records(self, told: Sequence[Said]) -> list[LeadRecord]:
        """The people whom messages name, as records; one whom nothing new is said of is not written again."""
        config = self.home.config
        reader = TraitReader(Vocabulary(config.lead_fields, config.lifecycle.stages), config.api.consent_trait)
        records = []
        for one in told:
            if not one.names_somebody:
                continue
            read = reader.read(one if one.call is Call.IDENTIFY or not one.call.happens else _unsaid(one), one.place)
            self.unknown_traits.update(read.unknown)
            self.unfit_traits.update(read.unfit)
            records.append(read.record)
        return records

    def _look_up(self, connection: Any, told: Iterable[Said]) -> None:
        self.known = known_leads(connection, (name for one in told for name in one.names))

    def _tie(self, connection: Any, records: Sequence[LeadRecord]) -> list[LeadRecord]:
        """A message that names one lead by its id and another by its address says that both are one person; where the
        address is another user's, the record goes without it."""
        tied = []
        users: dict[Identity, Identity] = {}
        for record in records:
            if _second_user(record, users) or self._shares_an_address(connection, record):
                names = tuple(one for one in record.identities if one.kind != EMAIL)
                tied.append(record._replace(identities=names, email="", email_domain=""))
                continue
            numbers = list(dict.fromkeys(self.known[one] for one in record.identities if one in self.known))
            if len(numbers) == 2:
                self._merge(connection, numbers[0], numbers[1], "one event client calls both the same person")
            tied.append(record)
        return tied

    def _shares_an_address(self, connection: Any, record: LeadRecord) -> bool:
        """Whether the lead with this address is another user already: two users may share an address."""
        by_kind = {one.kind: one for one in record.identities}
        user, address = by_kind.get(USER_ID), by_kind.get(EMAIL)
        owner = self.known.get(address) if address is not None else None
        if user is None or owner is None or self.known.get(user) == owner:
            return False
        names = identities_of(connection, [owner])[owner]
        return any(one.kind == USER_ID for one in names)

    def _merge(self, connection: Any, one: int, two: int, because: str) -> None:
        done = make_one(connection, self.home, one, two, because, self.now)
        if done is not None:
            self.merged += 1
            self.known = {name: done.kept if of == done.other else of for name, of in self.known.items()}

    def _alias(self, connection: Any, said: Said) -> None:
        """The previous id becomes another name of the user; if a lead bears it, both leads are one."""
        user = self.known.get(Identity(USER_ID, said.user))
        before = self.known.get(Identity(USER_ID, said.previous))
        if user is not None and before is not None and user != before:
            self._merge(connection, user, before, f"an alias says that {said.previous} is {said.user}")
        elif before is not None and user is None:
            add_names(connection, [(before, Identity(USER_ID, said.user))])
            self.known[Identity(USER_ID, said.user)] = before

    def _policy(self) -> ImportPolicy:
        config = self.home.config
        start = {**dict.fromkeys(BUILTINS, ""), "lifecycle": config.lifecycle.start, "source": SOURCE}
        return ImportPolicy(
            key=self.home.keys.addresses,
            source=SOURCE,
            start=Values(start, {}),
            internal=internal_test(config.internal),
            new_id=lambda: public_id(self.now, os.urandom(ENTROPY_BYTES)),
            company=company_test(config.accounts.personal_domains, internal_test(config.internal)),
            permits=False,
            may_move=may_move(config),
        )

    def _devices(self, connection: Any) -> int:
        """Browsers' own ids become names of the leads that messages name beside them, and their history follows.

        One that is a lead's already stays that lead's: two people may share a device.
        """
        pairs: dict[Identity, int] = {}
        for one in self.said:
            number = self._lead_of(one) if one.names_somebody else None
            for device in (one.anonymous, one.previous):
                if number is not None and device and Identity(USER_ID, device) not in self.known:
                    pairs.setdefault(Identity(ANONYMOUS_ID, device), number)
        new = {name: number for name, number in pairs.items() if name not in self.known}
        add_names(connection, [(number, name) for name, number in new.items()])
        self.known.update(new)
        return join_visitors(connection, {name.value: number for name, number in new.items()}, BY_IDENTIFY, self.now)

    def _companies(self, connection: Any) -> None:
        """A group call says which company somebody belongs to; of a visitor whom nobody knows it says nothing."""
        for one in self.told:
            number = self._lead_of(one) if one.call is Call.GROUP else None
            if number is not None:
                called = one_line(one.traits.get("name") or "")
                join_account(connection, number, GROUP, one.name, called if isinstance(called, str) else "", self.now)

    def _lead_of(self, said: Said) -> int | None:
        return next((self.known[name] for name in said.names if name in self.known), None)

    def _happened(self, connection: Any) -> tuple[int, int]:
        """Events of leads, and of visitors; how many of each are new."""
        happened = [one for one in self.said if one.call.happens]
        leads = [(one, number) for one in happened if (number := self._lead_of(one)) is not None]
        unknown = [one for one in happened if self._lead_of(one) is None and one.anonymous]
        events = take_events(connection, [self._event(one, number) for one, number in leads], self.now)
        return events, add_visits(connection, [self._visit(one) for one in unknown])

    def _event(self, said: Said, number: int) -> NewEvent:
        return NewEvent(
            said.source_id,
            number,
            _KINDS[said.call],
            said.at,
            self.now,
            _name(said),
            judged="" if said.names_somebody else "by a device that is known as the lead's",
            properties=_properties(said),
            evidence=said.evidence,
        )

    def _visit(self, said: Said) -> NewVisit:
        kind = _KINDS[said.call]
        return NewVisit(
            said.source_id, said.anonymous, kind, _name(said), said.at, self.now, _properties(said), said.evidence
        )


def _name(said: Said) -> str:
    """What rules call it."""
    return _NAMES.get(said.call, said.name)


def _properties(said: Said) -> Mapping[str, Any]:
    return {**said.properties, "name": said.name} if said.call in _NAMES else said.properties


def _second_user(record: LeadRecord, users: dict[Identity, Identity]) -> bool:
    """Whether the same batch gave this address to another user before."""
    by_kind = {one.kind: one for one in record.identities}
    user, address = by_kind.get(USER_ID), by_kind.get(EMAIL)
    return user is not None and address is not None and users.setdefault(address, user) != user


def _unsaid(said: Said) -> Said:
    """What a message about a happening says of the person is who it is; its context's traits are as old as it."""
    return replace(said, traits={})
