"""Deals of a file: exports of Salesforce and HubSpot by their own headings, and plain ones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from engine.domain.deals import DealRecord, Outcome, faults
from engine.domain.identity import EMAIL, PUBLIC_ID, USER_ID, Identity, Rejected, read_address
from engine.domain.leadfields import boolean
from engine.errors import Problem
from engine.inbound.books.sheet import Roles, Row, Sheet, read_sheet
from engine.inbound.leadfiles.columns import plain

ROLES: Roles = {
    "id": ("dealid", "opportunityid", "recordid", "externalid", "id", "hsobjectid"),
    "email": ("email", "contactemail", "emailaddress", "primarycontactemail", "lead", "associatedcontact"),
    "userId": ("userid", "customerid"),
    "lead_id": ("ripelineid", "leadid"),
    "contact_id": ("contactid", "associatedcontactids", "primarycontactid"),
    "account": ("account", "accountname", "company", "companyname", "associatedcompany", "accountid", "domain"),
    "name": ("name", "dealname", "opportunityname"),
    "amount": ("amount", "value", "dealamount", "amountindealcurrency"),
    "list_amount": ("listamount", "listprice", "amountbeforediscount", "totallistprice"),
    "currency": ("currency", "currencyisocode", "amountcurrency", "dealcurrencycode", "currencycode"),
    "stage": ("stage", "stagename", "dealstage"),
    "outcome": ("outcome", "result"),
    "won": ("won", "iswon", "isclosedwon"),
    "closed": ("closed", "isclosed", "isdealclosed"),
    "lost_reason": ("closedlostreason", "lossreason", "lostreason", "reasonlost"),
    "opened_at": ("openedat", "opened", "createdate", "createddate", "createdat", "created", "opendate"),
    "closed_at": ("closedat", "closedon"),
    "close_date": ("closedate", "closeddate"),
}
"""`close_date` is CRMs': of a deal that is open it is when somebody hopes to close it, and is passed over."""

_SALESFORCE = frozenset(("opportunityid", "opportunityname", "stagename", "iswon", "currencyisocode"))
_HUBSPOT = frozenset(("recordid", "dealname", "dealstage", "hsobjectid", "isclosedwon"))
_OUTCOMES: Mapping[str, Outcome] = {
    "open": Outcome.OPEN,
    "won": Outcome.WON,
    "closedwon": Outcome.WON,
    "lost": Outcome.LOST,
    "closedlost": Outcome.LOST,
    "nodecision": Outcome.NO_DECISION,
    "closednodecision": Outcome.NO_DECISION,
}
_LETTERS = re.compile(r"[\W_]+")
_IN_BRACKETS = re.compile(r"[(<]([^()<>\s]+@[^()<>\s]+)[)>]")


@dataclass(frozen=True, slots=True)
class DealSettings:
    """`source` is the system whose ids these are, recognised by its headings when empty; `wanted` maps columns."""

    currency: str
    source: str = ""
    wanted: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DealFile:
    """The deals of a file with the numbers of their rows, whose ids they are, and everything wrong with the file."""

    source: str
    deals: tuple[tuple[int, DealRecord], ...]
    problems: tuple[Problem, ...]


def read_deals(path: Path, settings: DealSettings, now: datetime) -> DealFile:
    """All deals of a file, and all problems of all its rows.

    Raises:
        LeadFileError: the file cannot be read.
        MappingError: a column or meaning that `wanted` names does not exist.
    """
    sheet = read_sheet(path, ROLES, settings.wanted)
    source = settings.source or _source(sheet)
    if not _lacks_columns(sheet):
        deals = [(row.number, deal) for row in sheet.rows if (deal := _deal(row, source, settings)) is not None]
        _contradictions(sheet, deals, now)
        _repeated(sheet, deals)
        return DealFile(source, tuple(deals), tuple(sorted(sheet.problems, key=lambda one: one.place)))
    return DealFile(source, (), tuple(sheet.problems))


def _source(sheet: Sheet) -> str:
    """The CRM that wrote the file, by its headings; `csv` for a file of one's own."""
    names = {_letters(name) for row in sheet.rows[:1] for name in row.names.values()}
    if names & _SALESFORCE:
        return "salesforce"
    return "hubspot" if names & _HUBSPOT else "csv"


def _lacks_columns(sheet: Sheet) -> bool:
    known = set(sheet.rows[0].names) if sheet.rows else {"id", "opened_at"}
    for role, what in (("id", "which deal it is (id)"), ("opened_at", "when the deal was opened (opened_at)")):
        if role not in known:
            hint = f'add one, or say which it is: --map "Column={role}"'
            sheet.problem("E501", f"no column says {what}", hint=hint)
    return bool(sheet.problems) and not {"id", "opened_at"} <= known


def _deal(row: Row, source: str, settings: DealSettings) -> DealRecord | None:
    """The row's deal, as far as it can be read; its problems are noted. None without an id and a beginning."""
    currency = row.currency("currency", "amount", settings.currency)
    external_id, opened_at = row.needed("id", "which deal it is"), row.instant("opened_at")
    row.needed("opened_at", "when the deal was opened")
    outcome = _outcome(row)
    closed_at = _closed_at(row, outcome)
    amounts = row.amount("amount", currency), row.amount("list_amount", currency)
    lead = tuple(_names(row, source))
    account, name, stage = (row.text(role) for role in ("account", "name", "stage"))
    if opened_at is None or not external_id:
        return None
    return DealRecord(
        source,
        external_id,
        opened_at,
        lead,
        account,
        name,
        amount=amounts[0] or 0,
        currency=currency,
        list_amount=amounts[1],
        stage=stage,
        outcome=outcome,
        closed_at=closed_at,
    )


def _outcome(row: Row) -> Outcome:
    """What became of the deal: said, or by the CRM's own flags, or by its stage."""
    said = row.text("outcome")
    if said:
        found = _OUTCOMES.get(_letters(said))
        if found is None:
            row.wrong("outcome", f"'{said}' is no outcome; write open, won, lost or no_decision")
        return found or Outcome.OPEN
    by_stage = _OUTCOMES.get(_letters(row.text("stage")), Outcome.OPEN)
    flags = _flag(row, "won"), _flag(row, "closed")
    found = Outcome.WON if flags[0] else by_stage
    if flags[1] and found is Outcome.OPEN:
        found = Outcome.LOST
    undecided = "nodecision" in _letters(row.text("lost_reason"))
    return Outcome.NO_DECISION if found is Outcome.LOST and undecided else found


def _flag(row: Row, role: str) -> bool | None:
    text = row.text(role)
    found = boolean(text) if text else None
    if isinstance(found, Rejected):
        row.wrong(role, found.reason)
        return None
    return found


def _closed_at(row: Row, outcome: Outcome) -> datetime | None:
    said = row.instant("closed_at")
    return said if said is not None or outcome is Outcome.OPEN else row.instant("close_date")


def _names(row: Row, source: str) -> Iterator[Identity]:
    """Whom the deal is with, the best names first."""
    yield from _addresses(row)
    for role, kind in (("userId", USER_ID), ("lead_id", PUBLIC_ID), ("contact_id", source)):
        for one in row.text(role).split(";"):
            if one.strip():
                yield Identity(kind, one.strip())


def _addresses(row: Row) -> Iterator[Identity]:
    """An address, or contacts as HubSpot tells them, `Jane Park (jane@northwind.example)`; a bare name says nobody."""
    text = row.text("email")
    contacts = plain(row.names.get("email", "")) == "associatedcontact"
    for one in _IN_BRACKETS.findall(text) or ([text] if text and not (contacts and "@" not in text) else []):
        address = read_address(one)
        if isinstance(address, Rejected):
            row.wrong("email", f"'{one}' {address.reason}")
        else:
            yield Identity(EMAIL, address.identity)


_COMPARED = ("amount", "list_amount", "currency", "outcome", "won", "closed", "opened_at", "closed_at", "close_date")
"""The cells that a deal's contradictions are found in: where one of them is wrong already, no more is said."""


def _contradictions(sheet: Sheet, deals: list[tuple[int, DealRecord]], now: datetime) -> None:
    numbered = {row.number: row for row in sheet.rows}
    for number, deal in deals:
        if any((number, role) in sheet.wrong for role in _COMPARED):
            continue
        for role, why in faults(deal, now):
            told = "close_date" if role == "closed_at" and "closed_at" not in numbered[number].names else role
            numbered[number].wrong("id" if role == "external_id" else told, why, "E505")


def _repeated(sheet: Sheet, deals: list[tuple[int, DealRecord]]) -> None:
    met: dict[str, int] = {}
    for number, deal in deals:
        first = met.setdefault(deal.external_id, number)
        if first != number:
            message = f"deal {deal.external_id} stands in row {first} already; which of the two is right?"
            sheet.problem("E504", message, number)


def _letters(text: str) -> str:
    return _LETTERS.sub("", text.casefold())
