"""Go back to an earlier bundle, after showing what changes for leads.

Without a number it is the one before that which runs. Going back is a change like any other: you see whom it touches,
and are asked; it gets a number of its own, and nobody is mailed twice by it. The files stay as they are: undo the
change there too, or the next `ripeline apply` brings it back.

Examples:

  ripeline rollback
  ripeline rollback 13
"""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from engine.cli.home import HERE, HomeOption, opened
from engine.cli.plan_lines import plan_lines
from engine.cli.screen import say, show
from engine.service.apply import apply
from engine.service.prospect import prospect
from engine.service.rollback import report_of_bundle
from engine.service.running import Runner


def command(
    number: Annotated[int | None, typer.Argument(metavar="[BUNDLE]", help="As `history` numbers them.")] = None,
    home: HomeOption = HERE,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Show what changes, ask, go back."""
    place = opened(home)
    wanted, report = report_of_bundle(place, number)
    runner = Runner(place)
    plan = prospect(place, report, runner)
    if plan.nothing_new:
        say(f"What runs is the same as bundle {wanted}; nothing to go back to.")
        return
    say(f"Back to bundle {wanted}:", "bold")
    show(plan_lines(place, plan, runner.current().programme))
    if not yes and not typer.confirm("\nGo back to it?"):
        say("Nothing was changed.")
        raise typer.Exit(1)
    applied = apply(place, plan, f"{getpass.getuser()}, back to bundle {wanted}")
    say(f"Bundle {applied} runs now: the same as bundle {wanted}.", "bold green")
    say(
        "The files still say otherwise: undo the change there too, or the next `ripeline apply` brings it back.",
        "yellow",
    )
