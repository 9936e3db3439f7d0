"""The companies that are most engaged, and whom of their people we do not know yet."""

from __future__ import annotations

from typing import Any

from engine.domain.journey.facts import EventKind
from engine.errors import RipelineError
from engine.service.account import missing_roles
from engine.service.home import Home
from engine.service.reports.report import Asked, Column, Kind, Report, Table
from engine.store.account_people import last_deeds, names_of_accounts, people_of, top_accounts
from engine.store.database import reading

MOST = 50
LIMIT = 1_000
COLUMNS = (
    Column("account", "Company"),
    Column("domain", "Domain"),
    Column("score", "Score", Kind.NUMBER),
    Column("people", "People", Kind.COUNT),
    Column("last", "Last deed", Kind.DAY),
    Column("missing", "Nobody who"),
    Column("owner", "Owner"),
)
NOTE = "A company's score is the sum of its people's. Companies are told by the domain of mail addresses."


def accounts(home: Home, asked: Asked) -> Report:
    """Companies by score; the option `most` says how many.

    Raises:
        RipelineError: `most` is no number from 1 to 1,000.
    """
    most = _most(asked.options.get("most", ""))
    with reading(home.store) as connection:
        found = top_accounts(connection, most)
        ids = [row.id for row in found]
        people, names = people_of(connection, ids), names_of_accounts(connection, ids)
        deeds = last_deeds(connection, [one.id for row in found for one in people[row.id]])
    rows = tuple(_row(home, row, people[row.id], names[row.id], deeds) for row in found if people[row.id])
    return Report("accounts", "Companies", (Table(COLUMNS, rows, bar="score"),), (NOTE,))


def _row(
    home: Home, row: Any, people: list[Any], names: list[tuple[str, str]], deeds: dict[int, Any]
) -> tuple[Any, ...]:
    did = [deeds[one.id] for one in people if one.id in deeds and deeds[one.id].kind != EventKind.BOUNCE]
    last = max((deed.at for deed in did), default=None)
    domain = next((value for kind, value in names if kind == "domain"), "")
    missing = ", ".join(missing_roles(home.config.accounts.roles, people))
    day = last.astimezone(home.zone).date() if last is not None else None
    return row.name or domain, domain, row.score, len(people), day, missing, row.owner


def _most(said: str) -> int:
    if not said:
        return MOST
    if not said.isdecimal() or not 1 <= int(said) <= LIMIT:
        raise RipelineError(f"most = {said}: how many companies is a number from 1 to {LIMIT:,}.")
    return int(said)
