"""Looking at accounts: finding one by any of its names, its people, and what each of them did last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import Connection, Row, false, func, or_, select

from engine.domain.actor import Actor
from engine.store.accounts import account, account_name, lead
from engine.store.among import among_numbers, unindexed
from engine.store.tables import EventRow

event = EventRow.__table__  # type: ignore[attr-defined]


def accounts_called(connection: Connection, name: str, limit: int) -> list[Row[Any]]:
    """Accounts with this domain, group id, or name (regardless of the case of ASCII letters), best score first."""
    wanted = name.strip().casefold()
    named = select(account_name.c.account_id).where(or_(account_name.c.value == wanted, account_name.c.value == name))
    query = select(account).where(or_(account.c.id.in_(named), func.lower(account.c.name) == wanted))
    return list(connection.execute(query.order_by(account.c.score.desc(), account.c.id).limit(limit)))


def top_accounts(connection: Connection, limit: int) -> list[Row[Any]]:
    """The accounts with the highest scores."""
    return list(connection.execute(select(account).order_by(account.c.score.desc(), account.c.id).limit(limit)))


def names_of_accounts(connection: Connection, ids: Sequence[int]) -> dict[int, list[tuple[str, str]]]:
    """The names of these accounts, as (kind, value), domains first."""
    query = select(account_name.c.account_id, account_name.c.kind, account_name.c.value).where(
        among_numbers(account_name.c.account_id, "ids")
    )
    found: dict[int, list[tuple[str, str]]] = {number: [] for number in ids}
    for number, kind, value in connection.execute(query.order_by(account_name.c.id), {"ids": list(ids)}):
        found[number].append((kind, value))
    return {number: sorted(names, key=lambda one: one[0] != "domain") for number, names in found.items()}


def people_of(connection: Connection, ids: Sequence[int]) -> dict[int, list[Row[Any]]]:
    """The leads of these accounts, best score first."""
    if not ids:
        return {}
    columns = (lead.c.account_id, lead.c.id, lead.c.public_id, lead.c.email, lead.c.fields, lead.c.lifecycle)
    query = (
        select(*columns, lead.c.score, lead.c.fit, lead.c.owner)
        .where(among_numbers(lead.c.account_id, "ids"), lead.c.merged_into.is_(None))
        .order_by(unindexed(lead.c.score).desc(), lead.c.id)
    )
    found: dict[int, list[Row[Any]]] = {number: [] for number in ids}
    for row in connection.execute(query, {"ids": list(ids)}):
        found[row.account_id].append(cast("Row[Any]", row))
    return found


def last_deeds(connection: Connection, leads: Sequence[int]) -> dict[int, Row[Any]]:
    """The last thing that each of these leads did themselves."""
    place = func.row_number().over(partition_by=event.c.lead_id, order_by=(event.c.at.desc(), event.c.id.desc()))
    deeds = (
        select(
            event.c.lead_id, event.c.kind, event.c.name, event.c.link, event.c.step, event.c.at, place.label("place")
        )
        .where(
            among_numbers(event.c.lead_id, "ids"),
            event.c.actor == Actor.HUMAN,
            unindexed(event.c.pending) == false(),
        )
        .subquery()
    )
    query = select(deeds).where(deeds.c.place == 1)
    return {row.lead_id: row for row in connection.execute(query, {"ids": list(leads)})}
