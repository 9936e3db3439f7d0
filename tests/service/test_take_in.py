"""What an event client says begins campaigns: operational mail goes, marketing mail waits for consent."""

from __future__ import annotations

from typing import Any

from engine.service.take_in import take_in
from tests.service.world import World

JANE = "jane@northwind.example"


def identify(**traits: Any) -> dict[str, Any]:
    return {"type": "identify", "userId": "u1", "traits": {"email": JANE, "first_name": "Jane", **traits}}


def ordered(number: str) -> dict[str, Any]:
    properties = {"number": number, "day": "2026-12-01"}
    return {"type": "track", "userId": "u1", "event": "ordered", "messageId": number, "properties": properties}


def test_an_event_lets_into_its_campaign_and_operational_mail_goes(world: World) -> None:
    take_in(world.home, [identify(), ordered("A1"), ordered("A1"), ordered("A2")])
    world.go()
    assert sorted(world.subjects(JANE)) == ["Your order A1", "Your order A2"]
    take_in(world.home, [ordered("A1")])
    world.go()
    assert len(world.subjects(JANE)) == 2, "sent again, it begins nothing again"


def test_a_lead_that_only_events_made_known_gets_no_marketing_mail(world: World) -> None:
    take_in(world.home, [identify(source="web")])
    world.go()
    assert world.subjects(JANE) == []
    (line,) = (line for line in world.story(JANE) if line.code == "dropped")
    assert line.data["why"] == "no_consent"


def test_with_proof_of_consent_it_does(world: World) -> None:
    api = world.config.api.model_copy(update={"consent_trait": "agreed"})
    world.changes["api"] = api
    del world.config
    proof = {"agreed": True, "consent_at": "2026-11-01T10:00:00Z", "consent_text": "Yes, mail me"}
    take_in(world.home, [identify(source="web", **proof)])
    world.go()
    assert world.subjects(JANE) == ["Your data"]
