"""The report of a simulation as one HTML file that asks nothing of any other place: styles and pictures are in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from engine.domain.timing import tell_instant, zone_named
from engine.rehearsal.simulation.calendar import Calendar
from engine.rehearsal.simulation.figures import Figure, Figures
from engine.rehearsal.simulation.honesty import UNANSWERED_TOLD, people_told, played_told
from engine.rehearsal.simulation.pictures import OUTCOMES, colour, days_picture, funnel_picture, week_picture
from engine.rehearsal.simulation.setup import Setup
from engine.rehearsal.simulation.unmade import Unmade

if TYPE_CHECKING:
    from jinja2 import Template

PAGES = Path(__file__).parent / "pages"
_ENDED = {"exit": "left by the exit rule", "finished": "came to the end", "stage_removed": "lost their stage"}


def simulation_page(figures: Figures, rules: Sequence[Unmade], names: Mapping[int, str]) -> str:
    """The whole report."""
    simulation = figures.simulation
    senders = [funnel.campaign for funnel in figures.funnels if funnel.mails.value]
    return _template("simulation.html").render(
        company=simulation.setup.config.company.name,
        played=list(played_told(simulation)),
        people=list(people_told(simulation.setup)),
        figures=figures,
        picture=days_picture(figures.days, senders),
        colours={name: colour(number) for number, name in enumerate(senders)},
        week=week_picture(dict(simulation.tally.hours), simulation.zone, simulation.scale),
        funnels=[(funnel, funnel_picture(funnel)) for funnel in figures.funnels],
        outcomes=OUTCOMES,
        ended=_ENDED,
        back=_back(simulation.setup),
        rules=rules,
        names=names,
        closed=simulation.closed,
        tell=_telling(simulation.zone, simulation.setup.start),
        told=told,
    )


def _back(setup: Setup) -> Mapping[str, str]:
    """Reasons for which leads come back, as sales knows them."""
    titles = {key: reason.title for key, reason in setup.config.sales.reasons.items() if reason.title}
    return {**titles, **{reason: told.capitalize() for reason, told in UNANSWERED_TOLD.items()}}


def calendar_page(setup: Setup, found: Calendar) -> str:
    """The calendar of one lead."""
    zone = zone_named(setup.config.company.zone) or ZoneInfo("UTC")
    return _template("calendar.html").render(
        company=setup.config.company.name,
        calendar=found,
        days=setup.days,
        people=list(people_told(setup)),
        tell=_telling(zone, setup.start),
    )


def told(figure: Figure) -> str:
    """A figure with its spread."""
    if figure.low == figure.high:
        return f"{figure.value:,}"
    return f"{figure.value:,} ({figure.low:,}–{figure.high:,})"


def _telling(zone: ZoneInfo, now: datetime) -> Any:
    return lambda instant: tell_instant(instant, zone, now)


def _template(name: str) -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    site = Environment(
        loader=FileSystemLoader(PAGES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    site.filters["thousands"] = lambda number: f"{number:,}"
    return site.get_template(name)
