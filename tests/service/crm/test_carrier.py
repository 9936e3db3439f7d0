"""Hand-offs reach the CRM: the lead's one record, and a task, each once, whatever happens on the way."""

from __future__ import annotations

from typing import Any

from engine.config.outside import Crm
from engine.connect.salesforce import Login, Salesforce
from engine.service.crm.carrier import CrmCarrier
from engine.service.outbox import LEASE, Postman
from engine.service.running import Runner
from engine.store.database import reading, writing
from engine.store.outbox import Letter, letter_row, post
from tests.connect.salesforce_org import Org, RefusalError
from tests.service.conftest import Found
from tests.service.world import MONDAY, World

COLUMNS = "email,first_name,source,last_name,company,phone"
CONFIG = Crm(kind="salesforce", url="https://acme.my.salesforce.com", client_id="key", secret_env="SALESFORCE_SECRET")


def handed_over(found: Found) -> World:
    world = found(crm=CONFIG)
    world.take_in("jane@northwind.example,Jane,web,Doe,Northwind,123", columns=COLUMNS)
    lead = world.lead("jane@northwind.example").id
    with writing(world.home.store) as connection:
        told = {"story": {"because": "asked for a demo"}}
        post(connection, Letter("h1-crm", "crm", "salesforce", "lead.handed_off", told, lead), MONDAY)
    return world


def postman(world: World, org: Org) -> Postman:
    salesforce = Salesforce(Login(org.url, "key", "s3cret", inner=True))
    return Postman(world.home, Runner(world.home), {"crm": CrmCarrier(world.home, salesforce).carry})


def row(world: World) -> Any:
    with reading(world.home.store) as connection:
        return letter_row(connection, 1)


def test_handed_over_lead_is_in_the_crm_with_a_task_and_without_fields_that_are_theirs(found: Found) -> None:
    world = handed_over(found)
    with Org() as org:
        assert postman(world, org).round() == 1
        [lead], [task] = org.tables["Lead"], org.tables["Task"]
    assert (lead["Ripeline_Id__c"], lead["LastName"], lead["Company"]) == (row_id(world), "Doe", "Northwind")
    assert "Phone" not in lead
    assert (task["WhoId"], task["Subject"], task["Status"]) == (lead["Id"], "Ripeline: New lead", "Not Started")
    assert task["Description"] == "asked for a demo"
    assert world.story("jane@northwind.example")[-1].code == "told_outside"


def row_id(world: World) -> str:
    return str(world.lead("jane@northwind.example").public_id)


def test_carrier_killed_between_the_crm_and_its_note_makes_nothing_twice(found: Found) -> None:
    world = handed_over(found)
    with Org() as org:
        dying = postman(world, org)
        dying._settle = lambda *_: None  # type: ignore[method-assign]
        dying.round()
        world.clock.step_to(MONDAY + LEASE)
        assert postman(world, org).round() == 1
        assert (len(org.tables["Lead"]), len(org.tables["Task"])) == (1, 1)


def test_refusal_for_good_is_given_up_and_a_passing_one_is_tried_again(found: Found) -> None:
    world = handed_over(found)
    with Org() as org:
        carrier = postman(world, org)
        org.refusals = [RefusalError(400, "UNABLE_TO_LOCK_ROW", "locked")]
        assert carrier.round() == 0
        assert "UNABLE_TO_LOCK_ROW" in row(world).problem
        world.clock.step_to(row(world).due_at)
        org.refusals = [RefusalError(400, "DUPLICATES_DETECTED", "Use one of these records?")]
        assert carrier.round() == 0
        assert row(world).given_up_at is not None
        assert world.alerts() == ["outbox:crm:salesforce"]


def test_missing_secret_is_told_and_the_letter_waits(found: Found, monkeypatch: Any) -> None:
    monkeypatch.delenv("SALESFORCE_SECRET", raising=False)
    world = handed_over(found)
    assert Postman(world.home, Runner(world.home)).round() == 0
    assert "SALESFORCE_SECRET is not set" in row(world).problem
