"""Send a mail to test recipients, outside the statistics.

The mail of the working files, applied or not, goes through the real relay, with “[Test]” before its subject. Without
--to it goes to test_recipients in config.toml. Links work, and clicks count nowhere; unsubscribing changes nothing. A
lead's own address is refused, unless it is a colleague's.

Examples:

  ripeline send-test clean-data/cost
  ripeline send-test clean-data/cost --to ann@acme.example --lead jane@northwind.example
"""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli.home import HERE, HomeOption, opened
from engine.cli.screen import Segment, columns, say, show
from engine.service.check import check
from engine.service.home import Home
from engine.service.mail_choice import choose_mail
from engine.service.specimens import Tested
from engine.service.test_mail import send_tests
from engine.service.test_recipients import test_recipients
from engine.service.who import lead_named

TO = "Addresses, or a list of config: test_recipients, internal. May be repeated."


def command(
    mail: Annotated[str, typer.Argument(metavar="CAMPAIGN/STEP", help="Which mail.")],
    home: HomeOption = HERE,
    to: Annotated[list[str] | None, typer.Option("--to", metavar="LIST", help=TO)] = None,
    lead: Annotated[str, typer.Option(metavar="LEAD", help="With this lead's values; else made-up ones.")] = "",
) -> None:
    """Send, and say what the relay said."""
    place = opened(home)
    recipients = test_recipients(place, to or [])
    report = check(place.path)
    choice = choose_mail(report, mail)
    found = send_tests(place, report, choice, recipients, lead_named(place.store, lead) if lead else None)
    show(columns([_row(one) for one in found]))
    if not all(one.accepted for one in found):
        raise typer.Exit(1)
    _remind(place)


def _row(one: Tested) -> list[Segment]:
    verdict = ("sent", "green") if one.accepted else ("not sent", "bold red")
    by = f"accepted by {one.relay} ({one.told})" if one.accepted else f"relay '{one.relay}' {one.told}"
    return [verdict, (one.to, ""), (f"{by}  #{one.delivery}", "")]


def _remind(place: Home) -> None:
    safe = place.config.safety.deliver_to
    if safe:
        say(f"Safe mode: it went to {safe} ([safety] deliver_to in config.toml).", "yellow")
