from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.config.model import STANDARD_FIELDS, LeadField
from engine.domain.identity import Identity
from engine.domain.leadrecord import LeadRecord, OptOut, Reject
from engine.inbound.leadfiles.columns import MappingError
from engine.inbound.leadfiles.opening import LeadFileError
from engine.inbound.leadfiles.reading import Item, LeadFile, ReadSettings

FIELDS = {
    **STANDARD_FIELDS,
    "employees": LeadField(type="number"),
    "tags": LeadField(type="tags"),
    "notes": LeadField(),
    "plan": LeadField(type="choice", choices=("free", "team")),
}
STAGES = ("subscriber", "inquiry", "engaged", "mql", "sal", "sql", "customer")


def read(folder: Path, content: str | bytes, name: str = "leads.csv", **options: Any) -> tuple[LeadFile, list[Item]]:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with LeadFile(path, ReadSettings(FIELDS, STAGES, **options)) as file:
        return file, list(file)


def one(folder: Path, content: str | bytes, name: str = "leads.csv", **options: Any) -> LeadRecord:
    items = read(folder, content, name, **options)[1]
    assert len(items) == 1
    assert isinstance(items[0], LeadRecord), items[0]
    return items[0]


def reject(folder: Path, content: str | bytes, name: str = "leads.csv", **options: Any) -> Reject:
    found = [item for item in read(folder, content, name, **options)[1] if isinstance(item, Reject)]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_any_separator_and_line_end_is_read(tmp_path: Path, separator: str, ending: str) -> None:
    rows = [["E-Mail", "First Name", "Company"], ["jane@acme.example", "Jane", '"Acme, Inc; | co"']]
    lead = one(tmp_path, ending.join(separator.join(row) for row in rows))
    assert lead.email == "jane@acme.example"
    assert lead.fields["first_name"] == "Jane"


def test_quoted_line_breaks_and_empty_trailing_columns_are_read(tmp_path: Path) -> None:
    text = 'email;notes;first_name;;\njane@acme.example;"line one\nline ""two""";Jane;;\n\nann@acme.example;;Ann;;\n'
    first, second = read(tmp_path, text)[1]
    assert isinstance(first, LeadRecord)
    assert isinstance(second, LeadRecord)
    assert first.fields == {"notes": 'line one\nline "two"', "first_name": "Jane"}
    assert (first.row, second.row) == (2, 4)


def test_the_line_that_announces_the_separator_is_not_the_heading(tmp_path: Path) -> None:
    assert one(tmp_path, "sep=;\nemail;first_name\njane@acme.example;Jane\n").fields == {"first_name": "Jane"}


def test_a_file_of_addresses_alone_is_read(tmp_path: Path) -> None:
    assert one(tmp_path, "Email\njane@acme.example\n").identities == (Identity("email", "jane@acme.example"),)


MAILCHIMP = (
    "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LATITUDE,LONGITUDE,"
    "GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LAST_CHANGED,{}LEID,EUID,NOTES,TAGS\n"
    "jane@acme.example,Jane,Park,2,2020-01-02 03:04:05,10.0.0.1,2020-01-02 03:05:00,10.0.0.2,52.5,13.4,1,2,"
    'Europe/Berlin,DE,BE,2021-01-01 00:00:00,{}123,abc123,,"""hot"",""big, fish"""\n'
)
UNSUB_HEAD = "UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON,UNSUB_REASON_OTHER,"


def test_mailchimp_members_bring_consent_proof_place_and_tags(tmp_path: Path) -> None:
    file, _ = read(tmp_path, MAILCHIMP.format("", ""))
    lead = one(tmp_path, MAILCHIMP.format("", ""), "subscribed_members_export.csv")
    assert file.tool == "Mailchimp"
    assert lead.identities == (Identity("email", "jane@acme.example"), Identity("mailchimp", "abc123"))
    assert lead.consent is not None
    assert lead.consent.at == datetime(2020, 1, 2, 3, 5, tzinfo=UTC)
    assert lead.consent.proof["optin_ip"] == "10.0.0.1"
    assert lead.consent.proof["confirm_time"] == "2020-01-02 03:05:00"
    assert lead.builtins == {"zone": "Europe/Berlin", "country": "DE"}
    assert lead.fields["tags"] == ["hot", "big, fish"]
    assert not lead.opt_outs


def test_mailchimp_unsubscribed_members_are_opted_out_at_their_time(tmp_path: Path) -> None:
    lead = one(tmp_path, MAILCHIMP.format(UNSUB_HEAD, "2022-05-06 07:08:09,May,x1,NORMAL,,"))
    assert lead.opt_outs == (OptOut("unsubscribed", "marketing", datetime(2022, 5, 6, 7, 8, 9, tzinfo=UTC)),)


@pytest.mark.parametrize(
    ("name", "opt_out"),
    [
        ("cleaned_members_export_ab12.csv", OptOut("bounced", "all")),
        ("unsubscribed_members_export_ab12.csv", OptOut("unsubscribed")),
        ("nonsubscribed_members_export_ab12.csv", OptOut("unsubscribed")),
        ("subscribed_members_export_ab12.csv", None),
    ],
)
def test_mailchimp_file_names_tell_who_left(tmp_path: Path, name: str, opt_out: OptOut | None) -> None:
    assert one(tmp_path, MAILCHIMP.format("", ""), name).opt_outs == ((opt_out,) if opt_out else ())


@pytest.mark.parametrize(
    ("name", "out"),
    [("unsubscribes.csv", True), ("blocklist-2026.csv", True), ("opt-outs.csv", True), ("cleaned_leads.csv", False)],
)
def test_files_called_like_opt_outs_are_taken_so_but_not_tidied_ones(tmp_path: Path, name: str, out: bool) -> None:
    text = "email\njane@acme.example\n"
    assert bool(one(tmp_path, text, name).opt_outs) is out
    assert not one(tmp_path, text, name, trust_name=False).opt_outs
    assert one(tmp_path, text, "x.csv", opt_out=OptOut("unsubscribed")).opt_outs


def test_hubspot_contacts_bring_their_number_stage_and_owner(tmp_path: Path) -> None:
    header = (
        "Record ID,First Name,Last Name,Email,Phone Number,Mobile Phone Number,Job Title,Company Name,Contact owner,"
        "Lifecycle Stage,Lead Status,Create Date,Marketing contact status\n"
    )
    row = "901,Jane,Park,jane@acme.example,1,2,CTO,Acme,ann,Marketing Qualified Lead,New,2020-01-02 03:04,x\n"
    file, _ = read(tmp_path, header + row)
    lead = one(tmp_path, header + row)
    assert file.tool == "HubSpot"
    assert Identity("hubspot", "901") in lead.identities
    assert lead.builtins == {"owner": "ann", "lifecycle": "mql"}
    assert lead.fields["title"] == "CTO"
    assert lead.fields["company"] == "Acme"
    assert "Mobile Phone Number" in file.unused


SALESFORCE = (
    "Id,LastName,FirstName,Salutation,Title,Company,Street,City,State,PostalCode,Country,Phone,MobilePhone,Email,Website,"
    "Description,LeadSource,Status,Industry,Rating,AnnualRevenue,NumberOfEmployees,OwnerId,HasOptedOutOfEmail,IsConverted,"
    "EmailBouncedReason,EmailBouncedDate,CreatedDate\n"
    "00Q1,Park,Jane,Ms.,CTO,Acme,Main St 1,Berlin,BE,10115,Germany,1,2,jane@acme.example,acme.example,,Web,Open,IT,Hot,"
    "1000,250,005A,{},false,{},,2020-01-01T00:00:00.000Z\n"
)


def test_salesforce_leads_keep_title_salutation_and_source(tmp_path: Path) -> None:
    file, _ = read(tmp_path, SALESFORCE.format("false", ""))
    lead = one(tmp_path, SALESFORCE.format("false", ""))
    assert file.tool == "Salesforce"
    assert lead.builtins == {"source": "Web", "owner": "005A", "country": "DE"}
    assert (lead.fields["title"], lead.fields["salutation"], lead.fields["employees"]) == ("CTO", "Ms.", 250.0)
    assert not lead.opt_outs


@pytest.mark.parametrize(
    ("flag", "bounce", "opt_outs"),
    [
        ("true", "", (OptOut("unsubscribed"),)),
        ("1", "", (OptOut("unsubscribed"),)),
        ("false", "550 no such user", (OptOut("bounced", "all"),)),
    ],
)
def test_salesforce_opt_outs_and_bounces_are_suppressions(
    tmp_path: Path, flag: str, bounce: str, opt_outs: Any
) -> None:
    assert one(tmp_path, SALESFORCE.format(flag, bounce)).opt_outs == opt_outs


def test_salesforce_labels_are_recognised(tmp_path: Path) -> None:
    lead = one(
        tmp_path,
        "Last Name,First Name,Company,Email,Lead Source,Lead Status,Email Opt Out\n"
        "Park,Jane,Acme,jane@acme.example,Web,Open,1\n",
    )
    assert lead.builtins == {"source": "Web"}
    assert lead.opt_outs == (OptOut("unsubscribed"),)


@pytest.mark.parametrize(
    ("status", "opt_outs"),
    [
        ("enabled", ()),
        ("blocklisted", (OptOut("blocklisted", "all"),)),
        ("unsubscribed", (OptOut("unsubscribed"),)),
        ("disabled", (OptOut("unsubscribed"),)),
    ],
)
def test_listmonk_subscribers_bring_attributes_and_status(tmp_path: Path, status: str, opt_outs: Any) -> None:
    text = (
        "uuid,email,name,attributes,status,created_at,updated_at\n"
        "u-1,jane@acme.example,Jane Park,"
        '"{""city"": ""Berlin"", ""employees"": 12, ""x"": 1, ""email"": ""z@z.example""}",'
        f"{status},2020-01-01,2020-01-01\n"
    )
    file, items = read(tmp_path, text)
    lead = items[0]
    assert isinstance(lead, LeadRecord)
    assert file.tool == "listmonk"
    assert lead.email == "jane@acme.example"
    assert lead.fields == {"name": "Jane Park", "city": "Berlin", "employees": 12.0}
    assert lead.opt_outs == opt_outs
    assert file.unused == ("x",)


@pytest.mark.parametrize(
    ("dnc", "opt_outs"),
    [
        ("0", ()),
        ("", ()),
        ("1", (OptOut("unsubscribed"),)),
        ("2", (OptOut("bounced", "all"),)),
        ("3", (OptOut("unsubscribed"),)),
    ],
)
def test_mautic_contacts_bring_position_locale_and_do_not_contact(tmp_path: Path, dnc: str, opt_outs: Any) -> None:
    text = (
        "title,firstname,lastname,company,position,email,preferred_locale,doNotEmail,dateAdded,ownerusername\n"
        f"Ms,Jane,Park,Acme,CTO,jane@acme.example,de_DE,{dnc},2020-01-01 00:00:00,ann\n"
    )
    file, _ = read(tmp_path, text)
    lead = one(tmp_path, text)
    assert file.tool == "Mautic"
    assert (lead.fields["salutation"], lead.fields["title"]) == ("Ms", "CTO")
    assert lead.builtins == {"language": "de-de", "owner": "ann"}
    assert lead.opt_outs == opt_outs


def test_any_other_heading_is_matched_by_the_words_people_use(tmp_path: Path) -> None:
    file, items = read(
        tmp_path,
        "E-Mail;Vorname;Nachname;Firma;Land;Zeit;Number of Employees;Plan\njane@acme.example;J;P;A;Schweiz;x;9;TEAM\n",
    )
    assert isinstance(items[0], LeadRecord)
    assert items[0].fields == {"first_name": "J", "last_name": "P", "company": "A", "employees": 9.0, "plan": "team"}
    assert items[0].builtins == {"country": "CH"}
    assert file.unused == ("Zeit",)
    assert ("Vorname", "first_name") in {(column.name, column.meaning) for column in file.mapping}


def test_columns_are_mapped_by_hand_and_left_out(tmp_path: Path) -> None:
    text = "contact,firm,phone\njane@acme.example,Acme,1\n"
    lead = one(tmp_path, text, wanted={"contact": "email", "firm": "company", "phone": "-"})
    assert (lead.email, lead.fields) == ("jane@acme.example", {"company": "Acme"})


@pytest.mark.parametrize(
    ("wanted", "words"),
    [({"mail": "email"}, "no column 'mail'"), ({"email": "compny"}, "no field 'compny'; did you mean 'company'?")],
)
def test_a_wrong_mapping_by_hand_is_told(tmp_path: Path, wanted: dict[str, str], words: str) -> None:
    with pytest.raises(MappingError, match=words.replace("?", r"\?")):
        read(tmp_path, "email\njane@acme.example\n", wanted=wanted)


@pytest.mark.acceptance(row=27)
@pytest.mark.parametrize("character", ["\r", "\n", "\0", "\v"])
def test_control_characters_in_names_and_addresses_reject_the_row(tmp_path: Path, character: str) -> None:
    name = reject(tmp_path, f'email,first_name\njane@acme.example,"Jane{character}Bcc: x@evil.example"\n')
    assert (name.row, name.column) == (2, "first_name")
    assert "names and addresses are one line" in name.reason
    address = reject(tmp_path, f'email,first_name\n"jane@acme.example{character}x",Jane\n')
    assert (address.column, "which no address may hold" in address.reason) == ("email", True)


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("email,first_name\njane@,J\n", "email", "is no mail address"),
        ("email,employees\njane@acme.example,many\n", "employees", "'many' is no number"),
        ("email,zone\njane@acme.example,Mars\n", "zone", "is no time zone"),
        ("email,lifecycle\njane@acme.example,mqll\n", "lifecycle", "did you mean 'mql'?"),
        ("email,first_name\n,Jane\n", "", "no address and no other identity"),
        ("email,first_name\njane@acme.example,J,more\n", "", "has 3 cells, but the heading has 2"),
        ('{"email": 5}\n', "email", "is no text"),
        ('{"email": \n', "", "is no JSON"),
        ("{}\n[1]\n", "", "no JSON object"),
    ],
)
def test_a_row_that_cannot_be_used_says_where_and_why(tmp_path: Path, text: str, column: str, words: str) -> None:
    items = [item for item in read(tmp_path, text)[1] if isinstance(item, Reject)]
    assert items[-1].column == column
    assert words in items[-1].reason


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("jane@acme.example,Jane\n", "begins with an address where the names of the columns were expected"),
        ('[{"email": "a@b.example"}]', "one JSON array"),
        ('email,name\na@b.example,"' + "open\n" * 100_000, "a cell never ends"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(LeadFileError, match=words):
        read(tmp_path, text)


def test_json_lines_are_read_typed_and_nested(tmp_path: Path) -> None:
    text = (
        '{"email": "jane@acme.example", "userId": 42, "lists": ["a", "b"], "fields": {"employees": 9, "tags": ["x"]}}'
        "\n\n"
        '{"email": "ann@acme.example", "traits": {"first_name": "Ann"}, "company": null, "odd": 1}\n'
    )
    file, (jane, ann) = read(tmp_path, text, "leads.jsonl")
    assert isinstance(jane, LeadRecord)
    assert isinstance(ann, LeadRecord)
    assert jane.identities == (Identity("email", "jane@acme.example"), Identity("userId", "42"))
    assert jane.lists == ("a", "b")
    assert jane.fields == {"employees": 9.0, "tags": ["x"]}
    assert (ann.row, ann.fields) == (3, {"first_name": "Ann"})
    assert file.unused == ("odd",)


def test_empty_cells_are_nothing_unless_they_are_to_erase(tmp_path: Path) -> None:
    text = "email,first_name,company,zone\njane@acme.example,,  ,\n"
    assert one(tmp_path, text).fields == {}
    erasing = one(tmp_path, text, empty_erases=True)
    assert erasing.fields == {"first_name": None, "company": None}
    assert erasing.builtins == {"zone": ""}


@pytest.mark.parametrize("value", ["yes", "TRUE", "opted out", "2020-01-01"])
def test_anything_but_a_clear_no_is_an_opt_out(tmp_path: Path, value: str) -> None:
    assert one(tmp_path, f"email,unsubscribed\njane@acme.example,{value}\n").opt_outs
    assert not one(tmp_path, "email,unsubscribed\njane@acme.example,No\n").opt_outs
    assert one(tmp_path, "email,subscribed\njane@acme.example,false\n").opt_outs
