"""Leads: finding them by any of their names, their values, lists and identities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, Row, bindparam, func, select, true, update

from engine.domain.identity import EMAIL, Address, Identity, read_address
from engine.store.bulk import among
from engine.store.inserts import insert_ignoring
from engine.store.tables import IdentityRow, LeadRow, ListMemberRow

lead = LeadRow.__table__  # type: ignore[attr-defined]
identity = IdentityRow.__table__  # type: ignore[attr-defined]
member = ListMemberRow.__table__  # type: ignore[attr-defined]

_VALUES: BindParameter[Any] = bindparam("known", expanding=True)
_MERGEABLE = (
    *("email", "source", "lifecycle", "country", "language", "zone", "owner", "internal", "subscribed"),
    *("fields", "folded", "address_hash", "updated_at", "next_due_at"),
)
_KNOWN = (
    lead.c.id,
    lead.c.account_id,
    lead.c.created_at,
    lead.c.lifecycle_since,
    *(lead.c[name] for name in _MERGEABLE),
)
_FOR_MERGING = select(*_KNOWN).where(lead.c.id.in_(_VALUES)).order_by(lead.c.id)
_UPDATE = (
    update(lead)
    .where(lead.c.id == bindparam("number"))
    .values({name: bindparam(f"new_{name}", type_=lead.c[name].type) for name in _MERGEABLE})
)


def leads_by_identity(connection: Connection, identities: Iterable[Identity]) -> dict[Identity, int]:
    """The numbers of the leads that bear these identities."""
    by_kind: dict[str, list[str]] = {}
    for one in identities:
        by_kind.setdefault(one.kind, []).append(one.value)
    return {
        Identity(kind, row.value): row.lead_id
        for kind, values in by_kind.items()
        for row in connection.execute(
            select(identity.c.value, identity.c.lead_id).where(
                identity.c.kind == kind, among(connection, identity.c.value, values)
            )
        )
    }


def leads_by_public_id(connection: Connection, ids: Sequence[str]) -> dict[str, int]:
    """The numbers of the leads with these opaque ids; of one that was merged into another, that other's."""
    if not ids:
        return {}
    number = func.coalesce(lead.c.merged_into, lead.c.id).label("number")
    query = select(lead.c.public_id, number).where(among(connection, lead.c.public_id, ids))
    return {row.public_id: row.number for row in connection.execute(query)}


def add_names(connection: Connection, names: Iterable[tuple[int, Identity]]) -> int:
    """Give leads (number) further names; one that somebody bears already stays theirs. How many were new."""
    rows = [{"lead_id": number, "kind": name.kind, "value": name.value} for number, name in names]
    return insert_ignoring(connection, identity, rows, ("kind", "value"))


def leads_for_merging(connection: Connection, ids: Sequence[int]) -> dict[int, Row[Any]]:
    """The values of these leads, kept from other writers until the transaction ends."""
    if not ids:
        return {}
    return {row.id: row for row in connection.execute(_FOR_MERGING.with_for_update(), {"known": list(ids)})}


def update_leads(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the values of leads, each row with its `id` and all mergeable columns."""
    if rows:
        named = [{"number": row["id"], **{f"new_{name}": row[name] for name in _MERGEABLE}} for row in rows]
        connection.execute(_UPDATE, named)


def tracked_leads(connection: Connection, ids: Sequence[int]) -> set[int]:
    """Which of these leads let their steps be recorded."""
    query = select(lead.c.id).where(lead.c.id.in_(_VALUES), lead.c.tracking == true())
    return set(connection.scalars(query, {"known": list(ids)}))


def find_lead(connection: Connection, name: str) -> Row[Any] | None:
    """The lead that somebody calls by an address, an opaque id, or `kind:value` of another identity."""
    number = _number_of(connection, name.strip())
    return lead_row(connection, number) if number is not None else None


def _number_of(connection: Connection, name: str) -> int | None:
    address = read_address(name) if "@" in name else None
    if isinstance(address, Address):
        found = leads_by_identity(connection, [Identity(EMAIL, address.identity)])
        return next(iter(found.values()), None)
    by_id = leads_by_public_id(connection, [name])
    if by_id:
        return by_id[name]
    kind, colon, value = name.partition(":")
    known = leads_by_identity(connection, [Identity(kind, value)]) if colon else {}
    return next(iter(known.values()), None)


def lead_row(connection: Connection, number: int) -> Row[Any] | None:
    """All columns of a lead."""
    return connection.execute(select(lead).where(lead.c.id == number)).one_or_none()


def identities_of(connection: Connection, ids: Sequence[int]) -> dict[int, list[Identity]]:
    """The identities of these leads."""
    query = select(identity).where(identity.c.lead_id.in_(_VALUES)).order_by(identity.c.id)
    found: dict[int, list[Identity]] = {number: [] for number in ids}
    for row in connection.execute(query, {"known": list(ids)}):
        found[row.lead_id].append(Identity(row.kind, row.value))
    return found


def lists_of(connection: Connection, ids: Sequence[int]) -> dict[int, list[str]]:
    """The lists that these leads are on, by name."""
    query = select(member.c.lead_id, member.c.name).where(member.c.lead_id.in_(_VALUES)).order_by(member.c.name)
    found: dict[int, list[str]] = {number: [] for number in ids}
    for row in connection.execute(query, {"known": list(ids)}):
        found[row.lead_id].append(row.name)
    return found


def join_lists(connection: Connection, members: Iterable[tuple[int, str]], now: datetime) -> int:
    """Put leads (number, list) on lists; how many were not on them before."""
    rows = [{"lead_id": number, "name": name, "joined_at": now} for number, name in members]
    return insert_ignoring(connection, member, rows, ("lead_id", "name"))


def list_sizes(connection: Connection) -> dict[str, int]:
    """How many leads are on each list."""
    query = select(member.c.name, func.count()).group_by(member.c.name).order_by(member.c.name)
    return {row.name: row.count_1 for row in connection.execute(query)}


def count_leads(connection: Connection, condition: Any = None) -> int:
    """How many leads there are, or how many meet a condition of `rules_sql`."""
    query = select(func.count()).select_from(lead).where(lead.c.merged_into.is_(None))
    return connection.scalar(query.where(true() if condition is None else condition)) or 0


def leads_page(
    connection: Connection, after: int = 0, condition: Any = None, list_name: str = "", size: int = 1000
) -> Sequence[Row[Any]]:
    """The next leads after that number: all, those on a list, those who meet a condition of `rules_sql`."""
    query = select(lead).where(lead.c.id > after, lead.c.merged_into.is_(None)).order_by(lead.c.id).limit(size)
    if list_name:
        query = query.where(lead.c.id.in_(select(member.c.lead_id).where(member.c.name == list_name)))
    if condition is not None:
        query = query.where(condition)
    return connection.execute(query).all()
