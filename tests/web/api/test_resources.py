"""What other programs can do: every resource over HTTP, on a real home."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from engine.service.api.permissions import NEVER_LIFTED
from engine.service.suppress import hash_of
from engine.store.database import writing
from engine.store.permission import suppress_hashes
from tests.service.world import MONDAY, World

JANE = "jane@northwind.example"


def created(client: httpx.Client, **lead: object) -> dict:
    answer = client.post("/leads", json={"email": JANE, **lead})
    assert answer.status_code == 201, answer.text
    return answer.json()


def where_and_what(answer: httpx.Response) -> dict[str, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return {one["where"]: one["what"] for one in answer.json().get("errors", ())}


def test_lead_is_created_then_joined_with_what_is_known(client: httpx.Client, world: World) -> None:
    first = created(client, fields={"first_name": "Jane", "company": "Northwind"}, source="web", lists=["news"])
    assert first["lifecycle"] == world.config.lifecycle.start
    second = client.post("/leads", json={"email": "JANE@northwind.example", "fields": {"company": None}})
    assert second.status_code == 200
    assert second.json()["id"] == first["id"]
    assert second.json()["fields"] == {"first_name": "Jane"}, "null takes away, what is not said stays"
    assert (second.json()["source"], second.json()["lists"]) == ("web", ["news"])


@pytest.mark.parametrize("name", ["id", JANE, "userId:42"])
def test_lead_is_found_by_each_of_its_names(client: httpx.Client, name: str) -> None:
    lead = created(client, identities={"userId": "42"})
    found = client.get(f"/leads/{lead['id'] if name == 'id' else name}")
    assert found.json() == client.get(f"/leads/{lead['id']}").json()
    assert found.json()["email"] == JANE


def test_put_creates_a_lead_under_its_name_and_changes_it_after(client: httpx.Client) -> None:
    made = client.put("/leads/userId:7", json={"fields": {"first_name": "Max"}})
    again = client.put("/leads/userId:7", json={"email": "max@x.example"})
    assert (made.status_code, again.status_code) == (201, 200)
    assert again.json()["id"] == made.json()["id"]
    assert (again.json()["email"], again.json()["fields"]) == ("max@x.example", {"first_name": "Max"})


def test_every_wrong_value_is_told_at_its_place(client: httpx.Client) -> None:
    answer = client.post(
        "/leads",
        json={"email": "no address", "zone": "Europe/Berln", "lifecycle": "nix", "fields": {"first_nam": 1}},
    )
    assert answer.status_code == 422
    assert set(where_and_what(answer)) == {"body.email", "body.zone", "body.lifecycle", "body.fields.first_nam"}
    (hint,) = [one["do"] for one in answer.json()["errors"] if one["where"] == "body.fields.first_nam"]
    assert hint == "did you mean 'first_name'?"
    assert client.get("/leads").json()["items"] == []


def test_lead_without_a_name_is_refused(client: httpx.Client) -> None:
    assert where_and_what(client.post("/leads", json={"source": "web"})) == {"body": "says not who the lead is"}


def test_names_of_two_leads_are_a_conflict(client: httpx.Client) -> None:
    created(client)
    client.post("/leads", json={"identities": {"userId": "2"}})
    answer = client.post("/leads", json={"email": JANE, "identities": {"userId": "2"}})
    assert answer.status_code == 409
    assert "belong to different leads" in answer.json()["detail"]


def test_erased_person_is_gone_and_stays_unmailable(client: httpx.Client) -> None:
    created(client)
    assert client.delete(f"/leads/{JANE}").status_code == 204
    assert client.get(f"/leads/{JANE}").status_code == 404
    assert client.delete(f"/leads/{JANE}").status_code == 404
    assert [one["reason"] for one in client.get(f"/suppressions/{JANE}").json()] == ["erased"]
    assert created(client)["subscribed"] is False


def test_pages_hold_every_lead_once_in_any_order(client: httpx.Client, world: World) -> None:
    for number in range(7):
        client.post("/leads", json={"email": f"p{number % 3}{number}@x.example", "source": "web"})
        world.clock.step_to(world.clock.now() + timedelta(minutes=1))
    for sort in ("created", "-created", "updated", "-updated", "score", "-score", "email", "-email"):
        emails, cursor, pages = [], "", 0
        while pages == 0 or cursor:
            page = client.get(
                "/leads", params={"sort": sort, "limit": 3, **({"cursor": cursor} if cursor else {})}
            ).json()
            emails += [one["email"] for one in page["items"]]
            cursor, pages = page["next"], pages + 1
        assert pages == 3, sort
        assert len(set(emails)) == 7, sort
        if "email" in sort:
            assert emails == sorted(emails, reverse=sort.startswith("-"))


def test_rule_and_filters_say_whom_to_list(client: httpx.Client) -> None:
    created(client, fields={"company": "Northwind"}, country="Germany", lists=["news"])
    client.post("/leads", json={"email": "max@x.example", "country": "FR"})
    for asked in ({"where": "country == 'de' and company == 'northwind'"}, {"country": "DE"}, {"list": "news"}):
        assert [one["email"] for one in client.get("/leads", params=asked).json()["items"]] == [JANE]
    wrong = client.get("/leads", params={"where": "contry == 'DE'"})
    assert wrong.status_code == 422
    assert where_and_what(wrong).keys() == {"query.where:1"}
    assert "country" in wrong.json()["errors"][0]["do"]


def test_cursor_of_another_order_is_refused(client: httpx.Client) -> None:
    for number in range(3):
        client.post("/leads", json={"email": f"p{number}@x.example"})
    cursor = client.get("/leads", params={"limit": 1}).json()["next"]
    answer = client.get("/leads", params={"sort": "email", "cursor": cursor})
    assert where_and_what(answer) == {"query.cursor": "belongs to another order"}


def test_lists_are_joined_and_left(client: httpx.Client) -> None:
    created(client)
    assert client.put(f"/leads/{JANE}/lists/fair 2026").status_code == 204
    assert client.get("/lists").json() == [{"name": "fair 2026", "leads": 1}]
    assert client.delete(f"/leads/{JANE}/lists/fair 2026").status_code == 204
    assert client.get("/lists").json() == []


def test_withdrawn_consent_suppresses_and_is_not_given_back_by_a_program(client: httpx.Client) -> None:
    created(client)
    given = {"granted": True, "source": "form", "proof": {"wording": "v2", "ip": "192.0.2.1"}}
    assert client.post(f"/leads/{JANE}/consents", json=given).status_code == 201
    assert client.post(f"/leads/{JANE}/consents", json=given).status_code == 201
    assert len(client.get(f"/leads/{JANE}/consents").json()) == 1, "the same said again is not kept twice"
    client.post(f"/leads/{JANE}/consents", json={"granted": False, "source": "call"})
    assert client.get(f"/leads/{JANE}").json()["suppressed"] == {"marketing": "unsubscribed"}
    again = client.post(f"/leads/{JANE}/consents", json=given)
    assert again.status_code == 409
    assert "lift that first" in again.json()["detail"]


def test_suppression_is_set_shown_and_lifted(client: httpx.Client) -> None:
    assert client.post("/suppressions", json={"email": JANE, "reason": "asked by phone"}).status_code == 201
    assert client.delete(f"/suppressions/{JANE}", params={"scope": "marketing"}).status_code == 404
    assert client.delete(f"/suppressions/{JANE}").status_code == 204
    assert client.get(f"/suppressions/{JANE}").json() == []


@pytest.mark.parametrize("reason", sorted(NEVER_LIFTED))
def test_complaint_and_erasure_cannot_be_lifted(client: httpx.Client, world: World, reason: str) -> None:
    with writing(world.home.store) as connection:
        known = hash_of(world.home.keys.addresses, JANE)
        suppress_hashes(connection, [known], "all", reason, "test", MONDAY)
    assert client.delete(f"/suppressions/{JANE}").status_code == 409
    assert len(client.get(f"/suppressions/{JANE}").json()) == 1


def test_events_count_once_and_strangers_are_named_by_their_places(client: httpx.Client) -> None:
    created(client)
    events = [
        {"name": "ordered", "email": JANE, "id": "o-1", "properties": {"number": 1}},
        {"name": "ordered", "email": "who@x.example", "id": "o-2"},
    ]
    first = client.post("/events", json={"events": events}).json()
    assert first == {"recorded": 1, "known": 0, "created": 0, "unknown": [1]}
    second = client.post("/events", json={"events": events, "create": True}).json()
    assert second == {"recorded": 1, "known": 1, "created": 1, "unknown": []}
    (told,) = client.get(f"/leads/{JANE}/events").json()["items"]
    assert (told["name"], told["properties"]) == ("ordered", {"number": 1})


def test_event_beyond_what_can_be_kept_is_told_and_nothing_is_recorded(client: httpx.Client) -> None:
    created(client)
    events = [{"name": "a", "email": JANE}, {"name": "b", "email": JANE, "properties": {"n": 10**30}}, {"name": "c"}]
    answer = client.post("/events", json={"events": events})
    assert set(where_and_what(answer)) == {"body.events[1].properties", "body.events[2]"}
    assert client.get(f"/leads/{JANE}/events").json()["items"] == []


def test_lead_enters_a_campaign_by_its_trigger_and_is_taken_out(client: httpx.Client, world: World) -> None:
    created(client)
    asked = {"lead": JANE, "campaign": "order", "properties": {"number": 12}}
    assert client.post("/enrollments", json=asked).json()["event"] == "ordered"
    world.go()
    (run,) = client.get(f"/leads/{JANE}/enrollments").json()["items"]
    assert (run["campaign"], run["key"], run["status"]) == ("order", "12", "active")
    assert [one["state"] for one in client.get(f"/leads/{JANE}/deliveries").json()["items"]] == ["sent"]
    out = client.post(f"/enrollments/{run['id']}/exit").json()
    assert (out["status"], out["ended_why"]) == ("ended", "taken out by a program")
    assert client.post(f"/enrollments/{run['id']}/exit").json() == out, "a run ends once"
    world.go()
    story = client.get(f"/leads/{JANE}/why").json()
    assert any("taken out by a program" in str(moment) for moment in story["moments"])


def test_mail_of_a_run_that_was_taken_out_is_not_sent(client: httpx.Client, world: World) -> None:
    created(client, source="web")
    world.tick()
    (run,) = client.get(f"/leads/{JANE}/enrollments").json()["items"]
    client.post(f"/enrollments/{run['id']}/exit")
    world.go()
    (mail,) = client.get(f"/leads/{JANE}/deliveries").json()["items"]
    assert (mail["campaign"], mail["state"], mail["attempts"]) == ("drip", "dropped", 0)
    assert "taken out by a program" in mail["reason"]


@pytest.mark.parametrize(
    ("asked", "status", "words"),
    [
        ({"campaign": "drip"}, 409, "by its condition"),
        ({"campaign": "ordr"}, 404, "did you mean 'order'?"),
        ({"campaign": "order"}, 422, "tells its runs apart by 'number'"),
        ({"campaign": "order", "lead": "nobody@x.example", "properties": {"number": 1}}, 404, "no such lead"),
    ],
)
def test_campaign_that_cannot_be_entered_says_why(client: httpx.Client, asked: dict, status: int, words: str) -> None:
    created(client)
    answer = client.post("/enrollments", json={"lead": JANE, **asked})
    assert (answer.status_code, words in answer.text) == (status, True), answer.text


def test_deal_is_recorded_changed_and_tied_to_its_lead(client: httpx.Client) -> None:
    lead = created(client)
    deal = {"source": "crm", "external_id": "D-1", "lead": {"email": JANE}, "opened_at": "2026-10-01T00:00:00Z"}
    first = client.post("/opportunities", json={**deal, "amount": 120_000, "currency": "EUR"})
    assert (first.status_code, first.json()["lead"]) == (201, lead["id"]), first.text
    won = {"outcome": "won", "closed_at": "2026-10-20T00:00:00Z", "amount": 110_000}
    second = client.post("/opportunities", json={**deal, **won}).json()
    assert (second["id"], second["outcome"], second["amount"]) == (first.json()["id"], "won", 110_000)
    assert client.get(f"/leads/{JANE}/opportunities").json()["items"] == [second]
    wrong = client.post("/opportunities", json={**deal, "outcome": "lost"})
    assert (wrong.status_code, "closed_at is missing" in wrong.json()["detail"]) == (422, True)


def test_campaigns_are_told_with_their_counts(client: httpx.Client, world: World) -> None:
    created(client, source="web")
    world.tick()
    drip = client.get("/campaigns/drip").json()
    assert (drip["standing"], drip["leads"], drip["stages"][0]) == (
        "live",
        1,
        {"name": "aware", "leads": 1, "paused": 0},
    )
    assert [one["name"] for one in client.get("/campaigns").json()] == ["choice", "drip", "order"]


def test_report_is_made_as_json_and_as_csv(client: httpx.Client) -> None:
    names = client.get("/reports").json()["reports"]
    assert "revenue" in names
    found = client.get("/reports/revenue", params={"first": "2026-10-01", "last": "2026-10-31"})
    assert (found.status_code, found.json()["report"]) == (200, "revenue"), found.text
    columns = [one["name"] for one in found.json()["tables"][0]["columns"]]
    table = client.get("/reports/revenue", params={"format": "csv"})
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert ",".join(columns) in table.text
    assert client.get("/reports/revenu").status_code == 404
