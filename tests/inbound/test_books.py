"""Files of deals and costs: read by any of their headings, and every problem of every row is told."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from engine.domain.deals import Outcome
from engine.domain.identity import EMAIL, PUBLIC_ID, Identity
from engine.inbound.books.costs import CostFile, read_costs
from engine.inbound.books.deals import DealFile, DealSettings, read_deals
from engine.inbound.leadfiles.columns import MappingError
from engine.inbound.leadfiles.opening import LeadFileError

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def deals(tmp_path: Path, text: str, **settings: object) -> DealFile:
    path = tmp_path / "deals.csv"
    path.write_text(text, "utf-8")
    return read_deals(path, DealSettings("EUR", **settings), NOW)  # type: ignore[arg-type]


def costs(tmp_path: Path, text: str) -> CostFile:
    path = tmp_path / "costs.csv"
    path.write_text(text, "utf-8")
    return read_costs(path, "EUR")


def told(found: DealFile | CostFile) -> list[tuple[int, str, str]]:
    return sorted((one.place.line, one.code, one.message) for one in found.problems)


def test_a_salesforce_report_is_read_by_its_labels(tmp_path: Path) -> None:
    found = deals(
        tmp_path,
        '"Opportunity ID","Opportunity Name","Account Name","Stage","Amount Currency","Amount","Close Date",'
        '"Created Date","Email","Closed Lost Reason"\n'
        '006A1,Northwind,Northwind,Closed Won,EUR,"12,500.00",2026-11-20,2026-10-02,Jane@Northwind.example,\n'
        "006A2,Kitewright,Kitewright,Proposal,EUR,,2026-12-30,2026-11-02,,\n"
        "006A3,Nobody,Elsewhere,Closed Lost,EUR,5,2026-11-10,2026-09-02,,No decision / stalled\n",
    )
    assert (found.source, found.problems) == ("salesforce", ())
    won, still_open, lost = (deal for _, deal in found.deals)
    assert (won.amount, won.outcome, won.lead) == (1_250_000, Outcome.WON, (Identity(EMAIL, "jane@northwind.example"),))
    assert (won.account, won.name, won.stage, won.closed_at) == (
        *("Northwind", "Northwind", "Closed Won"),
        datetime(2026, 11, 20, tzinfo=UTC),
    )
    assert (still_open.outcome, still_open.closed_at, still_open.amount) == (Outcome.OPEN, None, 0)
    assert lost.outcome is Outcome.NO_DECISION


def test_salesforces_own_fields_and_flags_are_read(tmp_path: Path) -> None:
    found = deals(
        tmp_path,
        "Id,AccountId,Name,StageName,Amount,CloseDate,IsClosed,IsWon,CreatedDate,ContactId,CurrencyIsoCode\n"
        "006B,001A,Big,Signed,1000.5,2026-11-20,true,true,2026-10-02T10:00:00.000Z,003C,USD\n"
        "006C,001A,Small,Gone,7,2026-11-20,true,false,2026-10-02T10:00:00.000Z,,USD\n",
    )
    first, second = (deal for _, deal in found.deals)
    assert (first.source, first.amount, first.currency, first.outcome) == ("salesforce", 100_050, "USD", Outcome.WON)
    assert (first.lead, first.account) == ((Identity("salesforce", "003C"),), "001A")
    assert second.outcome is Outcome.LOST


def test_a_hubspot_export_is_read(tmp_path: Path) -> None:
    found = deals(
        tmp_path,
        "Record ID,Deal Name,Deal Stage,Amount,Currency,Close Date,Create Date,Associated Contact,"
        "Associated Contact IDs,Associated Company\n"
        '77,Northwind,Closed won,"1.234,50",EUR,2026-11-20 10:30,2026-11-01 09:00,'
        "Jane Park (jane@northwind.example);Omar (omar@x.example),501;502,Northwind\n"
        "78,Other,Appointment,5.00,EUR,2026-12-20 10:30,2026-11-01 09:00,Mia Day,,Other\n",
    )
    assert (found.source, found.problems) == ("hubspot", ())
    first, second = (deal for _, deal in found.deals)
    assert first.lead == (
        Identity(EMAIL, "jane@northwind.example"),
        Identity(EMAIL, "omar@x.example"),
        Identity("hubspot", "501"),
        Identity("hubspot", "502"),
    )
    assert (first.amount, first.closed_at) == (123_450, datetime(2026, 11, 20, 10, 30, tzinfo=UTC))
    assert (second.lead, second.outcome) == ((), Outcome.OPEN)


def test_a_plain_file_and_json_lines_are_read(tmp_path: Path) -> None:
    plain = deals(
        tmp_path,
        "id;email;ripeline_id;amount;list_amount;opened_at;outcome;closed_at\n"
        "1;jane@x.example;abc;1000,00;1250,00;2026-11-01;no decision;2026-11-05\n",
    )
    ((row, deal),) = plain.deals
    assert (row, deal.source, deal.amount, deal.list_amount) == (2, "csv", 100_000, 125_000)
    assert deal.outcome is Outcome.NO_DECISION
    assert deal.lead == (Identity(EMAIL, "jane@x.example"), Identity(PUBLIC_ID, "abc"))
    lines = deals(tmp_path, '{"id": 1, "amount": 12.5, "openedAt": "2026-11-01", "won": false, "name": null}\n')
    assert [deal.amount for _, deal in lines.deals] == [1_250]


def test_columns_are_mapped_by_hand_and_the_source_is_named(tmp_path: Path) -> None:
    found = deals(
        tmp_path,
        "Auftrag,Wert,Beginn\nA1,5.00,2026-11-01\n",
        source="erp",
        wanted={"Auftrag": "id", "Wert": "amount", "Beginn": "opened_at"},
    )
    assert [(deal.source, deal.external_id, deal.amount) for _, deal in found.deals] == [("erp", "A1", 500)]
    with pytest.raises(MappingError, match="has no column 'Auftrg'; did you mean 'Auftrag'"):
        deals(tmp_path, "Auftrag\n1\n", wanted={"Auftrg": "id"})
    with pytest.raises(MappingError, match="cannot mean 'amont'; did you mean 'amount'"):
        deals(tmp_path, "Wert\n1\n", wanted={"Wert": "amont"})


def test_every_problem_of_every_row_is_told_at_once(tmp_path: Path) -> None:
    found = deals(
        tmp_path,
        "id,email,amount,list_amount,opened_at,outcome,closed_at,currency\n"
        '1,jane@x.example,"1,234",,2026-11-01,open,,\n'
        "2,not an address,12,,2026-11-01,won,,EUR\n"
        "3,,12.50,,,lots,2026-11-02,\n"
        "4,,5,,11/10/2026,open,,USD\n"
        ",,5,,2026-11-10,won,2026-11-09,EURO\n"
        "5,,5,3,2026-11-10,open,,\n"
        "5,,5,,2026-11-10,open,,\n"
        "6,\x00,5,,2026-12-10,open,,\n"
        "7,,5,,2026-11-10,open,,,,surplus\n",
    )
    assert told(found) == [
        (2, "E503", "amount: '1,234' can mean 1234 or 1.234; write it with its decimals, such as 1234.00"),
        (3, "E503", "email: 'not an address' is no mail address: an email address must have an @-sign"),
        (3, "E505", "closed_at: is missing, though the deal is won"),
        (4, "E502", "the row says not when the deal was opened"),
        (4, "E503", "outcome: 'lots' is no outcome; write open, won, lost or no_decision"),
        (5, "E503", "opened_at: '11/10/2026' can be a date in two ways; write the year first, 2026-10-11"),
        (6, "E502", "the row says not which deal it is"),
        (6, "E503", "currency: 'EURO' is no currency of ISO 4217; did you mean 'EUR'?"),
        (7, "E505", "list_amount: is less than the amount, though it is the price before any discount"),
        (8, "E504", "deal 5 stands in row 7 already; which of the two is right?"),
        (9, "E503", "email: holds a NUL; names and addresses are one line of plain characters"),
        (9, "E505", "opened_at: lies in the future"),
        (10, "E503", "the row has 10 cells, but the heading has 8; is a quote missing around a cell?"),
    ]


def test_a_file_without_a_column_that_must_be_there_is_told_which(tmp_path: Path) -> None:
    assert told(deals(tmp_path, "email,amount\njane@x.example,5\n")) == [
        (0, "E501", "no column says when the deal was opened (opened_at)"),
        (0, "E501", "no column says which deal it is (id)"),
    ]
    assert told(costs(tmp_path, "what\nbooth\n")) == [
        (0, "E501", "no column says how much was spent (amount)"),
        (0, "E501", "no column says on what money was spent (campaign or source)"),
        (0, "E501", "no column says on which day (day)"),
    ]


def test_costs_are_read(tmp_path: Path) -> None:
    found = costs(tmp_path, "Date,Campaign,Channel,Cost,Invoice\n2026-11-03,drip,,€ 99.50,R1\n2026-11-04,,fair,-5,\n")
    assert found.problems == ()
    first, second = found.costs
    assert (first.campaign, first.source, first.day, first.amount, first.note) == (
        *("drip", "", date(2026, 11, 3)),
        *(9_950, "R1"),
    )
    assert (second.source, second.amount) == ("fair", -500)


def test_problems_of_costs_are_told(tmp_path: Path) -> None:
    found = costs(
        tmp_path, "day,campaign,source,amount\n,drip,,5\n2026-11-03,,,x\n2026-11-03,a,,\n" + "2026-11-04,a,,5\n" * 2
    )
    assert told(found) == [
        (2, "E502", "the row says not on which day"),
        (3, "E502", "the row says not on what money was spent: a campaign or a source"),
        (3, "E503", "amount: 'x' is no amount, such as 1234.50"),
        (4, "E502", "the row says not how much was spent"),
        (6, "E504", "the same cost stands in row 5 already; tell them apart by a note, or add them up"),
    ]


@pytest.mark.acceptance(row=31)
def test_a_symbolic_link_is_no_file_of_deals(tmp_path: Path) -> None:
    (tmp_path / "deals.csv").symlink_to("/etc/hostname")
    with pytest.raises(LeadFileError, match="is a symbolic link"):
        read_deals(tmp_path / "deals.csv", DealSettings("EUR"), NOW)


@pytest.mark.acceptance(row=27)
@pytest.mark.parametrize("mark", ["\\r", "\\n", "\\u0000", "\\u000b"])
def test_line_breaks_and_controls_in_the_name_of_a_deal_are_refused(tmp_path: Path, mark: str) -> None:
    found = deals(tmp_path, f'{{"id": "1", "opened_at": "2026-11-01", "name": "Jane{mark}Bcc: all"}}\n')
    ((row, code, message),) = told(found)
    assert (row, code) == (1, "E503")
    assert message.startswith("name: holds ")
