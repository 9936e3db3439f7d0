"""The Salesforce client against an org that keeps to Salesforce's conventions, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.connect.crm import CrmError, LeadBrief, TaskBrief
from engine.connect.salesforce import Login, Salesforce, literal
from tests.connect.salesforce_org import _ESCAPED, _STRING, Org, RefusalError

FIELDS = {"first_name": "FirstName", "phone": "Phone"}
JANE = LeadBrief("Ljane", "jane@northwind.example", {"LastName": "Doe", "Company": "Northwind", "Title": "Head"})


@pytest.fixture
def org() -> Iterator[Org]:
    with Org() as running:
        yield running


def client(org: Org, secret: str = "s3cret") -> Salesforce:
    return Salesforce(Login(org.url, "key", secret, inner=True), FIELDS)


def test_lead_is_made_once_and_changed_after(org: Org) -> None:
    crm = client(org)
    first = crm.push_lead(JANE)
    second = crm.push_lead(LeadBrief("Ljane", "jane@northwind.example", {"Title": "Chief"}))
    assert (first.new, second.new, first.id) == (True, False, second.id)
    [row] = org.tables["Lead"]
    assert (row["Ripeline_Id__c"], row["Title"], row["LastName"]) == ("Ljane", "Chief", "Doe")
    assert org.logins == 1
    assert crm.used == (3, 15000)


def test_id_with_odd_letters_names_one_record(org: Org) -> None:
    brief = LeadBrief("L/a b?'", JANE.email, JANE.fields)
    client(org).push_lead(brief)
    client(org).push_lead(brief)
    assert [row["Ripeline_Id__c"] for row in org.tables["Lead"]] == ["L/a b?'"]


def test_session_that_ran_out_is_begun_anew_once(org: Org) -> None:
    crm = client(org)
    crm.push_lead(JANE)
    org.session = "another"
    assert not crm.push_lead(JANE).new
    assert org.logins == 2


def test_wrong_secret_is_told_without_being_shown(org: Org) -> None:
    with pytest.raises(CrmError, match="does not let us in: invalid client credentials") as refused:
        client(org, "geheim").push_lead(JANE)
    assert "geheim" not in str(refused.value)
    assert not refused.value.lasting
    assert "geheim" not in repr(Login("https://x", "key", "geheim"))


@pytest.mark.parametrize(
    ("refusal", "lasting", "alone", "wish"),
    [
        (RefusalError(400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access"), False, True, None),
        (
            RefusalError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
            False,
            False,
            timedelta(hours=1),
        ),
        (RefusalError(400, "DUPLICATES_DETECTED", "Use one of these records?"), True, True, None),
        (RefusalError(503, "SERVER_UNAVAILABLE", "try later"), False, False, None),
        (RefusalError(400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "no", ("Title",)), True, True, None),
    ],
)
def test_refusal_says_whether_to_try_again(org: Org, refusal: RefusalError, lasting, alone, wish) -> None:
    org.refusals = [refusal]
    with pytest.raises(CrmError, match=refusal.body[0]["errorCode"]) as found:
        client(org).push_lead(JANE)
    assert (found.value.lasting, found.value.alone, found.value.wish) == (lasting, alone, wish)


def test_lead_without_what_the_org_requires_is_told_with_the_fields(org: Org) -> None:
    with pytest.raises(CrmError, match=r"Required fields are missing.*\[LastName, Company\]") as found:
        client(org).push_lead(LeadBrief("Ljoe", "joe@northwind.example"))
    assert found.value.lasting


def test_field_that_the_org_lacks_can_be_mended_and_is_tried_again(org: Org) -> None:
    with pytest.raises(CrmError, match="No such column 'Nope'") as found:
        client(org).push_lead(LeadBrief("Ljane", "j@n.example", {"Nope": 1}))
    assert not found.value.lasting


def test_converted_lead_is_left_alone_and_its_contact_is_told(org: Org) -> None:
    org.add("Lead", Ripeline_Id__c="Ljane", IsConverted=True, ConvertedContactId="003X", Title="Old")
    found = client(org).push_lead(JANE)
    assert (found.id, found.converted) == ("003X", True)
    assert org.tables["Lead"][0]["Title"] == "Old"


def test_task_is_made_once(org: Org) -> None:
    task = TaskBrief("T'1", "00Q1", "Call Jane", "She asked.", date(2026, 11, 3))
    first, second = client(org).push_task(task), client(org).push_task(task)
    assert first == second
    [row] = org.tables["Task"]
    assert (row["WhoId"], row["ActivityDate"], row["Status"]) == ("00Q1", "2026-11-03", "Not Started")


def test_changes_are_told_page_after_page_and_from_the_cursor_on() -> None:
    with Org(page=2) as org:
        for number in range(5):
            org.add("Lead", Ripeline_Id__c=f"L{number}", Email=f"{number}@n.example", Phone=str(number), Status="New")
        crm = client(org)
        first = list(crm.changed_leads(""))
        assert [lead.ours for lead in first] == ["L0", "L1", "L2", "L3", "L4"]
        assert first[3].fields == {"first_name": None, "phone": "3"}
        cursor = first[-1].changed_at.isoformat()
        assert [lead.ours for lead in crm.changed_leads(cursor)] == ["L4"]
        org.tables["Lead"][0].update({"Owner.Name": "ann", "HasOptedOutOfEmail": True, "Status": "Working"})
        org.tables["Lead"][0]["SystemModstamp"] = "2026-11-02T10:00:00.000+0000"
        *_, changed = crm.changed_leads(cursor)
        assert (changed.ours, changed.owner, changed.opted_out, changed.status) == ("L0", "ann", True, "Working")


def test_a_page_is_asked_for_when_the_one_before_is_used_up() -> None:
    with Org(page=2) as org:
        for number in range(5):
            org.add("Lead", Ripeline_Id__c=f"L{number}", Email=f"{number}@n.example", Status="New")
        changes = client(org).changed_leads("")
        pages = [sum("/query" in path for _, path in org.requests) for _ in changes]
    assert pages == [1, 1, 2, 2, 3]


def test_opportunity_is_told_with_its_people(org: Org) -> None:
    org.add(
        "Opportunity",
        Name="Northwind 50",
        StageName="Closed Won",
        IsClosed=True,
        IsWon=True,
        Amount=1200.5,
        CloseDate="2026-11-30",
        CreatedDate="2026-11-02T09:00:00.000+0000",
        OpportunityContactRoles={"totalSize": 1, "done": True, "records": [{"ContactId": "003X"}]},
        **{"Account.Name": "Northwind"},
    )
    [deal] = client(org).changed_deals("")
    assert (deal.name, deal.is_won, deal.amount, deal.contacts) == ("Northwind 50", True, "1200.5", ("003X",))
    assert (deal.account, deal.closes_on) == ("Northwind", date(2026, 11, 30))
    assert deal.opened_at == datetime(2026, 11, 2, 9, tzinfo=UTC)


def test_damaged_cursor_never_becomes_part_of_a_query(org: Org) -> None:
    with pytest.raises(CrmError, match="cursor"):
        list(client(org).changed_leads("2026' OR Name != '"))
    assert not any("query" in path for _, path in org.requests)


@given(st.text())
def test_any_text_is_one_literal_and_means_itself(text: str) -> None:
    import re

    found = re.fullmatch(_STRING, literal(text))
    assert found is not None
    assert re.sub(r"\\.", lambda escape: _ESCAPED[escape[0]], found[1]) == text


def test_org_inside_is_refused_without_a_word_of_config(org: Org) -> None:
    with pytest.raises(CrmError, match="https://"):
        Salesforce(Login(org.url, "key", "s3cret")).push_lead(JANE)
    assert org.requests == []
