"""Salesforce over its REST API: OAuth 2.0 client credentials, upserts by an external id, SOQL with pages.

The org needs a text field `Ripeline_Id__c` on Lead (unique, external id) and one on Activity. Conventions are those of
the "REST API Developer Guide" and the "SOQL and SOSL Reference".
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from engine.connect.crm import ChangedDeal, ChangedLead, CrmError, LeadBrief, PushedLead, TaskBrief
from engine.connect.http import Ask, NoAnswerError, RefusedAddressError, Reply, ask

VERSION = "v61.0"
EXTERNAL_ID = "Ripeline_Id__c"
MOST_BYTES = 16 * 1024 * 1024
MOST_PAGES = 10_000
"""Pages of one answer, of 2,000 records mostly, before it is given up as endless."""
LIMIT_WISH = timedelta(hours=1)
"""How long an org is left alone whose daily requests are used up: they are counted over 24 rolling hours."""

_PASSING = frozenset({"UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE", "REQUEST_LIMIT_EXCEEDED", "QUERY_TIMEOUT"})
_ALONE = frozenset({"UNABLE_TO_LOCK_ROW"})
_MENDED_BY_A_PERSON = frozenset(
    {"INVALID_FIELD", "INSUFFICIENT_ACCESS_OR_READONLY", "API_DISABLED_FOR_ORG", "NOT_FOUND"}
)
"""Of the org's set-up, not of the record: tried again, because somebody can mend it meanwhile."""
_CONVERTED = "CANNOT_UPDATE_CONVERTED_LEAD"


@dataclass(frozen=True, slots=True)
class Login:
    """Where the org is (its My Domain), and the connected app's key and secret. `inner`: see `engine.connect.http`."""

    url: str
    client_id: str
    secret: str = field(repr=False)
    inner: bool = False


class _RefusedError(CrmError):
    """Salesforce said no; `code` is its error's."""

    def __init__(self, code: str, words: str) -> None:
        wish = LIMIT_WISH if code == "REQUEST_LIMIT_EXCEEDED" else None
        passing = code in _PASSING or code in _MENDED_BY_A_PERSON
        alone = code in _ALONE or not passing
        super().__init__(f"Salesforce: {words} ({code})", lasting=not passing, alone=alone, wish=wish)
        self.code = code


class Salesforce:
    """One org. Implements `engine.connect.crm.Connector`. `used` tells requests used and allowed in 24 hours."""

    def __init__(self, login: Login, fields: Mapping[str, str] | None = None) -> None:
        self._login = login
        self._fields = dict(fields or {})
        self._token = ""
        self._instance = ""
        self.used: tuple[int, int] | None = None

    def push_lead(self, brief: LeadBrief) -> PushedLead:
        """Upsert by `Ripeline_Id__c`. A lead that sales converted is left alone: its contact's id is told.

        Raises:
            CrmError: Salesforce refused, or could not be asked.
        """
        path = f"/sobjects/Lead/{EXTERNAL_ID}/{quote(brief.ours, safe='')}"
        try:
            found = self._call("PATCH", path, {"Email": brief.email, **brief.fields})
        except _RefusedError as error:
            if error.code != _CONVERTED:
                raise
            return self._converted(brief.ours)
        if found is None:  # 204, as versions before 46.0 answer to a change
            return PushedLead(self._id_of(brief.ours))
        return PushedLead(str(found["id"]), bool(found.get("created", False)))

    def _converted(self, ours: str) -> PushedLead:
        for row in self.query(_select(("ConvertedContactId",), "Lead", _named(ours))):
            return PushedLead(str(row["ConvertedContactId"] or ""), converted=True)
        raise CrmError("Salesforce: the converted lead cannot be found", alone=True)

    def _id_of(self, ours: str) -> str:
        for row in self.query(_select(("Id",), "Lead", _named(ours))):
            return str(row["Id"])
        raise CrmError("Salesforce: the lead that was changed cannot be found", alone=True)

    def push_task(self, task: TaskBrief) -> str:
        """Make a Task unless one with its name is there: an Activity cannot be upserted by an external id.

        Raises:
            CrmError: Salesforce refused, or could not be asked.
        """
        for row in self.query(_select(("Id",), "Task", f"{_named(task.ours)} LIMIT 1")):
            return str(row["Id"])
        values = {
            EXTERNAL_ID: task.ours,
            "WhoId": task.who,
            "Subject": task.subject[:255],
            "Description": task.text[:32_000],
            "Status": "Completed" if task.done else "Not Started",
            "Priority": "Normal",
            **({"ActivityDate": task.on.isoformat()} if task.on else {}),
        }
        found = self._call("POST", "/sobjects/Task", values)
        return str((found or {})["id"])

    def changed_leads(self, since: str) -> Iterator[ChangedLead]:
        """Leads whose `SystemModstamp` is that instant or later, oldest first; one page is held at a time.

        Raises:
            CrmError: Salesforce refused, or could not be asked.
        """
        columns = dict.fromkeys((*_LEAD_COLUMNS, *self._fields.values()))
        return map(self._lead, self.query(_select(columns, "Lead", _since(since))))

    def changed_deals(self, since: str) -> Iterator[ChangedDeal]:
        """The same of opportunities, with their people.

        Raises:
            CrmError: Salesforce refused, or could not be asked.
        """
        return map(_deal, self.query(_select(_DEAL_COLUMNS, "Opportunity", _since(since))))

    def probe(self) -> None:
        """Log in, and read one record of each kind with every field that is needed. Changes nothing.

        Raises:
            CrmError: Salesforce refused, or could not be asked.
        """
        lead = dict.fromkeys((*_LEAD_COLUMNS, *self._fields.values()))
        for of, columns in (("Lead", lead), ("Opportunity", _DEAL_COLUMNS), ("Task", ("Id", EXTERNAL_ID))):
            for _ in self.query(_select(columns, of, "LIMIT 1")):
                break

    def _lead(self, row: Mapping[str, Any]) -> ChangedLead:
        return ChangedLead(
            id=str(row["Id"]),
            ours=str(row.get(EXTERNAL_ID) or ""),
            email=str(row.get("Email") or ""),
            changed_at=_instant(row["SystemModstamp"]),
            owner=str((row.get("Owner") or {}).get("Name") or ""),
            status=str(row.get("Status") or ""),
            opted_out=bool(row.get("HasOptedOutOfEmail")),
            contact=str(row.get("ConvertedContactId") or ""),
            fields={ours: row.get(theirs) for ours, theirs in self._fields.items()},
        )

    def query(self, soql: str) -> Iterator[Mapping[str, Any]]:
        """The records of a query, page after page.

        Raises:
            CrmError: Salesforce refused, or could not be asked.
        """
        found = self._call("GET", f"/query?{urlencode({'q': soql})}") or {}
        for _ in range(MOST_PAGES):
            yield from found.get("records", ())
            if found.get("done", True):
                return
            found = self._call("GET", str(found["nextRecordsUrl"]).removeprefix(f"/services/data/{VERSION}")) or {}
        raise CrmError("Salesforce: an answer has no end")

    def _call(self, method: str, path: str, values: Mapping[str, object] | None = None) -> dict[str, Any] | None:
        """One request; a session that has run out is begun anew, once."""
        reply = self._send(method, path, values)
        if reply.status == 401 and _first_error(reply)[0] == "INVALID_SESSION_ID":
            self._token = ""
            reply = self._send(method, path, values)
        self._note_limit(reply)
        if not 200 <= reply.status < 300:
            raise _RefusedError(*_first_error(reply))
        found = _json(reply) if reply.content else None
        return found if isinstance(found, dict) else None

    def _send(self, method: str, path: str, values: Mapping[str, object] | None) -> Reply:
        if not self._token:
            self._log_in()
        body = json.dumps(values).encode() if values is not None else b""
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
        if body:
            headers["Content-Type"] = "application/json"
        return self._ask(method, f"{self._instance}/services/data/{VERSION}{path}", body, headers)

    def _log_in(self) -> None:
        """A session by the client credentials flow (RFC 6749 section 4.4)."""
        form = {"grant_type": "client_credentials", "client_id": self._login.client_id}
        body = urlencode({**form, "client_secret": self._login.secret}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        reply = self._ask("POST", f"{self._login.url.rstrip('/')}/services/oauth2/token", body, headers)
        found = _json(reply)
        if not isinstance(found, dict):
            found = {}
        if reply.status != 200 or "access_token" not in found:
            why = found.get("error_description") or found.get("error") or f"it answered {reply.status}"
            raise CrmError(
                f"Salesforce does not let us in: {why}. Are client_id and secret those of the connected app?"
            )
        self._token = str(found["access_token"])
        self._instance = str(found.get("instance_url") or self._login.url).rstrip("/")

    def _ask(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        try:
            return ask(Ask(method, url, body, headers, self._login.inner, MOST_BYTES))
        except (RefusedAddressError, NoAnswerError) as error:
            raise CrmError(f"Salesforce cannot be asked: {error}") from error

    def _note_limit(self, reply: Reply) -> None:
        """`Sforce-Limit-Info: api-usage=25/5000`."""
        usage = reply.headers.get("sforce-limit-info", "").partition("api-usage=")[2].partition(";")[0]
        used, slash, allowed = usage.partition("/")
        if slash and used.isdecimal() and allowed.isdecimal():
            self.used = (int(used), int(allowed))


_LEAD_COLUMNS = (
    *("Id", EXTERNAL_ID, "Email", "Owner.Name", "Status", "HasOptedOutOfEmail", "ConvertedContactId", "SystemModstamp"),
)
_DEAL_COLUMNS = (
    *("Id", "Name", "StageName", "IsClosed", "IsWon", "Amount", "CloseDate", "CreatedDate", "SystemModstamp"),
    *("Account.Name", "(SELECT ContactId FROM OpportunityContactRoles)"),
)


def _select(columns: Iterable[str], of: str, rest: str) -> str:
    return " ".join(("SELECT", ", ".join(columns), "FROM", of, rest))


def _since(cursor: str) -> str:
    after = f"WHERE SystemModstamp >= {_instant_literal(cursor)} " if cursor else ""
    return f"{after}ORDER BY SystemModstamp, Id"


def _named(ours: str) -> str:
    return f"WHERE {EXTERNAL_ID} = {literal(ours)}"


def literal(text: str) -> str:
    """The text as a SOQL literal: quotes, backslashes and line breaks escaped."""
    for char, escaped in (("\\", "\\\\"), ("'", "\\'"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        text = text.replace(char, escaped)
    return f"'{text}'"


def _instant_literal(cursor: str) -> str:
    """The cursor as SOQL wants instants: in UTC, not in quotes. Only ever what an instant can be."""
    try:
        at = datetime.fromisoformat(cursor).astimezone(UTC)
    except ValueError as error:
        raise CrmError(f"the cursor of Salesforce's changes is damaged: {cursor!r}", lasting=True) from error
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def _instant(text: str) -> datetime:
    """`2026-11-02T09:00:00.000+0000`, as Salesforce writes instants."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z").astimezone(UTC)


def _deal(row: Mapping[str, Any]) -> ChangedDeal:
    roles = (row.get("OpportunityContactRoles") or {}).get("records", ())
    return ChangedDeal(
        id=str(row["Id"]),
        name=str(row.get("Name") or ""),
        changed_at=_instant(row["SystemModstamp"]),
        opened_at=_instant(row["CreatedDate"]),
        stage=str(row.get("StageName") or ""),
        is_closed=bool(row.get("IsClosed")),
        is_won=bool(row.get("IsWon")),
        amount="" if row.get("Amount") is None else str(row["Amount"]),
        closes_on=date.fromisoformat(row["CloseDate"]) if row.get("CloseDate") else None,
        account=str((row.get("Account") or {}).get("Name") or ""),
        contacts=tuple(str(role["ContactId"]) for role in roles if role.get("ContactId")),
    )


def _first_error(reply: Reply) -> tuple[str, str]:
    """Code and words of an error: Salesforce answers with a list of {errorCode, message, fields}."""
    found = _json(reply)
    if reply.status == 300:
        return "MULTIPLE_CHOICES", f"several leads have the same {EXTERNAL_ID}"
    if not isinstance(found, list) or not found or not isinstance(found[0], dict):
        return f"HTTP_{reply.status}" if reply.status < 500 else "SERVER_UNAVAILABLE", f"it answered {reply.status}"
    first = found[0]
    fields = f" [{', '.join(map(str, first['fields']))}]" if first.get("fields") else ""
    return str(first.get("errorCode") or f"HTTP_{reply.status}"), f"{first.get('message') or 'no reason'}{fields}"


def _json(reply: Reply) -> object:
    try:
        return json.loads(reply.content or b"null")
    except ValueError:
        return None


def host_of(login: Login) -> str:
    """How the org is called in messages."""
    return urlsplit(login.url).hostname or login.url
