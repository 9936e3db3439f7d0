"""What a simulation knows and what it assumes, in sentences: they stand above its figures wherever these are shown."""

from __future__ import annotations

from collections.abc import Iterator

from engine.domain.sales.policy import EXPIRED_REASON
from engine.rehearsal.simulation.learning import MAILS_NEEDED, OPENINGS_NEEDED
from engine.rehearsal.simulation.persona import BOUNCING, LEAVING
from engine.rehearsal.simulation.sales import SalesOrigin
from engine.rehearsal.simulation.sales_learning import HANDOFFS_NEEDED, RIPE
from engine.rehearsal.simulation.setup import Setup
from engine.rehearsal.simulation.simulation import Simulation

UNANSWERED_TOLD = {EXPIRED_REASON: "not answered in time"}
"""Reasons for which leads come back in words, where a name does not do."""


def played_told(simulation: Simulation) -> Iterator[str]:
    """Who lived how long under what."""
    setup, crowd, tally = simulation.setup, simulation.crowd, simulation.tally
    files = f"bundle {setup.bundle}" if setup.bundle else "the working files"
    first, last = (at.astimezone(simulation.zone) for at in (setup.start, setup.until))
    yield (
        f"{tally.leads:,} leads under {files} for {setup.days} days, "
        f"{first.day} {first:%b %Y} to {last.day} {last:%b %Y}, seed {setup.seed}"
    )
    if crowd.whole and crowd.every > 1:
        yield (
            f"Every {_th(crowd.every)} lead was played, and stands for {crowd.every}; "
            f"figures are of all {crowd.whole:,}."
        )


def people_told(setup: Setup) -> Iterator[str]:
    """How people treat mail here and sales the leads that it gets, and where that comes from."""
    manners, origin = setup.manners, setup.origin
    if not setup.config.tracking.enabled:
        yield "Tracking is off ([tracking] enabled), so nobody opens or clicks."
    rates = (
        f"{manners.opens:.0%} of mails opened, {manners.clicks:.1%} clicked, "
        f"{manners.share(LEAVING):.1%} of leads apt to leave, {manners.share(BOUNCING):.1%} without a mailbox"
    )
    yield f"People: {rates}; {_source(setup)}."
    hours = manners.opening.median
    after = f"half of the openings within {_hours(hours)}"
    delays = "learnt" if origin.delays else f"assumed (fewer than {OPENINGS_NEEDED} openings to learn from)"
    yield f"Delays: {after}, {delays}. Links by their clicks so far, else all alike."
    yield from sales_told(setup)


def sales_told(setup: Setup) -> Iterator[str]:
    """How sales answers here, and where that comes from; nothing where no lead can come to it."""
    if not setup.hands_over:
        return
    manners, origin = setup.sales.manners, setup.sales.origin
    reasons = ", ".join(f"{name} {share:.0%}" for name, share in manners.back if share)
    back = f"{manners.given_back:.0%} given back{f' ({reasons})' if reasons else ''}"
    shares = f"{manners.accepted:.0%} of hand-offs accepted, {back}, {manners.unanswered:.0%} not answered in time"
    yield f"Sales: {shares}; {_sales_source(origin)}."
    delays = "learnt" if origin.delays else f"assumed (fewer than {HANDOFFS_NEEDED} answers to learn from)"
    yield (
        f"Half of its answers come within {_hours(manners.answering.median)}, {delays}. "
        "What it accepts it keeps, unless it gives it back later: deals are not played."
    )


def _sales_source(origin: SalesOrigin) -> str:
    if origin.shares:
        found = f"learnt from {origin.handoffs:,} hand-offs older than {RIPE.days} days"
    elif origin.handoffs:
        found = f"assumed ({origin.handoffs} hand-offs older than {RIPE.days} days are too few to learn from; "
        found += f"{HANDOFFS_NEEDED} are needed)"
    else:
        found = f"assumed, as no hand-off here is older than {RIPE.days} days"
    return f"{' and '.join(origin.given)} as given, the rest {found}" if origin.given else found


def _hours(hours: float) -> str:
    return f"{hours:.1f} hours" if hours < 48 else f"{hours / 24:.1f} days"


def _source(setup: Setup) -> str:
    origin = setup.origin
    if origin.rates:
        found = f"learnt from {origin.mails:,} mails to {origin.leads:,} leads"
    elif origin.mails:
        found = (
            f"assumed ({origin.mails:,} mails older than 7 days are too few to learn from; {MAILS_NEEDED} are needed)"
        )
    else:
        found = "assumed, as this home has no history"
    return f"{' and '.join(setup.given)} as given, the rest {found}" if setup.given else found


def _th(number: int) -> str:
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
