"""The CRM is read back: once each, a page at a time, whatever happens on the way."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from engine.config.outside import Crm
from engine.config.sales import Sales, Salesperson
from engine.connect.crm import CrmError
from engine.connect.salesforce import Login, Salesforce
from engine.service.crm import pull as crm_pull
from engine.service.crm.pull import CrmReader, Pulled, crm_state
from engine.store.bundles import home_value, set_home_value
from engine.store.database import reading, writing
from engine.store.handoffs import add_handoff, handoffs_of
from engine.store.leads import find_lead, identities_of
from engine.store.opportunities import claimed
from engine.store.permission import lift, record_consent
from tests.connect.salesforce_org import NINE, Org, RefusalError
from tests.service.conftest import Found
from tests.service.revenue.rows import Books
from tests.service.world import MONDAY, World
from tests.store.conftest import engine_for, fresh_store, postgres_url, sqlite_template

__all__ = ["engine_for", "fresh_store", "postgres_url", "sqlite_template"]

JANE = "jane@northwind.example"
COLUMNS = "email,first_name,source,company,phone,title"
FIELDS = {"company": "Company", "phone": "Phone", "title": "Title", "reason": "Unqualified_Reason__c"}
CONFIG = Crm(kind="salesforce", fields=FIELDS)
SALES = Sales(person=(Salesperson(name="bea"),))


@pytest.fixture
def org() -> Iterator[Org]:
    with Org() as running:
        yield running


@pytest.fixture
def jane(found: Found) -> World:
    world = found(crm=CONFIG, sales=SALES)
    world.take_in(f"{JANE},Jane,web,Northwind,123,CTO", columns=COLUMNS)
    world.clock.step_to(MONDAY + timedelta(hours=1))
    return world


def reader(world: World, org: Org) -> CrmReader:
    return CrmReader(world.home, Salesforce(Login(org.url, "key", "s3cret", inner=True), FIELDS))


def in_org(world: World, org: Org, **values: Any) -> dict[str, Any]:
    return org.add("Lead", Ripeline_Id__c=world.lead(JANE).public_id, Email=JANE, Status="Open", **values)


def handed(world: World) -> int:
    now = MONDAY - timedelta(hours=1)
    values = {"at": now, "ripened_at": now, "rule": "r", "because": "b", "owner": "bea", "route": "", "state": "open"}
    with writing(world.home.store) as connection:
        number = add_handoff(connection, {"lead_id": world.lead(JANE).id, "story": {}, **values})
    assert number is not None
    return number


def handoffs(world: World) -> list[tuple[str, str]]:
    with reading(world.home.store) as connection:
        return [(row.state, row.reason) for row in handoffs_of(connection, world.lead(JANE).id)]


def codes(world: World) -> list[str]:
    return [line.code for line in world.story(JANE)]


def cursor(world: World) -> str | None:
    with reading(world.home.store) as connection:
        return home_value(connection, "crm:cursor:leads")


def test_lead_gets_its_crm_name_owner_and_the_fields_that_are_theirs(jane: World, org: Org) -> None:
    in_org(jane, org, **{"Owner.Name": "Bea Day", "Phone": "456", "Title": "", "Company": "Northwind Ltd"})
    assert reader(jane, org).pull() == Pulled(leads=1, changed=1)
    lead = jane.lead(JANE)
    assert (lead.owner, lead.folded["~owner"], lead.fields["phone"]) == ("bea", "bea", "456")
    assert lead.fields["title"] == "CTO", "an empty field of the CRM says nothing"
    assert lead.fields["company"] == "Northwind", "its master is here"
    with reading(jane.home.store) as connection:
        names = identities_of(connection, [lead.id])[lead.id]
    assert ("salesforce", org.tables["Lead"][0]["Id"]) in names
    assert [line.data for line in jane.story(JANE) if line.code == "crm_differs"] == [
        {"field": "company", "ours": "Northwind", "theirs": "Northwind Ltd"}
    ]


def test_what_is_read_again_changes_nothing(jane: World, org: Org) -> None:
    handed(jane)
    row = in_org(jane, org, **{"Owner.Name": "Bea Day", "Phone": "456", "Company": "Other"})
    org.edit(row, Status="Working", HasOptedOutOfEmail=True)
    reader(jane, org).pull()
    before, story = jane.lead(JANE), codes(jane)
    assert reader(jane, org).pull().changed == 0
    assert (jane.lead(JANE), codes(jane)) == (before, story)


def test_user_whom_nobody_knows_here_takes_no_lead(jane: World, org: Org) -> None:
    in_org(jane, org, **{"Owner.Name": "Integration User"})
    reader(jane, org).pull()
    assert jane.lead(JANE).owner == ""


def test_lead_made_in_the_crm_is_known_by_its_address_and_strangers_are_left(jane: World, org: Org) -> None:
    org.add("Lead", Email=JANE.upper(), Phone="789", Status="Open")
    org.add("Lead", Email="stranger@elsewhere.example", Status="Open")
    assert reader(jane, org).pull() == Pulled(leads=2, changed=1)
    assert jane.lead(JANE).fields["phone"] == "789"
    assert jane.lead("stranger@elsewhere.example") is None


def test_opt_out_ends_marketing_mail_and_does_not_undo_a_later_consent(jane: World, org: Org) -> None:
    row = in_org(jane, org, HasOptedOutOfEmail=True)
    reader(jane, org).pull()
    assert jane.suppressions(JANE) == [("marketing", "unsubscribed")]
    assert codes(jane)[-1] == "unsubscribed"
    lead = jane.lead(JANE)
    with writing(jane.home.store) as connection:
        lift(connection, lead.address_hash, "marketing")
        at = jane.clock.now()
        record_consent(connection, lead.id, topic="", granted=True, at=at, source="page", proof={})
    org.edit(row, Phone="1")
    reader(jane, org).pull()
    assert jane.suppressions(JANE) == []


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({"Status": "Working"}, ("accepted", "")),
        ({"Status": "Unqualified", "Unqualified_Reason__c": "No budget"}, ("rejected", "no_budget")),
        ({"Status": "Unqualified", "Unqualified_Reason__c": "the moon"}, ("rejected", "too_early")),
        ({"Status": "Nurturing"}, ("open", "")),
    ],
)
def test_status_answers_the_hand_off(jane: World, org: Org, values: dict[str, str], state: tuple[str, str]) -> None:
    handed(jane)
    org.edit(in_org(jane, org), **values)
    reader(jane, org).pull()
    assert handoffs(jane) == [state]


def test_old_status_does_not_answer_a_later_hand_off(jane: World, org: Org) -> None:
    handed(jane)
    row = in_org(jane, org)
    org.edit(row, Status="Unqualified")
    reader(jane, org).pull()
    handed(jane)
    org.edit(row, Phone="1")
    reader(jane, org).pull()
    assert handoffs(jane) == [("rejected", "too_early"), ("open", "")]


def test_answer_that_cannot_be_taken_is_told_in_the_story_and_the_page_goes_on(found: Found, org: Org) -> None:
    world = found(crm=CONFIG, sales=Sales(reasons={}))
    world.take_in(f"{JANE},Jane,web,Northwind,123,CTO", columns=COLUMNS)
    handed(world)
    org.edit(in_org(world, org), Status="Unqualified", Phone="456")
    reader(world, org).pull()
    assert codes(world) == ["crm_not_taken"]
    assert handoffs(world) == [("open", "")]
    assert world.lead(JANE).fields["phone"] == "456"
    reader(world, org).pull()
    assert codes(world) == ["crm_not_taken"]


def deal(org: Org, **values: Any) -> dict[str, Any]:
    created = {"CreatedDate": "2026-11-01T08:00:00.000+0000", "Name": "Northwind", "StageName": "Proposal"}
    return org.add("Opportunity", **{"IsClosed": False, "IsWon": False, "Amount": 1200.5, **created, **values})


def test_opportunity_is_the_deal_of_its_contacts_lead_and_follows_it(jane: World, org: Org) -> None:
    in_org(jane, org, ConvertedContactId="003X")
    row = deal(org, OpportunityContactRoles={"records": [{"ContactId": "003X"}]})
    assert reader(jane, org).pull().changed == 2
    org.edit(row, IsClosed=True, IsWon=True, StageName="Closed Won", CloseDate="2026-12-24")
    reader(jane, org).pull()
    with reading(jane.home.store) as connection:
        stored, new = claimed(connection, "salesforce", row["Id"], MONDAY)
    assert (new, stored.lead_id, stored.amount, stored.outcome) == (False, jane.lead(JANE).id, 120050, "won")
    assert stored.closed_at < jane.clock.now(), "the day that was planned has not come"
    names = [event.name for event in jane.events(JANE)]
    assert names.count("opportunity_opened") == names.count("opportunity_won") == 1


def test_deal_that_cannot_be_recorded_is_told_until_it_can_be(jane: World, org: Org) -> None:
    row = deal(org, Amount=-5)
    assert reader(jane, org).pull() == Pulled(deals=1)
    assert jane.alerts() == [f"crm:deal:{row['Id']}"]
    org.edit(row, Amount=5)
    assert reader(jane, org).pull().changed == 1
    assert jane.alerts() == []


def test_crm_that_is_away_is_told_once_and_nothing_is_lost(jane: World, org: Org) -> None:
    in_org(jane, org, Phone="456")
    crm = reader(jane, org)
    for _ in range(2):
        org.refusals = [RefusalError(503, "SERVER_UNAVAILABLE", "maintenance")]
        assert crm.round() == Pulled()
        assert jane.alerts() == ["crm:pull"]
        assert "maintenance" in crm_state(jane.home).problem
        assert crm.round() == Pulled(), "it is tried again when its time has come"
        jane.clock.step_to(jane.clock.now() + timedelta(minutes=2))
    assert cursor(jane) is None
    assert crm.round().changed == 1
    assert (jane.alerts(), crm_state(jane.home).problem) == ([], "")


def test_pull_that_is_killed_goes_on_after_the_last_whole_page(
    jane: World, org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crm_pull, "PAGE", 1)
    org.add("Lead", Email="stranger@elsewhere.example", Status="Open")
    in_org(jane, org, Phone="456", Company="Other")
    dying = reader(jane, org)
    effect, died = dying._effect, []

    def die(connection: Any, one: Any, now: Any) -> bool:
        done = effect(connection, one, now)
        if one.email == JANE:
            died.append(one)
            raise KeyboardInterrupt
        return done

    monkeypatch.setattr(dying, "_effect", die)
    with pytest.raises(KeyboardInterrupt):
        dying.pull()
    assert cursor(jane) == "2026-11-02T09:00:00+00:00"
    assert (jane.lead(JANE).fields["phone"], codes(jane)) == ("123", [])
    assert reader(jane, org).pull().changed == 1
    assert codes(jane) == ["crm_differs"]


MANY = 90
PULL = """
import sys
from pathlib import Path
from engine.authoring.home import read_home
from engine.config.outside import Crm
from engine.connect.salesforce import Login, Salesforce
from engine.service.crm import pull as crm_pull
from engine.service.home import open_home
crm_pull.PAGE = 10
place, url = Path(sys.argv[1]), sys.argv[2]
config = read_home(place).config.model_copy(update={"crm": Crm(kind="salesforce", fields={"phone": "Phone"})})
crm = Salesforce(Login(url, "key", "s3cret", inner=True), {"phone": "Phone"})
print(crm_pull.CrmReader(open_home(place, config), crm).pull())
"""


def many(found: Found, org: Org) -> World:
    """Leads here and in an org that answers ten at a time; each was changed a minute after the one before."""
    world = found(crm=CONFIG, sales=SALES)
    world.take_in(*(f"p{n}@northwind.example,P{n},web,Northwind,,CTO" for n in range(MANY)), columns=COLUMNS)
    org.page = 10
    for number in range(MANY):
        row = org.add("Lead", Email=f"p{number}@northwind.example", Phone=str(number), Status="Open")
        row["SystemModstamp"] = (NINE + timedelta(minutes=number)).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    deal(org)
    world.clock.step_to(MONDAY + timedelta(hours=2))
    return world


def queries(org: Org) -> list[str]:
    return [path for _, path in org.requests if "/query" in path]


def test_process_that_is_killed_in_the_first_pull_goes_on_from_where_it_was(found: Found, org: Org) -> None:
    world = many(found, org)
    org.stall_after = 6  # the login, and five pages
    process = subprocess.Popen([sys.executable, "-c", PULL, str(world.path), org.url])
    try:
        assert org.stalled.wait(60)
    finally:
        process.kill()
        process.wait()
    org.stall_after = 10**9
    assert cursor(world) == "2026-11-02T09:40:00+00:00", "the oldest of the fifth page"
    assert world.lead("p49@northwind.example").fields["phone"] == "49"
    assert "phone" not in world.lead("p50@northwind.example").fields
    org.requests.clear()

    done = reader(world, org).pull()

    assert "SystemModstamp+%3E%3D+2026-11-02T09%3A38%3A00.000Z" in queries(org)[0]
    assert done == Pulled(leads=MANY - 38, deals=1, changed=MANY - 50 + 1)
    phones = [world.lead(f"p{n}@northwind.example").fields["phone"] for n in range(MANY)]
    assert phones == [str(n) for n in range(MANY)]


def test_a_large_org_is_never_in_memory_as_a_whole(found: Found, org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page is applied, with its cursor, before the next one is asked for."""
    world = many(found, org)
    monkeypatch.setattr(crm_pull, "PAGE", 10)
    reading_it = reader(world, org)
    take, seen = reading_it._take, []

    def watched(page: Any, kind: str, at: str) -> int:
        seen.append((len(page), len(queries(org))))
        return take(page, kind, at)

    monkeypatch.setattr(reading_it, "_take", watched)
    reading_it.pull()
    assert seen == [*((10, number) for number in range(1, 10)), (1, 10)]


def test_record_that_changes_while_it_is_read_hides_none_behind_it(
    found: Found, org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes in its old place with its new instant; whoever is killed then has not read what stands behind it."""
    world = many(found, org)
    monkeypatch.setattr(crm_pull, "PAGE", 10)
    salesforce = Salesforce(Login(org.url, "key", "s3cret", inner=True), FIELDS)
    read = salesforce.changed_leads

    def changing(since: str) -> Iterator[Any]:
        for number, one in enumerate(read(since)):
            if number == 15:
                raise KeyboardInterrupt
            yield replace(one, changed_at=world.clock.now()) if number == 9 else one

    monkeypatch.setattr(salesforce, "changed_leads", changing)
    with pytest.raises(KeyboardInterrupt):
        CrmReader(world.home, salesforce).pull()
    assert cursor(world) == "2026-11-02T09:00:00+00:00"


def test_cursor_is_never_later_than_the_reading_began(found: Found, org: Org) -> None:
    world = many(found, org)
    org.tables["Lead"][-1]["SystemModstamp"] = "2026-11-02T12:00:00.000+0000"
    reader(world, org).pull()
    assert cursor(world) == "2026-11-02T11:00:00+00:00"


def test_home_that_kept_one_cursor_goes_on_from_it(jane: World, org: Org) -> None:
    in_org(jane, org, Phone="456")
    with writing(jane.home.store) as connection:
        set_home_value(connection, "crm:cursor", "2026-11-02T09:30:00+00:00")
    assert reader(jane, org).pull() == Pulled()
    assert crm_state(jane.home).leads == "2026-11-02T09:30:00+00:00"


def test_lead_and_its_deal_are_read_alike_on_both_databases(engine_for: Engine, tmp_path: Path, org: Org) -> None:
    books = Books(engine_for, tmp_path)
    books.lead(JANE, source="fair", subscribed=True, address_hash="h1")
    org.add("Lead", Email=JANE, Phone="456", HasOptedOutOfEmail=True, ConvertedContactId="003X", Status="Open")
    org.add("Lead", Email="stranger@elsewhere.example", Status="Open")
    deal(org, OpportunityContactRoles={"records": [{"ContactId": "003X"}]}, CreatedDate="2026-01-01T08:00:00.000+0000")
    for changed in (2, 0):
        salesforce = Salesforce(Login(org.url, "key", "s3cret", inner=True), FIELDS)
        assert CrmReader(books.home, salesforce).pull() == Pulled(leads=2, deals=1, changed=changed)
    with reading(engine_for) as connection:
        lead = find_lead(connection, "salesforce:003X")
    assert lead is not None
    assert (lead.fields["phone"], lead.folded["phone"], lead.subscribed) == ("456", "456", False)


def test_pull_says_what_stands_in_its_way(jane: World, org: Org) -> None:
    org.refusals = [RefusalError(400, "INVALID_FIELD", "No such column 'Phone'")]
    with pytest.raises(CrmError, match="No such column"):
        reader(jane, org).pull()
