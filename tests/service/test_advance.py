"""Deciding many leads: one that cannot be decided holds up nobody else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine.domain.journey.decide import decide
from engine.domain.journey.facts import LeadFacts
from engine.service import advance
from tests.service.world import World


def test_lead_that_cannot_be_decided_waits_and_the_others_go_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(facts: LeadFacts, *more: Any) -> Any:
        if facts.lead.fields.get("first_name") == "Bad":
            raise OverflowError("date value out of range")
        return decide(facts, *more)

    monkeypatch.setattr(advance, "decide", faulty)
    world.take_in("bad@x.example,Bad,web", "jane@x.example,Jane,web")
    world.go()
    assert world.states("jane@x.example") == [("first", "sent")]
    assert world.states("bad@x.example") == []
    assert "decide" in world.alerts()
    assert [line.code for line in world.story("bad@x.example")] == ["undecided"]
    monkeypatch.setattr(advance, "decide", decide)
    world.clock.step_to(world.clock.now() + timedelta(hours=1))
    world.go()
    assert world.states("bad@x.example") == [("first", "sent")]
