"""Never mail an address again.

Effective before the next mail is sent, also for addresses that no lead has yet. A whole domain belongs into
config.toml, under [never_mail] domains. With --lift a suppression is taken back: only do so if the person asked.

Examples:

  ripeline suppress jane@northwind.example --reason "asked by phone"
  ripeline suppress jane@northwind.example --lift
  ripeline suppress jane@northwind.example --show
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from engine.cli.home import HERE, HomeOption, opened
from engine.cli.screen import columns, counted, say, show
from engine.service.happenings import because
from engine.service.home import Home
from engine.service.suppress import suppress, suppressed, unsuppress


class MailScope(StrEnum):
    """Which mail."""

    ALL = "all"
    MARKETING = "marketing"


def command(
    addresses: Annotated[list[str], typer.Argument(metavar="ADDRESS", help="One or more addresses.")],
    home: HomeOption = HERE,
    reason: Annotated[str, typer.Option(help="Why; `why` tells it.")] = "by operator",
    scope: Annotated[MailScope, typer.Option(help="All mail, or marketing mail only.")] = MailScope.ALL,
    lift: Annotated[bool, typer.Option("--lift", help="Take the suppression back.")] = False,
    look: Annotated[bool, typer.Option("--show", help="Only show what stands against them.")] = False,
) -> None:
    """Suppress, lift or show."""
    place = opened(home)
    if look:
        for address in addresses:
            _show(place, address)
    elif lift:
        for address in addresses:
            _lift(place, address, scope)
    else:
        new = suppress(
            place.store, place.keys.addresses, addresses, place.clock.now(), scope=scope.value, reason=reason
        )
        before = len(addresses) - new
        known = f" {counted(before, 'address', 'addresses')} before already." if before else ""
        what = "any mail" if scope is MailScope.ALL else "marketing mail"
        say(f"{counted(new, 'address', 'addresses')} will not get {what} any more.{known}", "green")


def _lift(place: Home, address: str, scope: MailScope) -> None:
    if unsuppress(place.store, place.keys.addresses, address, scope=scope.value):
        say(f"{address} may be mailed again, as far as the scope '{scope}' goes.", "green")
    else:
        say(f"Nothing of the scope '{scope}' stood against {address}.")
    _show(place, address)


def _show(place: Home, address: str) -> None:
    found = suppressed(place.store, place.keys.addresses, address)
    if not found:
        say(f"{address}: nothing stands against mailing it.")
        return
    say(f"{address} is not mailed:", "bold")
    rows = [[(one.scope, "bold"), (place.told(one.at), ""), (because(one.reason, one.source), "")] for one in found]
    show(columns(rows, indent=2))
