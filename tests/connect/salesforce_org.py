"""A local org that keeps to Salesforce's REST conventions: sessions, versioned paths, external ids, SOQL with pages,
errors as lists of {errorCode, message, fields}. It refuses what Salesforce refuses."""

from __future__ import annotations

import json
import re
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

NINE = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
BASE = "/services/data/v61.0"
COLUMNS = {
    "Lead": {
        *("Id", "Email", "FirstName", "LastName", "Company", "Title", "Phone", "Status", "HasOptedOutOfEmail"),
        *("ConvertedContactId", "IsConverted", "SystemModstamp", "Ripeline_Id__c", "Owner.Name"),
        *("Industry", "Country", "Unqualified_Reason__c"),
    },
    "Task": {
        *("Id", "WhoId", "Subject", "Description", "Status", "Priority", "ActivityDate", "Ripeline_Id__c"),
        "SystemModstamp",
    },
    "Opportunity": {
        *("Id", "Name", "StageName", "IsClosed", "IsWon", "Amount", "CloseDate", "CreatedDate", "SystemModstamp"),
        *("Account.Name", "OpportunityContactRoles"),
    },
}
_READ_ONLY = {"Id", "SystemModstamp", "IsConverted", "ConvertedContactId", "CreatedDate", "Owner.Name"}
_STRING = r"'((?:[^'\\]|\\[\\'\"nrt])*)'"
_INSTANT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
_QUERY = re.compile(
    r"SELECT (?P<columns>.+?) FROM (?P<table>\w+)"
    rf"(?: WHERE (?:(?P<field>\w+) = {_STRING}|SystemModstamp >= (?P<after>{_INSTANT})))?"
    r"(?P<order> ORDER BY SystemModstamp, Id)?(?: LIMIT (?P<limit>\d+))?"
)
_ESCAPED = {"\\\\": "\\", "\\'": "'", '\\"': '"', "\\n": "\n", "\\r": "\r", "\\t": "\t"}


class RefusalError(Exception):
    def __init__(self, status: int, code: str, message: str, fields: tuple[str, ...] = ()) -> None:
        self.status, self.body = status, [{"errorCode": code, "message": message, "fields": list(fields)}]


class Org:
    """The org's records by table; `page` records in one answer; `refusals` come before anything else is done."""

    def __init__(self, page: int = 2000) -> None:
        self.tables: dict[str, list[dict[str, Any]]] = {name: [] for name in COLUMNS}
        self.page, self.refusals, self.logins, self.requests = page, [], 0, []
        self.session = ""
        self.stall_after = 10**9
        """From this request on nothing is answered; `stalled` is set when one waits."""
        self.stalled, self._gone = threading.Event(), threading.Event()
        self._ids, self._seconds, self._pages = count(1), count(0), {}
        org = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                org.requests.append((self.command, self.path))
                if len(org.requests) > org.stall_after:
                    org.stalled.set()
                    org._gone.wait()
                    return
                try:
                    status, found = org.answer(self.command, self.path, self.headers, body)
                except RefusalError as refusal:
                    status, found = refusal.status, refusal.body
                content = json.dumps(found).encode() if found is not None else b""
                self.send_response(status)
                self.send_header("Content-Type", "application/json;charset=UTF-8")
                self.send_header("Sforce-Limit-Info", f"api-usage={len(org.requests)}/15000")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_POST = do_GET = do_PATCH = _answer  # noqa: N815

            def log_message(self, *_: Any) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Org:
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._gone.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    # what it answers

    def answer(self, method: str, path: str, headers: Any, body: bytes) -> tuple[int, Any]:
        parts = urlsplit(path)
        if parts.path == "/services/oauth2/token":
            return self._token(method, headers, body)
        if headers.get("authorization") != f"Bearer {self.session}" or not self.session:
            raise RefusalError(401, "INVALID_SESSION_ID", "Session expired or invalid")
        if self.refusals:
            raise self.refusals.pop(0)
        if not parts.path.startswith(BASE):
            raise RefusalError(404, "NOT_FOUND", "The requested resource does not exist")
        rest = parts.path.removeprefix(BASE)
        if method == "GET" and rest == "/query":
            return 200, self._query(parse_qs(parts.query)["q"][0])
        if method == "GET" and rest in self._pages:
            return 200, self._pages[rest]
        external = re.fullmatch(r"/sobjects/(\w+)/Ripeline_Id__c/([^/]+)", rest)
        if method == "PATCH" and external:
            return self._upsert(external[1], unquote(external[2]), json.loads(body))
        created = re.fullmatch(r"/sobjects/(\w+)", rest)
        if method == "POST" and created:
            return 201, {
                "id": self.add(created[1], **self._checked(created[1], json.loads(body)))["Id"],
                "success": True,
            }
        raise RefusalError(404, "NOT_FOUND", "The requested resource does not exist")

    def _token(self, method: str, headers: Any, body: bytes) -> tuple[int, Any]:
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        if method != "POST" or headers.get("content-type") != "application/x-www-form-urlencoded":
            return 400, {"error": "invalid_request", "error_description": "must be a form that is posted"}
        if form.get("grant_type") != "client_credentials":
            return 400, {"error": "unsupported_grant_type", "error_description": "grant type not supported"}
        if (form.get("client_id"), form.get("client_secret")) != ("key", "s3cret"):
            return 400, {"error": "invalid_client", "error_description": "invalid client credentials"}
        self.logins += 1
        self.session = f"00D!{self.logins}"
        return 200, {"access_token": self.session, "instance_url": self.url, "token_type": "Bearer", "issued_at": "1"}

    def _checked(self, table: str, values: dict[str, Any]) -> dict[str, Any]:
        for name, value in values.items():
            if name not in COLUMNS[table]:
                raise RefusalError(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {table}")
            if name in _READ_ONLY:
                raise RefusalError(
                    400, "INVALID_FIELD_FOR_INSERT_UPDATE", f"Unable to create/update fields: {name}", (name,)
                )
            if name == "Email" and "@" not in str(value):
                raise RefusalError(400, "INVALID_EMAIL_ADDRESS", f"Email: invalid email address: {value}", ("Email",))
        return values

    def _upsert(self, table: str, ours: str, values: dict[str, Any]) -> tuple[int, Any]:
        if "Ripeline_Id__c" in values:
            raise RefusalError(
                400, "INVALID_FIELD", "The Ripeline_Id__c field should not be specified in the sobject data."
            )
        self._checked(table, values)
        found = [row for row in self.tables[table] if row.get("Ripeline_Id__c") == ours]
        if not found:
            missing = tuple(name for name in ("LastName", "Company") if not values.get(name))
            if missing:
                raise RefusalError(
                    400, "REQUIRED_FIELD_MISSING", f"Required fields are missing: {list(missing)}", missing
                )
            return 201, {"id": self.add(table, Ripeline_Id__c=ours, **values)["Id"], "success": True, "created": True}
        if found[0].get("IsConverted"):
            raise RefusalError(400, "CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
        found[0].update(values, SystemModstamp=self._stamp())
        return 200, {"id": found[0]["Id"], "success": True, "errors": [], "created": False}

    def add(self, table: str, **values: Any) -> dict[str, Any]:
        row = {"Id": f"00Q{next(self._ids):015d}", "SystemModstamp": self._stamp(), **values}
        self.tables[table].append(row)
        return row

    def edit(self, row: dict[str, Any], **values: Any) -> None:
        """Somebody changes a record in the org."""
        row.update(values, SystemModstamp=self._stamp())

    def _stamp(self) -> str:
        return (NINE + timedelta(seconds=next(self._seconds))).strftime("%Y-%m-%dT%H:%M:%S.000+0000")

    def _query(self, soql: str) -> dict[str, Any]:
        asked = _QUERY.fullmatch(soql)
        if asked is None:
            raise RefusalError(400, "MALFORMED_QUERY", f"unexpected token in {soql}")
        columns = re.split(r", (?![^(]*\))", asked["columns"])
        names = [re.sub(r"\(SELECT ContactId FROM (\w+)\)", r"\1", one) for one in columns]
        if len(set(names)) < len(names):
            raise RefusalError(400, "MALFORMED_QUERY", "duplicate field selected")
        for name in names:
            if name not in COLUMNS[asked["table"]]:
                raise RefusalError(400, "INVALID_FIELD", f"No such column '{name}' on entity '{asked['table']}'")
        rows = self.tables[asked["table"]]
        if asked["field"]:
            value = re.sub(r"\\.", lambda found: _ESCAPED[found[0]], asked[4])
            rows = [row for row in rows if row.get(asked["field"]) == value]
        if asked["after"]:
            rows = [row for row in rows if row["SystemModstamp"][:23] >= asked["after"][:23]]
        rows = sorted(rows, key=lambda row: (row["SystemModstamp"], row["Id"]))[: int(asked["limit"] or 10**6)]
        return self._paged([_shown(row, names) for row in rows])

    def _paged(self, rows: list[Any]) -> dict[str, Any]:
        first, rest = rows[: self.page], rows[self.page :]
        found: dict[str, Any] = {"totalSize": len(rows), "done": not rest, "records": first}
        if rest:
            path = f"/query/01g{next(self._ids):012d}-{self.page}"
            self._pages[path] = self._paged(rest)
            found["nextRecordsUrl"] = BASE + path
        return found


def _shown(row: dict[str, Any], names: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"attributes": {"type": "x"}}
    for name in names:
        outer, dot, inner = name.partition(".")
        found[outer] = {inner: row[name]} if dot and row.get(name) else row.get(name) if not dot else None
    return found
