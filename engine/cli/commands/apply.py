"""Make the files what runs, after showing what changes for leads.

The files are checked first; with mistakes nothing changes. Then you see whom the change touches, who would enter
campaigns that go live, and are asked. With --safe only changes apply that strand, skip and repeat nobody and let nobody
new in by surprise; others wait for a person, and the command ends with 3.

Examples:

  ripeline apply
  ripeline apply --safe        in a job that runs by itself
"""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from itertools import groupby
from typing import Annotated

import typer

from engine.authoring.difference import ChangeKind
from engine.cli.home import HERE, HomeOption, opened
from engine.cli.problems import show_report
from engine.cli.reading import checked
from engine.cli.screen import Line, Segment, columns, counted, say, show
from engine.service.apply import Effect, Opening, Prospect, apply, prospect
from engine.service.home import Home
from engine.service.running import Runner
from engine.service.volume import expected_volume

EXIT_WAITS = 3
_STYLES = {ChangeKind.ADDED: "green", ChangeKind.REMOVED: "red", ChangeKind.CHANGED: "yellow", ChangeKind.MOVED: "cyan"}


def command(
    home: HomeOption = HERE,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    safe: Annotated[bool, typer.Option("--safe", help="Apply only what is safe; otherwise end with 3.")] = False,
) -> None:
    """Check, show what changes, ask, apply."""
    place = opened(home)
    report = checked(place.path)
    if not report.usable:
        show_report(report)
        raise typer.Exit(1)
    plan = prospect(place, report, Runner(place))
    if plan.nothing_new:
        say("The files are what runs already; nothing to apply.")
        return
    show(told(plan))
    if safe and not plan.safe:
        say()
        say("Not applied: this touches leads. A person has to look and run `ripeline apply`.", "bold yellow")
        raise typer.Exit(EXIT_WAITS)
    if not (yes or safe) and not typer.confirm("\nApply this?"):
        say("Nothing was changed.")
        raise typer.Exit(1)
    _apply(place, plan)


def _apply(place: Home, plan: Prospect) -> None:
    number = apply(place, plan, getpass.getuser())
    campaigns = Runner(place).current().programme.campaigns
    live = sorted(name for name, campaign in campaigns.items() if campaign.state.runs)
    say()
    say(f"Bundle {number} runs now: {', '.join(live) or 'no campaign is live'}.", "bold green")
    others = sorted(set(campaigns) - set(live))
    if others:
        say(f"Not running: {', '.join(f'{name} ({campaigns[name].state})' for name in others)}.")
    if place.config.safety.deliver_to:
        say(f"Safe mode: every mail goes to {place.config.safety.deliver_to}.", "yellow")


def told(plan: Prospect) -> Iterator[Line]:
    """What applying would do, campaign by campaign."""
    openings = {opening.campaign: opening for opening in plan.openings}
    by_campaign = groupby(plan.effects, key=lambda effect: effect.change.campaign)
    for name, effects in by_campaign:
        yield [(name, "bold")]
        yield from columns([_effect(effect) for effect in effects], indent=2)
        if name in openings:
            yield from _opening(plan, openings.pop(name))
        yield []
    for opening in openings.values():
        yield [(opening.campaign, "bold")]
        yield from _opening(plan, opening)
        yield []
    if not plan.effects and not plan.openings:
        yield [("Mails or config reworded; no campaign moves anybody.", "")]
        yield []
    yield _verdict(plan)


def _effect(effect: Effect) -> list[Segment]:
    change = effect.change
    where = change.where if change.stage else "campaign"
    return [
        (f"{change.kind} {where}", _STYLES[change.kind]),
        (change.told, ""),
        (_leads(effect), "" if effect.safe else "bold red"),
    ]


def _leads(effect: Effect) -> str:
    if not effect.leads:
        return "" if effect.change.kind is ChangeKind.ADDED else "nobody is here"
    here = f"{counted(effect.leads, 'lead')} {'is' if effect.leads == 1 else 'are'} here"
    return here if effect.safe else f"{here} and will have to move on"


def _opening(plan: Prospect, opening: Opening) -> Iterator[Line]:
    campaign = plan.report.campaigns[opening.campaign]
    if campaign.on is not None:
        yield [("  lets in   ", "bold"), (f"whoever has the event '{campaign.on.event}' from now on", "")]
        return
    if campaign.enter is None:
        return
    yield [("  lets in   ", "bold"), (campaign.enter.source, "cyan")]
    if opening.enter_now:
        yield [("  now       ", "bold"), (f"{counted(opening.enter_now, 'lead')} at once", "bold yellow")]
        yield [("            ", ""), (f"such as {', '.join(opening.sample)}", "")]
        volume = expected_volume(campaign, opening.enter_now)
        if volume:
            yield [("  mails     ", "bold"), (f"roughly {volume}", "")]
    else:
        yield [("  now       ", "bold"), ("nobody; from now on those who come to meet this", "")]
    if opening.passed_over:
        told = (
            f"{counted(opening.passed_over, 'lead')} who {'meets' if opening.passed_over == 1 else 'meet'} it already"
        )
        yield [("  not       ", "bold"), (f"{told} (backfill = true would let them in)", "")]
    if opening.first_mail:
        yield [("  first     ", "bold"), (f"“{opening.first_mail}”", "")]


def _verdict(plan: Prospect) -> Line:
    if plan.safe:
        return [("Safe: nobody is stranded, skipped or mailed twice, and nobody enters by surprise.", "green")]
    moved = sum(effect.leads for effect in plan.effects if not effect.safe)
    entering = sum(opening.enter_now for opening in plan.openings)
    parts = [f"{counted(entering, 'lead')} would enter at once"] if entering else []
    parts += [f"{counted(moved, 'lead')} would change their way"] if moved else []
    return [(f"Look twice: {', and '.join(parts)}.", "bold yellow")]
