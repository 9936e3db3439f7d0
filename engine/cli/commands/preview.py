"""Look at every mail and every campaign while you write them.

Opens a page in the browser that reloads itself whenever a file changes: each mail as a desktop, a phone and a dark
screen show it, as text and as source, for a lead that you choose, with the findings of `check` beside it; each campaign
as a board of its stages and steps. Ctrl-C ends it. Only this machine can reach the page, and nothing is sent or
recorded.

With --text or --out, one mail is printed or written instead; --list names all of them.

Examples:

  ripeline preview
  ripeline preview clean-data/cost --lead jane@northwind.example
  ripeline preview clean-data/cost --text
"""

from __future__ import annotations

import os
import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.composition import the_processes
from engine.cli.home import HERE, HomeOption, config_of, has_store, refused, root_of
from engine.cli.reading import winners_here
from engine.cli.screen import Segment, columns, counted, say, show
from engine.clock import SystemClock
from engine.domain.journey.facts import Lead
from engine.errors import RipelineError, did_you_mean
from engine.service.check import CheckReport, check
from engine.service.mail_choice import MailChoice, choose_mail, edition, mails_of
from engine.service.private_file import write_private
from engine.service.sample_lead import sample_lead

if TYPE_CHECKING:  # what writes mails is loaded where one is written
    from engine.service.preview import Preview


def command(
    mail: Annotated[str, typer.Argument(metavar="[MAIL]", help="cost, aware/cost or clean-data/cost.")] = "",
    home: HomeOption = HERE,
    lead: Annotated[str, typer.Option(metavar="LEAD", help="For this lead; made-up ones if not given.")] = "",
    campaign: Annotated[
        str, typer.Option(metavar="CAMPAIGN", help="Only mails of this campaign; without a mail, its board.")
    ] = "",
    text: Annotated[bool, typer.Option("--text", help="Print the mail's text part; serve nothing.")] = False,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write the mail's HTML to a file.")] = None,
    listed: Annotated[bool, typer.Option("--list", help="Name all mails; serve nothing.")] = False,
    port: Annotated[
        int, typer.Option(help="The page's port; a free one if not given.", min=0, max=65535, show_default=False)
    ] = 0,
    no_open: Annotated[bool, typer.Option("--no-open", help="Only say where the page is.")] = False,
) -> None:
    """Serve, or render one mail."""
    root = root_of(home)
    if listed:
        _list(check(root), campaign)
    elif text or out is not None:
        _one(root, mail, campaign, lead, out)
    else:
        path = _path(check(root), mail, campaign) if mail or campaign else ""
        own, winners = _lead(root, lead) if lead else None, winners_here(root, config_of(root))
        the_processes().preview(root, own, winners, port, path, lambda url: _tell(url, no_open))


def _one(root: Path, mail: str, campaign: str, lead: str, out: Path | None) -> None:
    """Print a mail's text, or write its page."""
    if not mail:
        raise RipelineError("which mail? Name it before the options; `ripeline preview --list` names all of them")
    report = check(root)
    choice = choose_mail(report, mail, campaign)
    reader = _lead(root, lead) if lead else sample_lead(report.config)
    choice = edition(report, choice, language=reader.language)
    shown = _rendered(report, choice, reader)
    _head(choice, shown)
    if out is None:
        say()
        typer.echo(shown.text.strip())
        return
    write_private(out, shown.html.encode())
    say(f"Written to {out}", "bold")


def _rendered(report: CheckReport, choice: MailChoice, lead: Lead) -> Preview:
    from engine.service.preview import Reader, preview

    return preview(report, choice, Reader(lead), SystemClock().now())


def _lead(root: Path, name: str) -> Lead:
    config = config_of(root)
    if not has_store(root, config):
        raise RipelineError("this home has no leads yet; leave --lead out to preview for made-up ones")
    from engine.service.home import open_home
    from engine.service.who import lead_named

    return lead_named(open_home(root, config).store, name)


def _path(report: CheckReport, mail: str, campaign: str) -> str:
    """Where on the page the mail is, or the campaign's board."""
    if mail:
        choice = choose_mail(report, mail, campaign)
        return f"mail/{choice.campaign.id}/{choice.step.id}"
    if campaign not in report.campaigns:
        hint = did_you_mean(campaign, report.campaigns) or f"there are: {', '.join(report.campaigns) or 'none'}"
        raise RipelineError(f"there is no campaign '{campaign}' that can be read; {hint}")
    return f"board/{campaign}"


def _tell(url: str, no_open: bool) -> None:
    opened = not no_open and _can_open() and webbrowser.open(url)
    say(f"{'Opened' if opened else 'Open'} {url}", "bold")
    say("It follows your files. Ctrl-C ends it.", "dim")
    sys.stdout.flush()


def _list(report: CheckReport, campaign: str) -> None:
    found = [choice for choice in mails_of(report) if campaign in ("", choice.campaign.id)]
    if not found and not report.usable:
        raise refused([problem for problem in report.problems if problem.is_error], report.root)
    rows: list[list[Segment]] = [
        [(f"{choice.campaign.id}/{choice.step.id}", "bold"), (choice.stage, ""), (_subject(choice), "")]
        for choice in found
    ]
    show(columns(rows))
    if found:
        say(f"\nripeline preview {found[0].campaign.id}/{found[0].step.id}   opens the first one", "dim")


def _subject(choice: MailChoice) -> str:
    variants = choice.step.variants.get("subject", ())
    return f"{variants[0]}  (and {counted(len(variants) - 1, 'other subject')})" if variants else choice.mail.subject


def _head(choice: MailChoice, shown: Preview) -> None:
    say(choice.name, "bold")
    parts = (("From", shown.sender), ("To", shown.to), ("Subject", shown.subject))
    show(columns([[(name, "dim"), (value, "")] for name, value in parts], indent=2))


def _can_open() -> bool:
    """Whether a person at a screen would see a browser open."""
    screen = sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return sys.stdout.isatty() and screen
