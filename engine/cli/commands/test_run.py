"""Send every mail of a campaign, on all its ways, to test recipients.

The campaign of the working files, applied or not, is walked by the daemon's own decisions on a virtual clock, which
needs no waiting: in silence, on every way of its branches, by every advance and to the end of every stage. Each
different mail – variants and languages are different mails – goes once to each recipient, in the order of the file,
replies in their threads. A banner says which mail it is, when a lead would get it, and what the lead did before.

Nothing of it counts anywhere: no statistics, no caps, no clicks. Ends with 1 if a mail was refused or could not be
written.

Examples:

  ripeline test-run clean-data --dry-run
  ripeline test-run clean-data --to ann@acme.example --to bob@acme.example
  ripeline test-run clean-data --only cost --lead jane@northwind.example
"""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli.home import HERE, HomeOption, opened, refused
from engine.cli.screen import counted, say, show
from engine.cli.test_run_lines import ended_line, opening_lines, room_for, summary_lines
from engine.domain.identity import Address
from engine.domain.journey.facts import Lead
from engine.errors import RipelineError
from engine.rehearsal.test_run import TestRun, Wanted, start_at, test_run
from engine.service.check import CheckReport, check
from engine.service.home import Home
from engine.service.sample_lead import sample_lead
from engine.service.specimens import Specimen, Tested, send_specimens
from engine.service.test_recipients import test_recipients
from engine.service.who import lead_named

MANY = 50
TO = "Addresses, or a list of config: test_recipients (default), internal. May be repeated."


def command(
    campaign: Annotated[str, typer.Argument(metavar="CAMPAIGN", help="The campaign's id.")],
    home: HomeOption = HERE,
    to: Annotated[list[str] | None, typer.Option("--to", metavar="LIST", help=TO)] = None,
    lead: Annotated[str, typer.Option(metavar="LEAD", help="With this lead's values; else made-up ones.")] = "",
    only: Annotated[str, typer.Option(metavar="STEP", help="Only this step's mails.")] = "",
    language: Annotated[str, typer.Option(metavar="LANG", help="As leads of this language; else all languages.")] = "",
    start: Annotated[str, typer.Option(metavar="DATE", help="When the lead enters; now if not given.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would go.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help=f"Do not ask before more than {MANY} mails.")] = False,
) -> None:
    """Walk, show, send, and end accordingly."""
    place = opened(home)
    report = check(place.path)
    if not report.usable:
        raise refused([problem for problem in report.problems if problem.is_error], report.root, report.texts)
    begin = start_at(start, place.zone) if start else place.clock.now()
    run = test_run(report, campaign, _lead(place, lead), begin, Wanted(only, language))
    recipients = test_recipients(place, to or [])
    show(opening_lines(run, [one.written for one in recipients]))
    if dry_run:
        show(summary_lines(run, {}))
        raise typer.Exit(1 if any(one.fault for one in run.mails) else 0)
    _ask(len(run.mails) * len(recipients), yes)
    ended = _send(place, report, run, recipients)
    show(summary_lines(run, ended))
    _conclude(place, [one for each in ended.values() for one in each])


def _lead(place: Home, name: str) -> Lead:
    return lead_named(place.store, name) if name else sample_lead(place.config)


def _ask(count: int, yes: bool) -> None:
    if not count:
        raise RipelineError("no mail was reached, so there is nothing to send; --dry-run shows why")
    if count > MANY and not yes and not typer.confirm(f"\nSend {count} mails?"):
        say("Nothing was sent.")
        raise typer.Exit(1)


def _send(place: Home, report: CheckReport, run: TestRun, recipients: list[Address]) -> dict[int, list[Tested]]:
    """Send all of it, a line for each as it ends; how each mail ended, by its number."""
    ended: dict[int, list[Tested]] = {one.number: [] for one in run.mails}
    planned = {id(one.specimen): one for one in run.mails}
    count, room = len(run.mails) * len(recipients), room_for(run.mails)

    def tell(specimen: Specimen, tested: Tested) -> None:
        mail = planned[id(specimen)]
        ended[mail.number].append(tested)
        number = sum(map(len, ended.values()))
        show([ended_line(mail, tested, number, count, room)])

    say()
    send_specimens(place, report, [one.specimen for one in run.mails], recipients, tell)
    return ended


def _conclude(place: Home, tested: list[Tested]) -> None:
    bad = sum(not one.accepted for one in tested)
    good = counted(len(tested) - bad, "mail")
    say(f"{good} accepted, {bad} not sent." if bad else f"{good} accepted.", "bold red" if bad else "bold green")
    safe = place.config.safety.deliver_to
    if safe:
        say(f"Safe mode: they went to {safe} ([safety] deliver_to in config.toml).", "yellow")
    if bad:
        raise typer.Exit(1)
