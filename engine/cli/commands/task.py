"""Tasks that campaigns wait for: those that are open, and what came of one.

Without an outcome the open tasks are listed, those due first. A task is called by its number; rules know the outcome as
event('task_done', outcome='…').

Examples:

  ripeline task
  ripeline task 12 "reached her, wants an offer" --by ann
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from engine.cli.home import HERE, HomeOption, opened
from engine.cli.screen import Line, columns, counted, say, show
from engine.domain.sales.brief import name_of
from engine.service.home import Home
from engine.service.sales.finish_task import finish_task
from engine.store.actions import open_actions
from engine.store.database import reading

MOST = 200


def command(
    number: Annotated[
        int | None, typer.Argument(metavar="[TASK]", help="The task's number.", show_default=False)
    ] = None,
    outcome: Annotated[str, typer.Argument(metavar="[OUTCOME]", help="What came of it.", show_default=False)] = "",
    home: HomeOption = HERE,
    by: Annotated[str, typer.Option(metavar="NAME", help="Who did it.")] = "somebody",
) -> None:
    """List open tasks, or say what came of one."""
    place = opened(home)
    if number is None:
        show(_listed(place))
        return
    done = finish_task(place, number, outcome, by)
    say("Thank you. The campaign goes on." if done.new else f"It was done already: {done.outcome}", "green")


def _listed(place: Home) -> Iterator[Line]:
    with reading(place.store) as connection:
        found = open_actions(connection, "task", MOST)
    if not found:
        yield [("No task is open.", "")]
        return
    now = place.clock.now()
    rows = []
    for one in sorted(found, key=lambda row: (row.deadline is None, row.deadline)):
        late = one.deadline is not None and one.deadline < now
        due = f"by {place.told(one.deadline)}" if one.deadline is not None else ""
        whom = str(one.payload.get("who") or one.owner)
        person = one.owner if whom == "owner" else whom
        text = str(one.payload.get("text", ""))
        rows.append([(str(one.id), "bold"), (name_of(one.fields, one.email), ""), (person or "nobody", "")])
        rows[-1] += [(due, "red" if late else ""), (text, "dim")]
    yield [(counted(len(found), "open task"), "bold")]
    yield from columns(rows, indent=2)
