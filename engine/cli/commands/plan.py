"""Show what applying the files would do to the leads on their way; nothing is changed.

Each change is told with the leads whom it touches: who waits there, who goes on where, who is past a new step and would
not get it. Below stand the mails of the next seven days, now and then, played by the very same decisions as the
daemon's. Ends with 0 where nothing or only what is safe would change, with 3 where a person has to look.

Examples:

  ripeline plan
  ripeline plan --leads compare/old      who stands there, and what comes next for each
"""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli.commands.apply import EXIT_WAITS
from engine.cli.home import HERE, HomeOption, opened
from engine.cli.plan_lines import plan_lines, traveller_lines
from engine.cli.reading import usable
from engine.cli.screen import say, show
from engine.rehearsal.plan import travellers
from engine.service.prospect import prospect
from engine.service.running import Runner


def command(
    home: HomeOption = HERE,
    leads: Annotated[str, typer.Option("--leads", metavar="PLACE", help="Who stands at a stage, or stage/step.")] = "",
) -> None:
    """Check, and show the plan or the leads at a place of it."""
    place = opened(home)
    report = usable(place.path)
    runner = Runner(place)
    plan = prospect(place, report, runner)
    running = runner.current().programme
    if leads:
        count, found = travellers(place, plan, running, leads, place.clock.now())
        show(traveller_lines(place, count, found))
        return
    if plan.nothing_new:
        say("The files are what runs already; applying them changes nothing.")
        return
    show(plan_lines(place, plan, running))
    if not plan.safe:
        say("Not applied by itself: `ripeline apply` shows this again, and asks.", "yellow")
        raise typer.Exit(EXIT_WAITS)
