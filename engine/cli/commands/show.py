"""Show a mail exactly as it was sent.

`why` tells the numbers of a lead's mails. Without options you see the headers that a reader sees, the text part, every
attempt and the relay's words.

Examples:

  ripeline show 17
  ripeline show 17 --html > mail.html
  ripeline show 17 --source
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from engine.cli.home import HERE, HomeOption, opened
from engine.cli.screen import Line, columns, say, show
from engine.domain.timing import tell_instant, zone_named
from engine.errors import RipelineError
from engine.service.keepsakes import parsed, part_of
from engine.service.show import SentMail, sent_mail

_HEADERS = ("From", "To", "Reply-To", "Subject", "Date", "Message-ID")


def command(
    delivery: Annotated[str, typer.Argument(metavar="DELIVERY", help="The mail's number, as `why` tells it.")],
    home: HomeOption = HERE,
    html: Annotated[bool, typer.Option("--html", help="Only the HTML part.")] = False,
    text: Annotated[bool, typer.Option("--text", help="Only the text part.")] = False,
    source: Annotated[bool, typer.Option("--source", help="The whole message, byte by byte.")] = False,
) -> None:
    """Find the mail, show what is wanted of it."""
    place = opened(home)
    number = delivery.removeprefix("#")
    if not number.isdecimal():
        raise RipelineError(
            f"'{delivery}' is no mail's number; `ripeline why LEAD` tells the numbers of a lead's mails"
        )
    found = sent_mail(place, int(number))
    if html or text or source:
        _part(found, "html" if html else "plain" if text else "")
        return
    show(told(found, zone_named(place.config.company.zone) or ZoneInfo("UTC")))
    if found.message is not None:
        say()
        typer.echo(part_of(found.message, "plain").strip())


def _part(found: SentMail, kind: str) -> None:
    if found.message is None:
        raise RipelineError(f"mail #{found.number} has no content: it is {found.state}, or its copy was deleted")
    if kind:
        typer.echo(part_of(found.message, kind))
    else:
        sys.stdout.buffer.write(found.message)


def told(found: SentMail, zone: ZoneInfo) -> Iterator[Line]:
    """Headers and attempts."""
    test = ", a test" if found.test else ""
    at = f" {tell_instant(found.finished_at, zone)}" if found.finished_at else ""
    yield [(f"#{found.number}", "bold"), (f" {found.mail} to {found.lead}{test}: ", ""), (f"{found.state}{at}", "bold")]
    if found.reason:
        yield [(found.reason, "yellow")]
    if found.message is not None:
        headers = parsed(found.message)
        names = [name for name in _HEADERS if headers.get(name)]
        yield from columns([[(name, "dim"), (str(headers[name]), "")] for name in names], indent=2)
    yield from columns(
        [
            [
                (f"try {one.number}", "dim"),
                (tell_instant(one.at, zone), ""),
                (one.relay, ""),
                (one.reply or one.outcome, "" if one.outcome == "accepted" else "yellow"),
            ]
            for one in found.attempts
        ],
        indent=2,
    )
