"""Choosing the variant that every lead to come gets: by a person, or by the test itself. Nobody is stranded by it:
leads who were mailed keep their own, in the web view and in threads."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from engine.domain.experiments.comparison import Said
from engine.domain.journey.route import names_of
from engine.errors import RipelineError, did_you_mean
from engine.service.alerts import raise_alert
from engine.service.experiments import Experiment, by_name, experiments_of, letter, said
from engine.service.home import Home
from engine.service.running import Runner
from engine.store.database import reading, writing
from engine.store.journey import stage_counts
from engine.store.winners import add_winner, end_winner

BY_TEST = "the test"


def meant_experiment(home: Home, name: str, part: str = "") -> Experiment:
    """The experiment that is called so: `CAMPAIGN/STEP`, and its part where the step has several.

    Raises:
        RipelineError: there is none of that name, or several.
    """
    names = by_name(experiments_of(home, Runner(home).current().programme))
    found = [one for one in names.get(name, ()) if part in ("", one.part)]
    if len(found) == 1:
        return found[0]
    if found:
        listed = " or ".join(one.part for one in found)
        raise RipelineError(
            f"{name} has variants of {listed}: say which, as in `ripeline winner {name} {found[0].part} B`"
        )
    if name in names:
        raise RipelineError(f"{name} has no variants of '{part}'; it has: {', '.join(one.part for one in names[name])}")
    hint = did_you_mean(name, names) or f"there are: {', '.join(names) or 'none; `ripeline apply` makes files run'}"
    raise RipelineError(f"no mail that was applied and has variants is called '{name}'; {hint}")


def variant_number(one: Experiment, text: str) -> int:
    """The variant that is meant: by its letter (A), or by its number from 1.

    Raises:
        RipelineError: there is no such variant.
    """
    wanted = text.strip().upper()
    for number in range(len(one.choices)):
        if wanted in (letter(number), str(number + 1)):
            return number
    last = len(one.choices)
    raise RipelineError(f"{one.name} has no variant '{text}'; name it A to {letter(last - 1)}, or 1 to {last}")


def choose_winner(home: Home, one: Experiment, number: int, by: str, because: str = "") -> None:
    """From now on every lead who gets the mail gets this variant; one chosen before ends with that."""
    values: dict[str, Any] = {
        "campaign": one.campaign.id,
        "step": one.step.id,
        "part": one.part,
        "variant": number,
        "text": one.choices[number],
        "chosen_at": home.clock.now(),
        "chosen_by": by,
        "why": because,
        "told": told(one),
    }
    with writing(home.store) as connection:
        end_winner(connection, one.campaign.id, _names(one), one.part, values["chosen_at"], by)
        add_winner(connection, values)


def undo_winner(home: Home, one: Experiment, by: str) -> bool:
    """Leads to come get their own variants again, and are counted again; whether a winner held."""
    with writing(home.store) as connection:
        return end_winner(connection, one.campaign.id, _names(one), one.part, home.clock.now(), by)


def _names(one: Experiment) -> tuple[str, ...]:
    """Every name that the step ever had."""
    return names_of(one.campaign, one.step.id)


def told(one: Experiment) -> str:
    """What is known of the experiment, as it is kept with its winner."""
    rates = ", ".join(
        f"{letter(number)} {group.rate:.1%} of {group.leads:,}" for number, group in enumerate(one.groups)
    )
    return f"{one.step.measure}: {rates}; {said(one)}"


def choose_by_test(home: Home, now: datetime) -> list[str]:
    """Name the winners of experiments that are decided, where config leaves it to the test; never by opens."""
    if home.config.experiments.winner != "test":
        return []
    chosen = []
    for one in experiments_of(home, Runner(home).current().programme):
        number = one.verdict.winner
        if one.verdict.said is not Said.WINNER or number is None or one.winner or one.step.measure == "opened":
            continue
        choose_winner(home, one, number, BY_TEST)
        words = f"{one.name}: {said(one)} ({one.part}). Every lead to come gets it; `ripeline winner {one.name} --undo`"
        raise_alert(home, f"winner:{one.name}/{one.part}", words, now)
        chosen.append(one.name)
    return chosen


def leads_to_come(home: Home, one: Experiment) -> int:
    """How many leads are in the campaign now, of whom some may still come to this mail."""
    with reading(home.store) as connection:
        counts = stage_counts(connection)
    return sum(number for campaign, _, status, _, number in counts if campaign == one.campaign.id and status != "ended")
