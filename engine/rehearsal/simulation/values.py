"""A simulation as plain values for programs, with all that it takes to repeat it and to score its forecast later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from engine import __version__
from engine.rehearsal.simulation.calendar import Calendar
from engine.rehearsal.simulation.figures import Figures
from engine.rehearsal.simulation.setup import Setup
from engine.rehearsal.simulation.simulation import Crowd
from engine.rehearsal.simulation.unmade import Unmade

FORMAT = 1


def as_values(figures: Figures, rules: Sequence[Unmade]) -> dict[str, Any]:
    """The whole of it: what was simulated, each day, each funnel, what was in the way, what stands still."""
    simulation = figures.simulation
    return {
        **parameters(simulation.setup),
        "leads": _leads(simulation.crowd, simulation.tally.leads, simulation.scale),
        "mails": asdict(figures.mails),
        "days": [asdict(day) for day in figures.days],
        "hours": _hours(figures),
        "sales": asdict(figures.sales),
        "campaigns": [asdict(funnel) for funnel in figures.funnels],
        "daily": _daily(figures),
        "held_by_caps": [asdict(one) for one in figures.caps],
        "paused_in_lanes": [asdict(one) for one in figures.lanes],
        "stuck": [{**place._asdict(), "leads": count, "such_as": ids} for place, count, ids in figures.stuck],
        "never_made": [asdict(rule) for rule in rules],
        "nobody_made_up_for": list(simulation.closed),
    }


def calendar_values(setup: Setup, calendar: Calendar) -> dict[str, Any]:
    """The calendar of one lead."""
    return {**parameters(setup), "calendar": asdict(calendar)}


def parameters(setup: Setup) -> dict[str, Any]:
    """What was simulated: the same parameters give the same figures."""
    return {
        "format": FORMAT,
        "ripeline": __version__,
        "seed": setup.seed,
        "bundle": setup.bundle or None,
        "digest": setup.digest,
        "start": setup.start,
        "days_simulated": setup.days,
        "people": {
            "personas": [asdict(persona) for persona in setup.manners.personas],
            "opening_hours": setup.manners.opening.hours,
            "second_link": setup.manners.more,
            "learnt_from": asdict(setup.origin),
            "given": setup.given,
        },
        "sales_answers": {
            "shares": setup.sales.manners.shares,
            "accepted_first": setup.sales.manners.first,
            "answer_hours": setup.sales.manners.answering.hours,
            "kept_hours": setup.sales.manners.keeping.hours,
            "learnt_from": asdict(setup.sales.origin),
        },
        "events": [asdict(chance) for chance in setup.chances],
        "arrivals_per_day": _per_day(setup),
    }


def _per_day(setup: Setup) -> float:
    return setup.arrivals.count * 86_400 / setup.arrivals.every.total_seconds() if setup.arrivals else 0.0


def _leads(crowd: Crowd, played: int, scale: float) -> Mapping[str, Any]:
    return {"in_store": crowd.whole, "made_up": crowd.made_up, "played": played, "each_stands_for": scale}


def _hours(figures: Figures) -> Mapping[str, Any]:
    volume = figures.volume
    busiest = {"hour": volume.busiest[0], "mails": volume.busiest[1]} if volume.busiest else None
    over = [{"hour": hour, "mails": count} for hour, count in volume.over]
    return {"busiest": busiest, "relays_take": volume.per_hour, "over": over}


def _daily(figures: Figures) -> list[dict[str, Any]]:
    """What happens on each day, as it is counted: what a forecast is later held against."""
    scale = figures.simulation.scale
    facts = sorted((fact, count) for fact, count in figures.simulation.tally.total().items() if fact.day >= 0)
    return [{**fact._asdict(), "count": round(count * scale)} for fact, count in facts]
