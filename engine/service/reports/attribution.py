"""The report `attribution`: what deals came of, under a model, by theme, campaign, mail or source."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.domain.attribution import HALF_LIFE, UNKNOWN_SOURCE, Model
from engine.errors import RipelineError, did_you_mean
from engine.service.home import Home
from engine.service.reports.credit_table import TITLES, TOLD, credit_table
from engine.service.reports.report import Asked, Report
from engine.store.database import reading
from engine.store.revenue_figures import Days, waiting_deals


def attribution(home: Home, asked: Asked) -> Report:
    """Options: `model` (linear), `by` (theme). Deals opened count by the day of opening, those won by that of closing.

    Raises:
        RipelineError: there is no such model, or nothing of that name to tell it by.
    """
    model = Model(chosen(asked, "model", tuple(Model), Model.LINEAR))
    by = chosen(asked, "by", tuple(TITLES), "theme")
    with reading(home.store) as connection:
        table = credit_table(connection, model, by, Days(asked.first, asked.last))
        notes = tuple(_notes(home, connection, model, by))
    return Report("attribution", f"Credit by {TITLES[by]}, {model.value}", (table,), notes)


def chosen(asked: Asked, option: str, known: tuple[str, ...], default: str) -> str:
    """What was asked for as this option.

    Raises:
        RipelineError: it is none of those known.
    """
    value = asked.options.get(option) or default
    if value not in known:
        hint = did_you_mean(value, known) or f"known are {', '.join(known)}"
        raise RipelineError(f"'{value}' is no {option} of this report; {hint}")
    return value


def _notes(home: Home, connection: Any, model: Model, by: str) -> Iterator[str]:
    reports = home.config.reports
    yield f"The model {model.value}: {TOLD[model]}. Amounts in {reports.currency}."
    if model is Model.POSITION:
        yield f"First touch {reports.first_share:.0%}, last touch {reports.last_share:.0%}."
    if model is Model.TIME_DECAY:
        yield f"The half life is {HALF_LIFE.days} days."
    yield (
        f"Touches are what the lead, and others of its account, did as people in the {reports.touches_within} before "
        "the deal was opened. A deal of several touches counts with each of them; its amount is divided."
    )
    if by == "source":
        yield f"Deals that nothing is known to have come before stand under '{UNKNOWN_SOURCE}'."
    if by == "mail":
        yield "Costs are known of campaigns and sources, not of single mails."
    yield from waiting(connection)


def waiting(connection: Any) -> Iterator[str]:
    """What is not in the figures yet."""
    number = waiting_deals(connection)
    if number:
        deals = "1 deal" if number == 1 else f"{number:,} deals"
        yield f"{deals} changed since housekeeping ran last; it works them out within minutes."
