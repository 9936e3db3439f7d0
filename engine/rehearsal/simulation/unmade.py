"""Rules that wait for what a simulation does not make: events and answers that come from outside of the mails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.domain.campaign import Campaign
from engine.domain.journey.asked import placed_rules
from engine.domain.own_events import ACCEPTED, RECYCLED
from engine.domain.rules import names_used
from engine.rehearsal.simulation.lives import REPLY
from engine.rehearsal.simulation.setup import Setup


@dataclass(frozen=True, slots=True)
class Unmade:
    """A rule, where it stands (campaign, stage or stage/step, key), and the events in it that never happen."""

    campaign: str
    where: str
    key: str
    rule: str
    events: tuple[str, ...]


def unmade(setup: Setup, *, made_up: bool) -> list[Unmade]:
    """The rules of the campaigns that run which wait for events nobody gave a chance. What sales answers happens.

    To `made_up` leads the event happens that lets them in.
    """
    given = {chance.event.casefold() for chance in setup.chances} | (
        {RECYCLED, ACCEPTED} if setup.hands_over else set()
    )
    programme = setup.programme()
    found = []
    for campaign in setup.campaigns.values():
        if not programme.runs(campaign.id):
            continue
        first = {campaign.on.event.casefold()} if campaign.on is not None and made_up else set()
        for where, key, rule, events in _asked(campaign):
            missing = tuple(sorted(event for event in events if event not in given | first))
            if missing:
                found.append(Unmade(campaign.id, where, key, rule, missing))
    return found


def _asked(campaign: Campaign) -> Iterator[tuple[str, str, str, set[str]]]:
    """Each rule of a campaign with the events that it asks for, casefolded."""
    if campaign.on is not None:
        yield "", "on", f"event('{campaign.on.event}')", {campaign.on.event.casefold()}
    for where, key, rule in placed_rules(campaign):
        names = {name.removeprefix("ever.") for name in names_used(rule)}
        events = {name.removeprefix("event:") for name in names if name.startswith("event:")}
        if "replied" in names:
            events.add(REPLY)
        yield where, key, rule.source, events
