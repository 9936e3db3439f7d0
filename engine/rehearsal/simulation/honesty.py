"""What a simulation knows and what it assumes, in sentences: they stand above its figures wherever these are shown."""

from __future__ import annotations

from collections.abc import Iterator

from engine.rehearsal.simulation.learning import MAILS_NEEDED, OPENINGS_NEEDED
from engine.rehearsal.simulation.persona import BOUNCING, LEAVING
from engine.rehearsal.simulation.setup import Setup
from engine.rehearsal.simulation.simulation import Simulation


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
    """How people treat mail here, and where that comes from."""
    manners, origin = setup.manners, setup.origin
    if not setup.config.tracking.enabled:
        yield "Tracking is off ([tracking] enabled), so nobody opens or clicks."
    rates = (
        f"{manners.opens:.0%} of mails opened, {manners.clicks:.1%} clicked, "
        f"{manners.share(LEAVING):.1%} of leads apt to leave, {manners.share(BOUNCING):.1%} without a mailbox"
    )
    yield f"People: {rates}; {_source(setup)}."
    hours = manners.opening.median
    after = f"half of the openings within {hours:.1f} hours" if hours < 48 else f"half within {hours / 24:.1f} days"
    delays = "learnt" if origin.delays else f"assumed (fewer than {OPENINGS_NEEDED} openings to learn from)"
    yield f"Delays: {after}, {delays}. Links by their clicks so far, else all alike."


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
