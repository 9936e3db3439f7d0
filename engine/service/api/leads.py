"""Leads for other programs: looked for, created and changed as an import does it, put on lists, erased."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import orjson

from engine.authoring.policy import scope_for
from engine.authoring.sales import may_move
from engine.domain.cursor import Cursor, read_cursor, written_cursor
from engine.domain.identity import EMAIL, ENTROPY_BYTES, PUBLIC_ID, Identity, public_id
from engine.domain.leadfields import BUILTINS
from engine.domain.leadmerge import Values
from engine.domain.leadrecord import LeadRecord
from engine.domain.refusals import ConflictError, Fault, InvalidError, MissingError
from engine.domain.rules import Rule, parse_rule
from engine.errors import Place, did_you_mean
from engine.inbound.leadfiles.draft import Draft, Vocabulary, put_for
from engine.service.api.pages import Page, the_lead
from engine.service.home import Home
from engine.service.import_leads import internal_test
from engine.service.running import Runner
from engine.service.why import as_values, story_of_lead
from engine.store.bulk import CollisionError
from engine.store.database import reading, writing
from engine.store.erasure import erase_lead
from engine.store.journey import wake
from engine.store.lead_decisions import ImportPolicy
from engine.store.lead_import import import_chunk, known_leads, suppressions_by_hash
from engine.store.lead_search import SORTS, found_leads, leave_list
from engine.store.leads import identities_of, join_lists, lead_row, list_sizes, lists_of
from engine.store.rules_sql import where

_TRIES = 5
T = TypeVar("T")


@dataclass(frozen=True)
class LeadView:
    """A lead as the API shows it; `suppressed` has the reason of each scope that keeps mail from it."""

    id: str
    email: str
    identities: tuple[Identity, ...]
    lifecycle: str
    source: str
    country: str
    language: str
    zone: str
    owner: str
    fields: Mapping[str, Any]
    lists: tuple[str, ...]
    suppressed: Mapping[str, str]
    subscribed: bool
    tracking: bool
    internal: bool
    score: float
    fit: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class LeadWish:
    """What is said of a lead. Values that are not given stay; None takes one away."""

    email: str = ""
    identities: Mapping[str, str] = field(default_factory=dict)
    builtins: Mapping[str, str | None] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)
    lists: Sequence[str] = ()


@dataclass(frozen=True)
class Search:
    """Whom to list: values by filter, a rule, an order and a place in it."""

    filters: Mapping[str, Any] = field(default_factory=dict)
    where: str = ""
    sort: str = "created"
    cursor: str = ""
    limit: int = 50


class LeadDesk:
    """What the API can do with leads."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._runner = Runner(home)

    # reading

    def search(self, search: Search) -> Page[LeadView]:
        """The next leads.

        Raises:
            InvalidError: the rule has mistakes, or the cursor is none.
        """
        kind = SORTS[search.sort.removeprefix("-")]
        after = read_cursor(search.cursor, search.sort, kind) if search.cursor else None
        condition = self._condition(search.where) if search.where else None
        with reading(self._home.store) as connection:
            rows = found_leads(connection, search.filters, condition, search.sort, after, search.limit + 1)
            shown = rows[: search.limit]
            views = _views(connection, shown)
        return Page(views, _behind(shown[-1], search.sort) if len(rows) > search.limit else "")

    def _condition(self, text: str) -> Any:
        """The rule as the store asks it."""
        campaigns = self._runner.current().programme.campaigns
        steps = {name: {step.id: None for _, step in campaign.steps()} for name, campaign in campaigns.items()}
        found = parse_rule(text, scope_for(self._home.config, campaigns=steps), Place("query.where", 1, 1))
        if isinstance(found, Rule):
            return where(found, self._home.clock.now())
        raise InvalidError(
            Fault(f"query.where:{one.place.column}", f"{one.code} {one.message}", one.hint) for one in found
        )

    def one(self, name: str) -> LeadView:
        """The lead that is called so.

        Raises:
            MissingError: there is none.
        """
        with reading(self._home.store) as connection:
            return _views(connection, [the_lead(connection, name)])[0]

    def why(self, name: str) -> dict[str, object]:
        """The lead's whole story, as `ripeline why` tells it.

        Raises:
            MissingError: there is no such lead.
        """
        found = self.one(name)
        story = story_of_lead(self._home, self._runner.current(), found.id, self._home.clock.now())
        values: dict[str, object] = orjson.loads(orjson.dumps(as_values(story), default=str))
        return values

    def lists(self) -> Mapping[str, int]:
        """How many leads are on each list."""
        with reading(self._home.store) as connection:
            return list_sizes(connection)

    # changing

    def upsert(self, wish: LeadWish, name: str, by: str) -> tuple[LeadView, bool]:
        """Create a lead, or join what is said with what is known of it, as an import does; whether it is new.

        `name` is how the address of the request calls it, and may be empty; `by` is the key's name.

        Raises:
            InvalidError: a value cannot be one, or nothing says who it is.
            ConflictError: the names given belong to different leads.
        """
        record = self._record(wish, name)
        number, new = self._again(lambda: self._take(record, by))
        with reading(self._home.store) as connection:
            return _views(connection, [lead_row(connection, number)])[0], new

    def _record(self, wish: LeadWish, name: str) -> LeadRecord:
        config = self._home.config
        record, faults = record_of(wish, Vocabulary(config.lead_fields, config.lifecycle.stages))
        if faults:
            raise InvalidError(faults)
        if name:
            record = self._with_name(record, name)
        if not record.identities:
            say = 'give email, or identities such as {"userId": "42"}'
            raise InvalidError([Fault("body", "says not who the lead is", say)])
        return record

    def _with_name(self, record: LeadRecord, name: str) -> LeadRecord:
        """The record with the name that the request's address has among its identities."""
        with reading(self._home.store) as connection:
            try:
                found = the_lead(connection, name)
            except MissingError:
                return _named(record, name)
        identities = (*record.identities, Identity(PUBLIC_ID, found.public_id))
        return record._replace(identities=tuple(dict.fromkeys(identities)))

    def _take(self, record: LeadRecord, by: str) -> tuple[int, bool]:
        now = self._home.clock.now()
        with writing(self._home.store) as connection:
            tally = import_chunk(connection, [record], policy_for(self._home, f"API key {by}", now), now)
            if tally.rejects:
                raise ConflictError(tally.rejects[0].reason)
            known = known_leads(connection, record.identities)
        return next(known[one] for one in record.identities if one in known), tally.new > 0

    def _again(self, work: Callable[[], T]) -> T:
        """The work, again where another writer made the same lead at this moment."""
        for _ in range(_TRIES - 1):
            try:
                return work()
            except CollisionError:
                continue
        return work()

    def erase(self, name: str, by: str) -> None:
        """Take everything about a person away.

        Raises:
            MissingError: there is no such lead.
        """
        with writing(self._home.store) as connection:
            found = the_lead(connection, name)
            erase_lead(connection, found.id, self._home.keys.addresses, f"API key {by}", self._home.clock.now())

    def join(self, name: str, list_name: str) -> None:
        """Put a lead on a list.

        Raises:
            MissingError: there is no such lead.
        """
        now = self._home.clock.now()
        with writing(self._home.store) as connection:
            number = the_lead(connection, name).id
            if join_lists(connection, [(number, list_name)], now):
                _touch(connection, number, now)

    def leave(self, name: str, list_name: str) -> None:
        """Take a lead off a list.

        Raises:
            MissingError: there is no such lead.
        """
        with writing(self._home.store) as connection:
            number = the_lead(connection, name).id
            if leave_list(connection, number, list_name):
                _touch(connection, number, self._home.clock.now())


def _touch(connection: Any, number: int, now: datetime) -> None:
    wake(connection, [number], now)


def policy_for(home: Home, source: str, now: datetime) -> ImportPolicy:
    """How leads that a program tells of are taken in."""
    start = {**dict.fromkeys(BUILTINS, ""), "lifecycle": home.config.lifecycle.start, "source": "api"}
    return ImportPolicy(
        key=home.keys.addresses,
        source=source,
        start=Values(start, {}),
        internal=internal_test(home.config.internal),
        new_id=lambda: public_id(now, os.urandom(ENTROPY_BYTES)),
        may_move=may_move(home.config),
    )


def record_of(wish: LeadWish, vocabulary: Vocabulary) -> tuple[LeadRecord, list[Fault]]:
    """What is said of a lead as a record, and every value that cannot be one."""
    draft, faults = Draft(), []
    said: list[tuple[str, str, object]] = [("email", "email", wish.email)] if wish.email else []
    said += [(f"identities.{kind}", f"id:{kind}", value) for kind, value in wish.identities.items()]
    said += [(name, f"builtin:{name}", value) for name, value in wish.builtins.items()]
    said += [(f"fields.{name}", f"field:{name}", value) for name, value in wish.fields.items()]
    said += [("lists", "lists", list(wish.lists))] if wish.lists else []
    for place, target, value in said:
        fault = _put(draft, target, value, vocabulary)
        if fault:
            faults.append(Fault(f"body.{place}", *fault))
    return draft.record(0), faults


def _put(draft: Draft, target: str, value: object, vocabulary: Vocabulary) -> tuple[str, str] | None:
    """Put a value into the draft; what is wrong with it, and what to do."""
    kind, _, name = target.partition(":")
    if kind == "field" and name not in vocabulary.fields:
        hint = did_you_mean(name, vocabulary.fields) or "declare it under [fields] in config.toml"
        return f"there is no field '{name[:40]}'", hint
    if kind == "id" and name in (EMAIL, PUBLIC_ID):
        return f"'{name}' is no kind of identity that can be given here", "give an address as email"
    if value is None and kind == "field":
        draft.fields[name] = None
        return None
    if value in (None, "") and kind == "builtin":
        draft.builtins[name] = ""
        return None
    reason = put_for(target, vocabulary)(draft, value)
    return (reason, "") if reason else None


def _named(record: LeadRecord, name: str) -> LeadRecord:
    """The record of a new lead whose address in the request says who it is."""
    wish = (
        LeadWish(email=name) if "@" in name else LeadWish(identities=dict([name.split(":", 1)] if ":" in name else []))
    )
    own, faults = record_of(wish, Vocabulary({}, ()))
    if faults or not own.identities:
        why = faults[0].what if faults else "is neither an address nor kind:value, and there is no lead of this id"
        raise InvalidError(
            [Fault("path.lead", why, "create a lead under its address, or kind:value such as userId:42")]
        )
    identities = tuple(dict.fromkeys((*own.identities, *record.identities)))
    if own.email and not record.email:
        return record._replace(identities=identities, email=own.email, email_domain=own.email_domain, role=own.role)
    return record._replace(identities=identities)


def _views(connection: Any, rows: Sequence[Any]) -> tuple[LeadView, ...]:
    ids = [row.id for row in rows]
    names, lists = (identities_of(connection, ids), lists_of(connection, ids)) if ids else ({}, {})
    against = suppressions_by_hash(connection, [row.address_hash for row in rows if row.address_hash])
    return tuple(_view(row, names[row.id], lists[row.id], against.get(row.address_hash, ())) for row in rows)


def _view(row: Any, names: Sequence[Identity], lists: Sequence[str], against: Sequence[Any]) -> LeadView:
    same = ("email", *BUILTINS, "fields", "subscribed", "tracking", "internal", "score", "fit")
    return LeadView(
        id=row.public_id,
        identities=tuple(names),
        lists=tuple(lists),
        suppressed={found.scope: found.reason for found in against},
        created_at=row.created_at,
        updated_at=row.updated_at,
        **{name: getattr(row, name) for name in same},
    )


def _behind(row: Any, sort: str) -> str:
    columns = {"updated": "updated_at", "score": "score", "email": "email"}
    column = columns.get(sort.removeprefix("-"))
    return written_cursor(Cursor(sort, getattr(row, column) if column else None, row.id))
