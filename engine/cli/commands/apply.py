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
from typing import Annotated

import typer

from engine.cli.home import HERE, HomeOption, opened
from engine.cli.plan_lines import plan_lines
from engine.cli.reading import usable
from engine.cli.screen import say, show
from engine.service.apply import apply
from engine.service.home import Home
from engine.service.lost_winners import lost_winners
from engine.service.prospect import Prospect, prospect
from engine.service.running import Runner

EXIT_WAITS = 3


def command(
    home: HomeOption = HERE,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    safe: Annotated[bool, typer.Option("--safe", help="Apply only what is safe; otherwise end with 3.")] = False,
) -> None:
    """Check, show what changes, ask, apply."""
    place = opened(home)
    report = usable(place.path)
    runner = Runner(place)
    plan = prospect(place, report, runner)
    if plan.nothing_new:
        say("The files are what runs already; nothing to apply.")
        return
    show(plan_lines(place, plan, runner.current().programme))
    for lost in lost_winners(place.store, report.campaigns):
        say(str(lost), "yellow")
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
    elif live:
        say("Safe mode is off: mails go to the leads themselves.", "yellow")
