"""What an import does to each person, decided before anything is written.

The promise kept here: an address that was opted out, by whomever and whenever, is never mailable after an import.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from engine.domain.accounts import company_test
from engine.domain.identity import EMAIL, PUBLIC_ID, Address, Identity, address_hash, read_address
from engine.domain.leadfields import BUILTINS, folded
from engine.domain.leadmerge import SAID_BY_THE_PERSON, Values, joined
from engine.domain.leadrecord import LeadRecord, Reject

MAILLESS = ("all", "marketing")
"""Scopes of suppressions that leave no marketing mail."""


@dataclass(frozen=True, slots=True)
class ImportPolicy:
    """What holds for a whole import. `key` hashes addresses; `source` says in permissions where they come from; `start`
    are a new lead's values; `internal` tells colleagues by their address, `company` the domain of somebody's company;
    `new_id` makes a new lead's opaque id. `permits`: who is in it may be mailed unless something stands against that;
    otherwise only who agreed, with proof. `may_move` says whether a lead may go from one stage of the lifecycle to
    another.
    """

    key: bytes
    source: str
    start: Values
    internal: Callable[[str], bool]
    new_id: Callable[[], str]
    company: Callable[[str], str] = field(default_factory=company_test)
    list_name: str = ""
    permits: bool = True
    may_move: Callable[[str, str], bool] = lambda _before, _after: True


@dataclass(slots=True)
class Tally:
    """What became of the people of a chunk or a file. `repeated` rows were about somebody met before in the file."""

    new: int = 0
    updated: int = 0
    unchanged: int = 0
    repeated: int = 0
    suppressed: int = 0
    opted_out: int = 0
    roles: int = 0
    rejects: list[Reject] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Count the other's people too; its rejects are the caller's to keep."""
        for name in ("new", "updated", "unchanged", "repeated", "suppressed", "opted_out", "roles"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(slots=True)
class Person:
    """One person of the chunk. `number` is the stored lead's, None for a new one; `unknown` are identities to add."""

    record: LeadRecord
    number: int | None
    unknown: Sequence[Identity]
    stored: Row[Any] | None = None
    email: str = ""
    hash: str = ""
    said_of: str = ""
    row: dict[str, Any] | None = None
    joins: tuple[str, ...] = ()
    suppressions: list[dict[str, Any]] = field(default_factory=list)
    consents: list[dict[str, Any]] = field(default_factory=list)
    refused_stage: str = ""

    @property
    def hashes(self) -> tuple[str, ...]:
        """Every hash that may say whether this person can be mailed."""
        if self.stored is None:
            return (self.hash,)
        return (self.hash, self.said_of, self.stored.address_hash)


def settle_address(person: Person, key: bytes) -> None:
    """Which address the person is mailed at: a known one stays unless another identity vouches for the new one."""
    record, stored = person.record, person.stored
    given = record.identities[0].value if record.identities[0].kind == EMAIL else ""
    person.said_of = address_hash(key, given) if given else ""
    if stored is None or not stored.email:
        person.email, person.hash = record.email, person.said_of
    elif not given or person.said_of == stored.address_hash or not _vouched(person):
        person.email, person.hash = stored.email, stored.address_hash or _hash_of(stored.email, key)
    else:
        person.email, person.hash = record.email, person.said_of


def _vouched(person: Person) -> bool:
    return any(one.kind != EMAIL and one not in person.unknown for one in person.record.identities)


def _hash_of(email: str, key: bytes) -> str:
    address = read_address(email)
    return address_hash(key, address.identity if isinstance(address, Address) else email.casefold())


@dataclass(frozen=True, slots=True)
class Decider:
    """Decides person by person. `suppressed` are the suppressions by hash, `lists` and `consents` those of stored
    leads, all loaded for the whole chunk before."""

    policy: ImportPolicy
    now: datetime
    suppressed: Mapping[str, Sequence[Row[Any]]]
    lists: Mapping[int, Sequence[str]]
    consents: Mapping[int, Sequence[Row[Any]]]

    def decide(self, person: Person, tally: Tally) -> None:
        if person.record.opt_outs or person.stored is not None:
            self._suppress(person)
        blocked = self._blocked(person)
        self._join_lists(person)
        before = person.stored
        person.row = self._new_row(person, blocked) if before is None else self._changed_row(person, before, blocked)
        if person.record.consent is not None or person.suppressions:
            self._record_consent(person, blocked)
        self._count(person, tally, blocked)

    def _suppress(self, person: Person) -> None:
        """The file's opt-outs hold for the address in the file and for the one that is mailed."""
        for found in person.record.opt_outs:
            for known in {person.hash, person.said_of} - {""}:
                self._add(person, known, found.scope, found.reason, self.policy.source, found.at or self.now)
        if person.stored is not None and person.hash and person.stored.address_hash != person.hash:
            self._carry_over(person, person.stored)

    def _carry_over(self, person: Person, stored: Row[Any]) -> None:
        """Who said no at one address is not asked again at another; a bounce, though, was the old address's matter."""
        for row in self.suppressed.get(stored.address_hash, ()):
            if row.reason in SAID_BY_THE_PERSON:
                self._add(person, person.hash, row.scope, row.reason, f"moved with the lead: {row.source}", row.at)
        if not stored.address_hash and not stored.subscribed:
            self._add(person, person.hash, "marketing", "unsubscribed", "said before the address was known", self.now)

    def _add(self, person: Person, known: str, scope: str, reason: str, source: str, at: datetime) -> None:
        if all(row.scope != scope for row in self.suppressed.get(known, ())):
            row = {"address_hash": known, "scope": scope, "reason": reason, "source": source, "at": at}
            person.suppressions.append(row)

    def _blocked(self, person: Person) -> bool:
        known = self.suppressed.get(person.hash)
        if known and any(row.scope in MAILLESS for row in known):
            return True
        if not person.record.opt_outs and not person.suppressions:
            return False
        if any(found.scope in MAILLESS for found in person.record.opt_outs):
            return True
        return any(row["address_hash"] == person.hash and row["scope"] in MAILLESS for row in person.suppressions)

    def _join_lists(self, person: Person) -> None:
        names = (*person.record.lists, self.policy.list_name) if self.policy.list_name else person.record.lists
        if names:
            known = self.lists.get(person.number, ()) if person.number is not None else ()
            person.joins = tuple(name for name in dict.fromkeys(names) if name not in known)

    def same_for_new(self) -> dict[str, Any]:
        """The columns that all new leads share."""
        instants = dict.fromkeys(("created_at", "updated_at", "next_due_at"), self.now)
        return {**instants, "score": 0.0, "fit": "", "tracking": True}

    def _new_row(self, person: Person, blocked: bool) -> dict[str, Any]:
        values = joined(self.policy.start, person.record)
        return {
            **_columns(person.email, values),
            "public_id": person.record.public_id or self.policy.new_id(),
            "internal": self.policy.internal(person.email),
            "subscribed": not blocked and self._may_ask(person),
            "address_hash": person.hash,
        }

    def _changed_row(self, person: Person, before: Row[Any], blocked: bool) -> dict[str, Any] | None:
        known = Values({name: getattr(before, name) for name in BUILTINS}, before.fields)
        values = self._in_a_stage_it_may_reach(person, known, joined(known, person.record))
        subscribed = not blocked and self._stays_subscribed(person, before)
        internal = before.internal or self.policy.internal(person.email)
        same = (
            person.email == before.email
            and person.hash == before.address_hash
            and subscribed == before.subscribed
            and internal == before.internal
            and values.builtins == known.builtins
            and values.fields == known.fields
        )
        if same and not (person.joins or person.unknown or person.suppressions):
            return None
        return {
            **_columns(person.email, values),
            "id": before.id,
            "updated_at": self.now,
            "next_due_at": self.now,
            "internal": internal,
            "subscribed": subscribed,
            "address_hash": person.hash,
        }

    def _in_a_stage_it_may_reach(self, person: Person, known: Values, values: Values) -> Values:
        """The values without a stage of the lifecycle that the lead cannot reach from where it is."""
        before, after = known.builtins.get("lifecycle", ""), values.builtins.get("lifecycle", "")
        if before == after or self.policy.may_move(before, after):
            return values
        person.refused_stage = after
        return Values({**values.builtins, "lifecycle": before}, values.fields)

    def _may_ask(self, person: Person) -> bool:
        """Whether marketing mail is allowed to somebody new; one without an address is asked when it is known."""
        return self.policy.permits or person.record.consent is not None or not person.hash

    def _stays_subscribed(self, person: Person, before: Row[Any]) -> bool:
        if before.subscribed:
            return bool(before.address_hash) or self._may_ask(person)
        known = self.consents.get(before.id, ())
        return bool(before.address_hash) and self._may_ask(person) and all(row.granted for row in known)

    def _record_consent(self, person: Person, blocked: bool) -> None:
        """The newest row counts: a withdrawal comes last, and nothing granted comes after one that stands already."""
        given = person.record.consent
        known = self.consents.get(person.number, ()) if person.number is not None else ()
        opted_out = [row for row in person.suppressions if row["scope"] in MAILLESS]
        withdrawn = any(not row.granted for row in known)
        repeated = given is not None and any(row.granted and row.proof == dict(given.proof) for row in known)
        if given is not None and not withdrawn and not repeated and (opted_out or not blocked):
            person.consents.append(self._consent(True, given.at or self.now, dict(given.proof)))
        if opted_out and not withdrawn:
            first = opted_out[0]
            person.consents.append(self._consent(False, first["at"], {"reason": first["reason"]}))

    def _consent(self, granted: bool, at: datetime, proof: dict[str, Any]) -> dict[str, Any]:
        return {"topic": "", "granted": granted, "at": at, "source": self.policy.source, "proof": proof}

    def _count(self, person: Person, tally: Tally, blocked: bool) -> None:
        tally.suppressed += blocked
        tally.opted_out += bool(person.suppressions)
        tally.roles += person.record.role
        if person.stored is None:
            tally.new += 1
        elif person.stored.updated_at == self.now:
            tally.repeated += 1
        elif person.row is None:
            tally.unchanged += 1
        else:
            tally.updated += 1


def _columns(email: str, values: Values) -> dict[str, Any]:
    copies = folded(values.fields, {**values.builtins, "email_domain": email.rpartition("@")[2]})
    return {"email": email, **values.builtins, "fields": values.fields, "folded": copies}


def addable(identities: Sequence[Identity]) -> Sequence[Identity]:
    """The identities that have a row of their own: all but our own opaque id."""
    return [one for one in identities if one.kind != PUBLIC_ID]
