"""Whether a lead would have been handed over then, had we known what was a machine's."""

from __future__ import annotations

from msgspec.structs import replace

from engine.domain.actor import Actor
from engine.domain.journey.facts import LeadFacts
from engine.domain.journey.hindsight import Moment, by_that_rule, owed_to_machines
from engine.domain.rules import Rule

from .test_ripening import SALES, play
from .world import HOUR, Play, rule


def owed(lived: Play, machines: set[int], moment: Moment, text: str, ready: Rule | None = None) -> bool | None:
    policy = by_that_rule(lived.programme.policy, text, ready)
    return owed_to_machines(_known(lived.facts, machines), machines, policy, moment)


def _known(facts: LeadFacts, machines: set[int]) -> LeadFacts:
    """The facts as they are once these events are known to be machines'."""
    events = [replace(one, actor=Actor.MACHINE) if one.id in machines else one for one in facts.events]
    return replace(facts, events=tuple(events))


def handed(lived: Play) -> Moment:
    assert lived.latest.handover is not None
    return Moment(lived.now, "engaged", None, None)


def test_a_raised_hand_of_a_machine_made_nobody_ripe() -> None:
    lived = play().event("demo_requested")
    moment = handed(lived)
    (raised,) = lived.facts.events
    assert owed(lived, {raised.id}, moment, "event('demo_requested')", SALES.ready) is True


def test_one_visit_of_two_that_made_the_lead_ripe_is_missing() -> None:
    lived = play().event("visit").run_for(HOUR).event("visit")
    moment, first = handed(lived), lived.facts.events[0]
    assert owed(lived, {first.id}, moment, "count('visit') >= 2", SALES.ready) is True


def test_one_visit_of_three_was_not_needed() -> None:
    lived = play().event("visit").event("visit")
    moment, ready = Moment(lived.now, "engaged"), rule("event('visit')")
    assert owed(lived, {lived.facts.events[0].id}, moment, "event('visit')", ready) is False


def test_a_rule_that_the_lead_does_not_meet_in_hindsight_tells_nothing() -> None:
    lived = play().event("visit").event("visit")
    never = rule("count('visit') >= 9")
    assert owed(lived, {lived.facts.events[0].id}, Moment(lived.now, "engaged"), str(never), never) is None


def test_who_came_back_since_is_seen_as_it_stood() -> None:
    lived = play().event("demo_requested")
    moment = handed(lived)
    lived.run_for(HOUR).event("recycled", reason="too_early")
    assert owed(lived, {lived.facts.events[0].id}, moment, "event('demo_requested')", SALES.ready) is True
