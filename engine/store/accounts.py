"""Accounts: the companies that leads work for, by domain or by another system's name, and their scores.

An account's score is the sum of its people's. It is kept with each of them too, so that their rules can ask for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, Integer, bindparam, cast, func, or_, select, update

from engine.domain.rules import Borders
from engine.store.among import among_numbers, among_texts
from engine.store.inserts import insert_ignoring
from engine.store.many import run_many
from engine.store.sales_tables import AccountNameRow, AccountRow
from engine.store.tables import LeadRow

account = AccountRow.__table__  # type: ignore[attr-defined]
account_name = AccountNameRow.__table__  # type: ignore[attr-defined]
lead = LeadRow.__table__  # type: ignore[attr-defined]

DOMAIN = "domain"
ANY_CHANGE = Borders(everywhere=True)

_BY_VALUE = (
    select(account_name.c.value, account.c.id, account.c.score)
    .join(account, account.c.id == account_name.c.account_id)
    .where(account_name.c.kind == bindparam("of_kind"), among_texts(account_name.c.value, "values"))
)


def accounts_of_domains(
    connection: Connection, domains: Mapping[str, str], now: datetime
) -> dict[str, tuple[int, float]]:
    """The number and the score of the account of each domain, made where there is none; `domains` says for each what
    the company is called, as far as that is known."""
    found = _by_value(connection, DOMAIN, domains)
    named = [
        {"number": found[domain][0], "called": name} for domain, name in domains.items() if name and domain in found
    ]
    run_many(connection, _NAME, named)
    missing = {domain: name for domain, name in domains.items() if domain not in found}
    return found | _add_accounts(connection, DOMAIN, missing, now) if missing else found


_NAME = (
    update(account)
    .where(account.c.id == bindparam("number"), account.c.name == "")
    .values(name=bindparam("called", type_=account.c.name.type))
)


def _by_value(connection: Connection, kind: str, values: Iterable[str]) -> dict[str, tuple[int, float]]:
    asked = {"of_kind": kind, "values": list(values)}
    return {value: (number, score) for value, number, score in connection.execute(_BY_VALUE, asked)}


def _add_accounts(
    connection: Connection, kind: str, names: Mapping[str, str], now: datetime
) -> dict[str, tuple[int, float]]:
    """New accounts, each with its first name; where somebody else made one at this moment, that one."""
    shared = {"owner": "", "score": 0.0, "fields": {}, "created_at": now, "updated_at": now}
    made = list(connection.scalars(_MAKE, [{"name": name, **shared} for name in names.values()]))
    rows = [{"account_id": made_now, "kind": kind, "value": value} for made_now, value in zip(made, names, strict=True)]
    if insert_ignoring(connection, account_name, rows, ("kind", "value")) == len(rows):
        return {value: (number, 0.0) for number, value in zip(made, names, strict=True)}
    found = _by_value(connection, kind, names)
    given_up = set(made) - {number for number, _ in found.values()}
    connection.execute(account.delete().where(among_numbers(account.c.id, "ids")), {"ids": sorted(given_up)})
    return found


_MAKE = account.insert().returning(account.c.id, sort_by_parameter_order=True)


_JOIN = (
    update(lead)
    .where(lead.c.id == bindparam("number"), lead.c.account_id.is_(None))
    .values(account_id=bindparam("joined"))
)


def join_if_alone(connection: Connection, joining: Mapping[int, int], now: datetime) -> None:
    """Give leads their account, by number, as far as they have none."""
    if run_many(connection, _JOIN, [{"number": who, "joined": where} for who, where in joining.items()]):
        rescore_accounts(connection, set(joining.values()), ANY_CHANGE, now)


def join_account(connection: Connection, lead_id: int, kind: str, value: str, name: str, now: datetime) -> int:
    """Put a lead into the account that is called so by its domain, by a group id of events, or in a CRM; its number.

    A name that is new becomes one more name of the lead's own account, unless that has another of this kind: then, as
    for a lead without one, it is a new account.
    """
    before = connection.scalar(select(lead.c.account_id).where(lead.c.id == lead_id))
    known = _by_value(connection, kind, [value]).get(value)
    if known is not None:
        number = known[0]
    elif before is not None and not _is_called(connection, before, kind):
        number = before
        insert_ignoring(
            connection, account_name, [{"account_id": number, "kind": kind, "value": value}], ("kind", "value")
        )
    else:
        number = _add_accounts(connection, kind, {value: name}, now)[value][0]
    if name:
        unnamed = account.c.name == ""
        connection.execute(update(account).where(account.c.id == number, unnamed).values(name=name, updated_at=now))
    if number != before:
        connection.execute(update(lead).where(lead.c.id == lead_id).values(account_id=number))
        rescore_accounts(connection, {number} | ({before} if before is not None else set()), ANY_CHANGE, now)
    return int(number)


def join_same_account(connection: Connection, lead_id: int, other: int, now: datetime) -> None:
    """Put a lead into the account of another one, if that has one."""
    numbers = select(lead.c.id, lead.c.account_id).where(lead.c.id.in_([lead_id, other]))
    accounts = {row.id: row.account_id for row in connection.execute(numbers)}
    before, number = accounts.get(lead_id), accounts.get(other)
    if number is not None and number != before:
        connection.execute(update(lead).where(lead.c.id == lead_id).values(account_id=number))
        rescore_accounts(connection, {number} | ({before} if before is not None else set()), ANY_CHANGE, now)


def _is_called(connection: Connection, number: int, kind: str) -> bool:
    query = select(account_name.c.id).where(account_name.c.account_id == number, account_name.c.kind == kind)
    return connection.scalar(query.limit(1)) is not None


# Scores

_TENTHS = func.coalesce(func.sum(cast(func.round(lead.c.score * 10), Integer)), 0)
_SUMS = (
    select(account.c.id, account.c.score, _TENTHS)
    .join(lead, lead.c.account_id == account.c.id, isouter=True)
    .where(among_numbers(account.c.id, "ids"))
    .group_by(account.c.id, account.c.score)
)
_SCORE = (
    update(account)
    .where(account.c.id == bindparam("number"))
    .values(score=bindparam("now_is"), updated_at=bindparam("at", type_=account.c.updated_at.type))
)
_OF_MEMBERS = (
    update(lead)
    .where(lead.c.account_id == bindparam("number"), lead.c.account_score != bindparam("now_is"))
    .values(account_score=bindparam("now_is"))
)
_AT = bindparam("at", type_=lead.c.next_due_at.type)
_WAKE_MEMBERS = (
    update(lead)
    .where(
        lead.c.account_id == bindparam("number"),
        or_(lead.c.next_due_at.is_(None), lead.c.next_due_at > _AT),
    )
    .values(next_due_at=_AT)
)


def rescore_accounts(connection: Connection, accounts: Collection[int], borders: Borders, now: datetime) -> int:
    """Add up the scores of these accounts' people, and look at those again whose account crosses a border; how many
    accounts have another score than before."""
    if not accounts:
        return 0
    found = connection.execute(_SUMS, {"ids": sorted(accounts)}).all()
    scores = [(number, before, tenths / 10) for number, before, tenths in found]
    changed = [{"number": number, "now_is": score, "at": now} for number, before, score in scores if score != before]
    run_many(connection, _SCORE, changed)
    run_many(connection, _OF_MEMBERS, [{"number": number, "now_is": score} for number, _, score in scores])
    crossed = [number for number, before, score in scores if borders.between(before, score)]
    run_many(connection, _WAKE_MEMBERS, [{"number": number, "at": now} for number in crossed])
    return len(changed)


def rescore_of_leads(connection: Connection, leads: Sequence[int], borders: Borders, now: datetime) -> int:
    """The same for the accounts of these leads, whose scores have changed."""
    if not leads:
        return 0
    query = select(lead.c.account_id).distinct().where(among_numbers(lead.c.id, "ids"), lead.c.account_id.is_not(None))
    return rescore_accounts(connection, set(connection.scalars(query, {"ids": list(leads)})), borders, now)


def next_accounts(connection: Connection, after: int, limit: int) -> list[int]:
    """The numbers of the next accounts behind that number."""
    return list(
        connection.scalars(select(account.c.id).where(account.c.id > after).order_by(account.c.id).limit(limit))
    )
