"""Hand-offs and tasks as other programs see them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx

from engine.store.database import writing
from engine.store.sales_tables import HandoffRow
from engine.store.tables import ActionRow
from tests.service.world import MONDAY, World

JANE = "jane@northwind.example"


def hand_over(world: World, owner: str, **more: Any) -> None:
    """A lead in the hands of sales, as the daemon would have written it."""
    columns = {"at": MONDAY, "ripened_at": MONDAY, "rule": "score >= 60", "because": "score 72 ≥ 60", "owner": owner}
    texts = dict.fromkeys(("campaign", "theme", "note", "route", "answered_by", "reason", "answer_note"), "")
    with writing(world.home.store) as connection:
        connection.execute(HandoffRow.__table__.insert(), {**texts, **columns, "state": "waiting", "story": {}, **more})


def test_handoffs_are_listed_by_state_owner_and_lead(client: httpx.Client, world: World) -> None:
    lead = client.post("/leads", json={"email": JANE}).json()
    client.post("/leads", json={"email": "max@x.example"})
    hand_over(world, "bea", lead_id=1)
    hand_over(world, "carl", lead_id=2, state="accepted", ended_at=MONDAY + timedelta(hours=1))
    for asked, owners in (({}, ["bea", "carl"]), ({"owner": "carl"}, ["carl"]), ({"lead": JANE}, ["bea"])):
        assert [one["owner"] for one in client.get("/handoffs", params=asked).json()["items"]] == owners
    assert client.get("/handoffs", params={"state": "accepted", "lead": JANE}).json()["items"] == []
    assert client.get("/handoffs", params={"lead": "nobody@x.example"}).status_code == 404
    found = client.get("/handoffs/1").json()
    assert (found["lead"], found["because"], found["state"]) == (lead["id"], "score 72 ≥ 60", "waiting")
    assert client.get("/handoffs/3").status_code == 404


def test_pages_of_handoffs_go_on_by_cursor(client: httpx.Client, world: World) -> None:
    client.post("/leads", json={"email": JANE})
    for number in range(3):
        hand_over(world, f"o{number}", lead_id=1, ended_at=MONDAY)
    first = client.get("/handoffs", params={"limit": 2}).json()
    second = client.get("/handoffs", params={"limit": 2, "cursor": first["next"]}).json()
    assert [one["owner"] for one in (*first["items"], *second["items"])] == ["o0", "o1", "o2"]
    assert second["next"] == ""
    assert client.get("/tasks", params={"cursor": first["next"]}).status_code == 422, "a cursor of another list"


def test_open_tasks_are_listed_and_done_ones_are_not(client: httpx.Client, world: World) -> None:
    client.post("/leads", json={"email": JANE, "source": "web"})
    world.tick()
    with writing(world.home.store) as connection:
        row = {"lead_id": 1, "enrollment_id": 1, "step": "call", "payload": {"task": "Call"}, "created_at": MONDAY}
        for number, more in enumerate(({"kind": "task"}, {"kind": "task", "done_at": MONDAY}, {"kind": "notify"})):
            connection.execute(ActionRow.__table__.insert(), {**row, "occurrence": number, "outcome": "", **more})
    (found,) = client.get("/tasks").json()["items"]
    assert (found["step"], found["payload"]) == ("call", {"task": "Call"})


def test_sales_answers_and_each_answer_may_be_sent_again(client: httpx.Client, world: World) -> None:
    client.post("/leads", json={"email": JANE})
    client.post("/leads", json={"email": "max@x.example"})
    hand_over(world, "bea", lead_id=1, state="open")
    hand_over(world, "bea", lead_id=2, state="open")
    assert client.post("/handoffs/1/touched", json={"by": "bea"}).json()["touched_at"] == "2026-11-02T09:00:00Z"
    assert [client.post("/handoffs/1/accept", json={"by": "bea"}).json()["state"] for _ in range(2)] == ["accepted"] * 2
    later = (world.clock.now() + timedelta(days=3)).isoformat()
    assert client.post("/handoffs/2/snooze", json={"by": "bea", "until": later}).json()["state"] == "snoozed"
    back = client.post("/handoffs/2/reject", json={"by": "bea", "reason": "too_early", "note": "in spring"}).json()
    assert (back["state"], back["reason"], back["answer_note"]) == ("rejected", "too_early", "in spring")
    told = client.get("/leads/max@x.example/events").json()["items"]
    assert [one["name"] for one in told] == ["handoff_snoozed", "recycled"]
    assert told[-1]["properties"]["reason"] == "too_early"
    over = client.post("/handoffs/2/accept", json={"by": "bea"})
    assert over.status_code == 422, over.text
    unknown = client.post("/handoffs/1/reject", json={"by": "bea", "reason": "too_erly"})
    assert (unknown.status_code, "did you mean 'too_early'?" in unknown.text) == (422, True)
    assert client.post("/handoffs/9/accept", json={"by": "bea"}).status_code == 404


def test_finished_task_lets_the_journey_go_on_once(client: httpx.Client, world: World) -> None:
    client.post("/leads", json={"email": JANE, "source": "web"})
    world.tick()
    with writing(world.home.store) as connection:
        row = {"lead_id": 1, "enrollment_id": 1, "step": "call", "payload": {}, "created_at": MONDAY}
        connection.execute(ActionRow.__table__.insert(), {**row, "occurrence": 1, "outcome": "", "kind": "task"})
    done = {"by": "bea", "outcome": "reached"}
    assert [client.post("/tasks/1/done", json=done).status_code for _ in range(2)] == [204, 204]
    assert client.get("/tasks").json()["items"] == []
    (told,) = client.get(f"/leads/{JANE}/events").json()["items"]
    assert (told["name"], told["properties"]["outcome"]) == ("task_done", "reached")
    assert client.post("/tasks/2/done", json=done).status_code == 404
