"""Show a company: its people, their roles and scores, what each did last, and who is missing.

A company is called by its domain, by its name, or by the id that another system has for it. Leads with an address at a
domain of their own belong to it; addresses of mail for private persons make no company.

Examples:

  ripeline account northwind.example
  ripeline account Northwind --json
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.home import HERE, HomeOption, opened
from engine.cli.screen import Line, Segment, as_json, clock_time, columns, counted, show
from engine.service.account import AccountSheet, Colleague, account_sheet, sheet_values

if TYPE_CHECKING:
    from engine.service.home import Home


def command(
    name: Annotated[str, typer.Argument(metavar="COMPANY", help="Its domain, its name, or another system's id.")],
    home: HomeOption = HERE,
    json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Find the company, show it."""
    place = opened(home)
    sheet = account_sheet(place, name)
    if json:
        typer.echo(as_json(sheet_values(sheet)))
        return
    show(_told(sheet, place))


def _told(sheet: AccountSheet, home: Home) -> Iterator[Line]:
    names = [value for _, value in sheet.names if value != sheet.name]
    facts = [*names, f"score {sheet.score:g}", counted(sheet.count, "person", "people")]
    facts += [f"owner {sheet.owner}"] if sheet.owner else []
    yield [(sheet.name, "bold"), (f" · {' · '.join(facts)}", "")]
    yield []
    yield from columns([_person(one, home, home.clock.now()) for one in sheet.people], indent=2)
    if sheet.count > len(sheet.people):
        yield [(f"  … and {sheet.count - len(sheet.people):,} more", "dim")]
    if sheet.missing:
        yield []
        yield [("missing  ", "bold yellow"), ("nobody is known who " + ", or who ".join(sheet.missing), "")]


def _person(one: Colleague, home: Home, now: datetime) -> list[Segment]:
    """Who they are, how far, and the last thing that they did."""
    fit = f" · fit {one.fit}" if one.fit else ""
    when = clock_time(one.at, home.zone, now.astimezone(home.zone).date()) if one.at is not None else ""
    return [
        (one.name or one.email or one.id, "bold"),
        (one.title, ""),
        (one.role or "role unknown", "" if one.role else "dim"),
        (f"score {one.score:g}{fit}", ""),
        (one.lifecycle, ""),
        (f"{when}  {one.did}" if one.did else "did nothing yet", "" if one.did else "dim"),
    ]
