"""`ripeline report digest`: the weekly digest, sent now, written to a file, or sent to whom it is due."""

from __future__ import annotations

import os
from base64 import b64encode
from pathlib import Path

from engine.cli.screen import counted, say
from engine.domain.identity import Rejected, read_address
from engine.errors import RipelineError
from engine.service.home import Home
from engine.service.reports.registry import ReportError

HELP = "The week in one mail for a phone: --to ADDRESS sends it, --out FILE (.eml, .html) writes it."


def digest(home: Home, to: str, out: Path | None, *, due: bool) -> None:
    """Do what is asked for.

    Raises:
        ReportError: nothing is, or the file is neither .eml nor .html.
        RipelineError: `to` is no address, no relay took it, or the file cannot be written.
    """
    address = read_address(to) if to else None
    if isinstance(address, Rejected):
        raise RipelineError(f"--to: '{to}' {address.reason}")
    from engine.service.reports.send_digest import send_digest, send_due_digests

    if due:
        _forecast(home)
        say(f"{counted(send_due_digests(home), 'digest')} sent.")
        return
    if out is not None:
        _write(home, out, to)
    if to:
        send_digest(home, to)
        say(f"The digest went to {home.config.safety.deliver_to or to}.")
    if not to and out is None:
        raise ReportError("the digest is a mail: --to boss@acme.example sends it, --out digest.html writes it")


def _forecast(home: Home) -> None:
    """Keep this week's forecast; a home that cannot be played gets its digest all the same."""
    from engine.rehearsal.sales_forecast import keep_sales_forecast

    try:
        keep_sales_forecast(home, max(1, (os.cpu_count() or 1) // 2))
    except RipelineError as error:
        say(f"no forecast: {error}")


def _write(home: Home, out: Path, to: str) -> None:
    from engine.service.private_file import write_private
    from engine.service.reports.digest import digest_message, digest_of, html_of
    from engine.service.reports.picture import weeks_picture

    found = digest_of(home)
    if out.suffix == ".eml":
        content = digest_message(home, found, to or home.config.sender.default).as_bytes()
    elif out.suffix in (".html", ".htm"):
        picture = b64encode(weeks_picture(found.weeks, found.coming)).decode()
        content = html_of(found, f"data:image/png;base64,{picture}").encode()
    else:
        raise ReportError(f"{out}: the digest is written as .eml or .html")
    write_private(out, content)
    say(f"Wrote {out}", "dim")
