"""Open a mail as a lead would get it.

Renders the working files, applied or not, for a sample lead or a real one, and opens the page in the browser. Without
a mail, all mails are listed.

Examples:

  ripeline preview
  ripeline preview clean-data/cost
  ripeline preview cost --lead jane@northwind.example --text
"""

from __future__ import annotations

import os
import sys
import tempfile
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.home import HERE, HomeOption, config_of, has_store, refused, root_of
from engine.cli.screen import Segment, columns, counted, say, show
from engine.clock import SystemClock
from engine.domain.journey.facts import Lead
from engine.errors import RipelineError
from engine.service.check import CheckReport, check
from engine.service.home import open_home
from engine.service.mail_choice import MailChoice, choose_mail, mails_of
from engine.service.preview import Preview, preview
from engine.service.sample_lead import sample_lead
from engine.service.who import lead_named


def command(
    mail: Annotated[str, typer.Argument(metavar="[MAIL]", help="cost, aware/cost or clean-data/cost.")] = "",
    home: HomeOption = HERE,
    lead: Annotated[str, typer.Option(metavar="LEAD", help="For this lead; a made-up one if not given.")] = "",
    campaign: Annotated[str, typer.Option(help="Only mails of this campaign.")] = "",
    text: Annotated[bool, typer.Option("--text", help="Print the text part; open nothing.")] = False,
    no_open: Annotated[bool, typer.Option("--no-open", help="Only say where the page is.")] = False,
) -> None:
    """Render, then open or print."""
    root = root_of(home)
    report = check(root)
    if not mail:
        _list(report, campaign)
        return
    choice = choose_mail(report, mail, campaign)
    shown = preview(report, choice, _lead(root, lead, report), SystemClock().now())
    _head(choice, shown)
    if text:
        say()
        typer.echo(shown.text.strip())
        return
    page = _page(choice, shown)
    opened = not no_open and _can_open() and webbrowser.open(page.as_uri())
    say(f"{'Opened' if opened else 'Open'} {page}", "bold")


def _lead(root: Path, name: str, report: CheckReport) -> Lead:
    if not name:
        return sample_lead(report.config)
    config = config_of(root)
    if not has_store(root, config):
        raise RipelineError("this home has no leads yet; leave --lead out to preview for a made-up one")
    return lead_named(open_home(root, config).store, name)


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


def _page(choice: MailChoice, shown: Preview) -> Path:
    """The page as a file that only this user can read."""
    name = choice.name.replace("/", "-")
    number, path = tempfile.mkstemp(prefix=f"ripeline-{name}-", suffix=".html")
    with os.fdopen(number, "w", encoding="utf-8") as file:
        file.write(shown.html)
    return Path(path)


def _can_open() -> bool:
    """Whether a person at a screen would see a browser open."""
    screen = sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return sys.stdout.isatty() and screen
