"""Choose the variant of a mail that every lead to come gets.

What the test says so far is shown first, and whom it touches; then you are asked. Leads who had the mail keep what
they had, in the web view and in threads. Without a variant it only shows how the experiment stands. --undo gives each
lead to come its own variant again.

Examples:

  ripeline winner clean-data/cost
  ripeline winner clean-data/cost B --because "shorter, and clearly clicked more"
  ripeline winner clean-data/cost subject B
  ripeline winner clean-data/cost --undo
"""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from engine.cli.home import HERE, HomeOption, opened
from engine.cli.screen import columns, counted, say, show
from engine.domain.experiments.comparison import Said
from engine.service.experiments import Experiment, letter, said
from engine.service.home import Home
from engine.service.winner import choose_winner, leads_to_come, meant_experiment, undo_winner, variant_number


def command(
    mail: Annotated[str, typer.Argument(metavar="CAMPAIGN/STEP", help="The mail.")],
    variant: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PART] [VARIANT]", help="subject or email where both vary; A, B … or 1, 2 …"),
    ] = None,
    home: HomeOption = HERE,
    because: Annotated[str, typer.Option(help="Why; the notebook in the report experiments keeps it.")] = "",
    undo: Annotated[bool, typer.Option("--undo", help="Let each lead to come have its own variant again.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Show how it stands, ask, choose."""
    place = opened(home)
    words = list(variant or ())
    part = words.pop(0) if words and words[0] in ("subject", "email") else ""
    if len(words) > 1:
        raise typer.BadParameter("name one variant: ripeline winner CAMPAIGN/STEP [PART] VARIANT")
    one = meant_experiment(place, mail, part)
    number = variant_number(one, words[0]) if words else None
    _show(place, one)
    if undo:
        _undo(place, one)
    elif number is not None:
        _choose(place, one, number, because, yes=yes)


def _show(place: Home, one: Experiment) -> None:
    say(f"{one.name}: {one.part}, by {one.step.measure}", "bold")
    rows = [
        [(letter(number), "bold"), (text, ""), (f"{group.did:,} of {group.leads:,}", ""), (f"{group.rate:.1%}", "")]
        for number, (text, group) in enumerate(zip(one.choices, one.groups, strict=True))
    ]
    show(columns(rows, indent=2))
    say(f"  {said(one)}")
    if one.winner is not None:
        say(f"  {letter(one.winner[0])} is the winner since {place.told(one.winner[1].since)}", "green")


def _choose(place: Home, one: Experiment, number: int, because: str, *, yes: bool) -> None:
    if one.winner is not None and one.winner[0] == number:
        say(f"{letter(number)} is the winner already; nothing to do.")
        return
    if one.verdict.said is not Said.WINNER or one.verdict.winner != number:
        say("The test does not say so: this may be chance.", "yellow")
    say()
    inside = counted(leads_to_come(place, one), "lead")
    say(f"Every lead to come would get {letter(number)}; {inside} in the campaign now.")
    say("Who had the mail keeps what it was, in the web view and in threads; nobody is mailed twice or left behind.")
    if not yes and not typer.confirm(f"\nMake {letter(number)} the winner?"):
        say("Nothing was changed.")
        raise typer.Exit(1)
    choose_winner(place, one, number, getpass.getuser(), because)
    say(f"{letter(number)} is the winner. `ripeline winner {one.name} {one.part} --undo` takes it back.", "bold green")


def _undo(place: Home, one: Experiment) -> None:
    if undo_winner(place, one, getpass.getuser()):
        say("No winner any more: each lead to come gets its own variant, and is counted.", "green")
    else:
        say("There was no winner; nothing was changed.")
