"""How the connection to the CRM stands; try it, or read what changed there now.

--test logs in and reads one record of each kind, with every field that is needed; it changes nothing. --pull does what
the daemon does every `crm.every`.

Examples:

  ripeline crm
  ripeline crm --test
  ripeline crm --pull
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

import typer

from engine.cli.home import HERE, HomeOption, opened
from engine.cli.screen import Line, Segment, as_json, columns, counted, say, show
from engine.connect.crm import CrmError
from engine.errors import RipelineError
from engine.service.crm.carrier import connector, tried
from engine.service.crm.pull import CrmReader, CrmState, crm_state
from engine.service.home import Home


def command(
    home: HomeOption = HERE,
    test: Annotated[bool, typer.Option("--test", help="Log in and read one record of each kind.")] = False,
    pull: Annotated[bool, typer.Option("--pull", help="Read what changed there now.")] = False,
    json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Tell, try or pull."""
    place = opened(home)
    if test or pull:
        connector(place)  # without one, or its secret, there is nothing to be tried again
    try:
        if test:
            _test(place)
        if pull:
            _pull(place)
    except CrmError as error:
        raise RipelineError(str(error)) from error
    if test or pull:
        return
    found = crm_state(place)
    if json:
        typer.echo(as_json(_plain(place, found)))
        return
    show(_told(place, found))


def _test(home: Home) -> None:
    trial = tried(home)
    used = f"; {trial.used[0]:,} of {trial.used[1]:,} requests used in 24 hours" if trial.used else ""
    say(f"{trial.host} lets us in, and every field that is needed can be read{used}.", "green")


def _pull(home: Home) -> None:
    done = CrmReader(home).pull()
    read = f"{counted(done.leads, 'lead')} and {counted(done.deals, 'deal')} read"
    say(f"{read}; {done.changed:,} of them changed something here.", "green")


def _plain(home: Home, found: CrmState) -> dict[str, str]:
    crm = home.config.crm
    stands = {
        "leads_cursor": found.leads,
        "deals_cursor": found.deals,
        "pulled_at": found.pulled_at,
        "problem": found.problem,
    }
    return {"kind": crm.kind, "url": crm.url, **stands}


def _told(home: Home, found: CrmState) -> Iterator[Line]:
    crm = home.config.crm
    if not crm.kind:
        yield [("No CRM is connected: config.toml names none below [crm].", "")]
        return
    rows: list[list[Segment]] = [
        [("CRM", "bold"), (f"{crm.kind}, {crm.url}", "")],
        [("Read", "bold"), (_when(home, found.pulled_at) or "never", "")],
        [("Leads", "bold"), (_up_to(home, found, found.leads), "")],
        [("Deals", "bold"), (_up_to(home, found, found.deals), "")],
    ]
    if found.problem:
        rows.append([("Problem", "red"), (found.problem, "yellow")])
    yield from columns(rows)


def _up_to(home: Home, found: CrmState, cursor: str) -> str:
    if cursor:
        return f"up to {_when(home, cursor)}"
    return "none there yet" if found.pulled_at else "nothing yet: the first time everything is read"


def _when(home: Home, instant: str) -> str:
    return home.told(datetime.fromisoformat(instant)) if instant else ""
