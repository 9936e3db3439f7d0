"""Taking a chunk of records into the store: told apart by identity, decided, and written in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from engine.domain.identity import PUBLIC_ID, Identity
from engine.domain.journey.decision import Line
from engine.domain.leadmerge import combined
from engine.domain.leadrecord import LeadRecord, Reject
from engine.store.accounts import accounts_of_domains, join_if_alone
from engine.store.bulk import among, load_rows
from engine.store.inserts import insert_ignoring
from engine.store.journey import tell
from engine.store.lead_decisions import Decider, ImportPolicy, Person, Tally, addable, settle_address
from engine.store.leads import (
    identity,
    join_lists,
    lead,
    leads_by_identity,
    leads_by_public_id,
    leads_for_merging,
    lists_of,
    member,
    update_leads,
)
from engine.store.lifecycle import note_moves
from engine.store.permission import consent, suppression

_SUPPRESSIONS = select(
    suppression.c.address_hash, suppression.c.scope, suppression.c.reason, suppression.c.source, suppression.c.at
)
_CONSENTS = select(consent.c.lead_id, consent.c.granted, consent.c.proof).where(
    consent.c.lead_id.in_(bindparam("known", expanding=True)), consent.c.topic == ""
)


def import_chunk(
    connection: Connection, records: Sequence[LeadRecord], policy: ImportPolicy, now: datetime, *, dry_run: bool = False
) -> Tally:
    """Take these records in, in their order; `now` marks what this import wrote.

    Raises:
        CollisionError: another writer made one of these leads at this moment; the transaction must be tried again.
    """
    tally = Tally()
    people = _told_apart(connection, records, tally)
    stored = leads_for_merging(connection, [one.number for one in people if one.number is not None])
    for one in people:
        one.stored = stored.get(one.number) if one.number is not None else None
        settle_address(one, policy.key)
    decider = _decider(connection, people, policy, now)
    for one in people:
        decider.decide(one, tally)
    if not dry_run:
        _write(connection, people, decider)
    return tally


def _told_apart(connection: Connection, records: Sequence[LeadRecord], tally: Tally) -> list[Person]:
    """The records by person, whether stored or met in this chunk; a record about two people is rejected."""
    known = known_leads(connection, (one for record in records for one in record.identities))
    groups: dict[Identity | int, list[LeadRecord]] = {}
    met: dict[Identity, Identity | int] = dict(known)
    for record in records:
        found = {met[one] for one in record.identities if one in met}
        if len(found) > 1:
            tally.rejects.append(_about_two(record, met))
            continue
        group = found.pop() if found else record.identities[0]
        if group in groups:
            groups[group].append(record)
            tally.repeated += 1
        else:
            groups[group] = [record]
        for one in record.identities:
            met[one] = group
    return [_person(group, combined(members), known) for group, members in groups.items()]


def known_leads(connection: Connection, identities: Iterable[Identity]) -> dict[Identity, int]:
    """The numbers of the leads that bear these identities, our own opaque id among them."""
    named = set(identities)
    found = leads_by_identity(connection, [one for one in named if one.kind != PUBLIC_ID])
    ids = leads_by_public_id(connection, [one.value for one in named if one.kind == PUBLIC_ID])
    return {**found, **{Identity(PUBLIC_ID, value): number for value, number in ids.items()}}


def _person(group: Identity | int, record: LeadRecord, known: dict[Identity, int]) -> Person:
    unknown = [one for one in addable(record.identities) if one not in known]
    return Person(record, group if isinstance(group, int) else None, unknown)


def _about_two(record: LeadRecord, met: dict[Identity, Identity | int]) -> Reject:
    names = [str(one) for one in record.identities if one in met]
    return Reject(
        record.row, "", f"{' and '.join(names)} belong to different leads here; `ripeline merge` makes one of them"
    )


def _decider(connection: Connection, people: Sequence[Person], policy: ImportPolicy, now: datetime) -> Decider:
    """Everything that the decisions need to know, loaded for all people at once."""
    listed = [one.number for one in people if one.number is not None and (one.record.lists or policy.list_name)]
    asked = [one.number for one in people if one.number is not None and _asks_consent(one)]
    return Decider(
        policy,
        now,
        suppressions_by_hash(connection, [known for one in people for known in one.hashes]),
        lists_of(connection, listed) if listed else {},
        _consents(connection, asked),
    )


def _asks_consent(person: Person) -> bool:
    record, stored = person.record, person.stored
    return bool(record.consent or record.opt_outs) or (stored is not None and not stored.subscribed)


def suppressions_by_hash(connection: Connection, hashes: Sequence[str]) -> dict[str, list[Any]]:
    """What stands against these addresses: scope, reason, source and instant."""
    groups: dict[str, list[Any]] = {}
    for row in connection.execute(_SUPPRESSIONS.where(among(connection, suppression.c.address_hash, hashes))):
        groups.setdefault(row.address_hash, []).append(row)
    return groups


def _consents(connection: Connection, ids: Sequence[int]) -> dict[int, list[Row[Any]]]:
    groups: dict[int, list[Row[Any]]] = {}
    if ids:
        for row in connection.execute(_CONSENTS, {"known": ids}):
            groups.setdefault(row.lead_id, []).append(row)
    return groups


def _write(connection: Connection, people: Sequence[Person], decider: Decider) -> None:
    created = [one for one in people if one.stored is None]
    _give_accounts(connection, people, decider)
    load_rows(connection, lead, [one.row for one in created if one.row is not None], decider.same_for_new())
    _number(connection, created)
    update_leads(connection, [one.row for one in people if one.stored is not None and one.row is not None])
    _note_stages(connection, people, decider)
    names = [{"lead_id": one.number, "kind": name.kind, "value": name.value} for one in people for name in one.unknown]
    load_rows(connection, identity, names)
    members = [{"lead_id": one.number, "name": name} for one in created for name in one.joins]
    load_rows(connection, member, members, {"joined_at": decider.now})
    old = [(one.number, name) for one in people if one.stored is not None and one.number for name in one.joins]
    join_lists(connection, old, decider.now)
    permissions = [row for one in people for row in one.suppressions]
    insert_ignoring(connection, suppression, permissions, ("address_hash", "scope"))
    load_rows(connection, consent, [{"lead_id": one.number, **row} for one in people for row in one.consents])


def _note_stages(connection: Connection, people: Sequence[Person], decider: Decider) -> None:
    """The lifecycle of leads that were known: where they went, and where they could not go."""
    moved = [
        (one.stored, str(one.row["lifecycle"]))
        for one in people
        if one.stored is not None and one.row is not None and one.row["lifecycle"] != one.stored.lifecycle
    ]
    note_moves(connection, moved, decider.policy.source, decider.now)
    for one in people:
        if one.refused_stage and one.stored is not None:
            told = {"before": one.stored.lifecycle, "after": one.refused_stage, "why": decider.policy.source}
            tell(connection, one.stored.id, Line(decider.now, "lifecycle_refused", data=told))


def _give_accounts(connection: Connection, people: Sequence[Person], decider: Decider) -> None:
    """New leads belong to the company of their address, and so do those known before who belong to none."""
    alone = [one for one in people if one.email and (one.stored is None or one.stored.account_id is None)]
    placed = [(one, domain) for one in alone if (domain := decider.policy.company(one.email))]
    names = dict.fromkeys((domain for _, domain in placed), "")
    for one, domain in placed:
        names[domain] = names[domain] or str((one.row or {}).get("fields", {}).get("company") or "")
    accounts = accounts_of_domains(connection, names, decider.now) if names else {}
    for one in people:
        if one.stored is None and one.row is not None:
            one.row |= {"account_id": None, "account_score": 0.0}
    for one, domain in placed:
        if one.stored is None and one.row is not None:
            one.row["account_id"], one.row["account_score"] = accounts[domain]
    joining = {one.number: accounts[domain][0] for one, domain in placed if one.number is not None}
    join_if_alone(connection, joining, decider.now)


def _number(connection: Connection, created: Sequence[Person]) -> None:
    """The numbers that the database gave to the new leads."""
    by_id = {one.row["public_id"]: one for one in created if one.row is not None}
    for public_id, number in leads_by_public_id(connection, list(by_id)).items():
        by_id[public_id].number = number
