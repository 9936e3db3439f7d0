"""Leads by name: the one that somebody means, and those that stand as examples."""

from __future__ import annotations

from collections.abc import Mapping

from engine.domain.journey.facts import LeadFacts
from engine.errors import RipelineError
from engine.rehearsal.desk import InHand, as_in_hand
from engine.rehearsal.simulation.simulation import Simulation
from engine.service.home import Home
from engine.service.who import lead_named
from engine.store.database import reading
from engine.store.facts import load_facts, load_leads
from engine.store.handoffs import live_handoff


def facts_of(home: Home | None, name: str) -> LeadFacts:
    """All that is known of the lead that is called so.

    Raises:
        RipelineError: there are no leads, nobody is called so, or several are.
    """
    if home is None:
        raise RipelineError("this home has no leads yet, so nobody has a calendar; leave --lead out")
    lead = lead_named(home.store, name)
    with reading(home.store) as connection:
        return load_facts(connection, [lead.id])[0]


def in_hand_at_start(home: Home | None, facts: LeadFacts) -> InHand | None:
    """The hand-off by which sales has the lead now."""
    if home is None:
        return None
    with reading(home.store) as connection:
        row = live_handoff(connection, facts.lead.id)
    return as_in_hand(row) if row is not None else None


def example_names(home: Home | None, simulation: Simulation) -> Mapping[int, str]:
    """The addresses of the leads that stand as examples for others; a made-up one goes by its number."""
    numbers = {number for stuck in simulation.tally.stuck.values() for number in stuck.examples}
    made_up = {number: f"made-up lead {number}" for number in numbers}
    if home is None or not simulation.crowd.whole:
        return made_up
    with reading(home.store) as connection:
        leads = load_leads(connection, sorted(numbers))
    return {**made_up, **{number: lead.email or f"lead {number}" for number, lead in leads.items()}}
