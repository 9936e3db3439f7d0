"""A company as sales sees it: its people, what they have to do with buying, what each did last, and who is missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from engine.domain.journey.facts import EventKind
from engine.errors import RipelineError
from engine.service.home import Home
from engine.service.import_leads import ROLE
from engine.service.who import full_name
from engine.store.account_people import accounts_called, last_deeds, names_of_accounts, people_of
from engine.store.database import reading

MOST_PEOPLE = 100
_MOST = 5


@dataclass(frozen=True, slots=True)
class Colleague:
    """One of a company's people. `did` is the last thing that they did themselves, at `at`; empty for nothing yet."""

    id: str
    name: str
    email: str
    title: str
    role: str
    lifecycle: str
    score: float
    fit: str
    owner: str
    did: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AccountSheet:
    """A company. `missing` are the roles of config that none of its people has; `count` is of all its people."""

    name: str
    names: tuple[tuple[str, str], ...]
    owner: str
    score: float
    count: int
    people: tuple[Colleague, ...]
    missing: tuple[str, ...]


def account_sheet(home: Home, name: str) -> AccountSheet:
    """The company that is called so, by a domain, its name, or another system's.

    Raises:
        RipelineError: no company is called so, or several are.
    """
    with reading(home.store) as connection:
        row = _meant(accounts_called(connection, name, _MOST), name)
        people = people_of(connection, [row.id])[row.id]
        shown = people[:MOST_PEOPLE]
        deeds = last_deeds(connection, [one.id for one in shown])
        names = names_of_accounts(connection, [row.id])[row.id]
    return AccountSheet(
        name=row.name or (names[0][1] if names else ""),
        names=tuple(names),
        owner=row.owner,
        score=row.score,
        count=len(people),
        people=tuple(_colleague(one, deeds.get(one.id)) for one in shown),
        missing=missing_roles(home.config.accounts.roles, people),
    )


def _meant(found: Sequence[Any], name: str) -> Any:
    if not found:
        raise RipelineError(
            f"no company here is called '{name}'. Give its domain, such as northwind.example, or its whole name."
        )
    if len(found) > 1:
        raise RipelineError(f"several companies are called '{name}'. Say which one by its domain.")
    return found[0]


def missing_roles(roles: Iterable[str], people: Iterable[Any]) -> tuple[str, ...]:
    """The roles that none of these people has."""
    known = {str(one.fields.get(ROLE) or "").casefold() for one in people}
    return tuple(role for role in roles if role.casefold() not in known)


def _colleague(row: Any, deed: Any) -> Colleague:
    return Colleague(
        id=row.public_id,
        name=full_name(row.fields),
        email=row.email,
        title=str(row.fields.get("title") or ""),
        role=str(row.fields.get(ROLE) or ""),
        lifecycle=row.lifecycle,
        score=row.score,
        fit=row.fit,
        owner=row.owner,
        did=_told(deed) if deed is not None else "",
        at=deed.at if deed is not None else None,
    )


def _told(deed: Any) -> str:
    """What somebody did, in words."""
    about = deed.link or deed.step or deed.name
    match deed.kind:
        case EventKind.CLICK:
            return f"clicked {about}".strip()
        case EventKind.OPEN:
            return f"opened {deed.step}".strip()
        case EventKind.REPLY:
            return "answered"
        case EventKind.UNSUBSCRIBE:
            return "unsubscribed"
        case EventKind.FORM:
            return f"filled in {deed.name}".strip()
        case EventKind.PAGE_VIEW:
            return f"looked at {deed.name}".strip()
        case _:
            return str(deed.name or deed.kind).replace("_", " ")


def sheet_values(sheet: AccountSheet) -> dict[str, object]:
    """The sheet as plain values, for programs."""
    return asdict(sheet)
