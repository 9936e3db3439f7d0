"""Hostile values in every parameter: they are values, or refused – never SQL, never a fault."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest

from engine.domain.cursor import Cursor, written_cursor
from engine.inbound.leadfiles.rows import neutralised
from engine.service.reports.formats import as_csv
from engine.service.reports.report import Column, Kind, Report, Table
from engine.web.api.endpoints import endpoints
from engine.web.api.site import api_app
from tests.service.world import World

HOSTILE = (
    *(
        "' OR '1'='1",
        "'; DROP TABLE lead; --",
        '" OR ""="',
        "1); DELETE FROM lead; --",
        "%' OR 1=1 --",
        "\\' OR 1=1 --",
    ),
    *(
        "lead.id",
        "(SELECT digest FROM api_key)",
        "score DESC; --",
        "email, (SELECT 1)",
        "-email'",
        "9" * 400,
        "-1",
        "1e999",
    ),
    *(
        "NaN",
        "true' OR true",
        "0x41",
        "\ud7ff",
        "%",
        "_",
        "𝒳" * 300,
        "{{7*7}}",
        "${jndi:x}",
        "../../etc/passwd",
        "\x01",
        "\x7f",
    ),
)
NO_TEXTS = ("limit", "internal", "subscribed", "created_since", "updated_since")
"""Parameters for which some of these are good values: a number, a truth, seconds since 1970."""
JANE = "jane@northwind.example"


def parameters() -> Iterator[tuple[str, str]]:
    """Every query parameter of every endpoint that reads."""
    described = api_app(None, endpoints()).openapi()
    for path, operations in described["paths"].items():
        for parameter in operations.get("get", {}).get("parameters", ()):
            if parameter["in"] == "query":
                yield path, parameter["name"]


PARAMETERS = sorted(set(parameters()))


@pytest.mark.acceptance(row=22)
@pytest.mark.parametrize(("path", "name"), PARAMETERS, ids=lambda one: str(one).removeprefix("/api/v1"))
def test_parameter_takes_hostile_values_as_values_or_refuses_them(
    client: httpx.Client, site: str, path: str, name: str
) -> None:
    client.post("/leads", json={"email": JANE, "source": "web"})
    address = (
        path.removeprefix("/api/v1").replace("{lead}", JANE).replace("{name}", "revenue").replace("{address}", JANE)
    )
    for value in HOSTILE:
        answer = client.get(address, params={name: value})
        assert answer.status_code < 500, (value, answer.text)
        if answer.status_code == 200 and name not in NO_TEXTS:
            items = answer.json().get("items", [])
            assert items == [], f"{value!r} finds nothing, as nobody bears it"
    assert len(client.get("/leads").json()["items"]) == 1, "nothing was deleted"


@pytest.mark.acceptance(row=22)
@pytest.mark.parametrize("value", HOSTILE)
def test_path_takes_hostile_values_as_names(client: httpx.Client, value: str) -> None:
    client.post("/leads", json={"email": JANE})
    for path in ("leads", "suppressions", "campaigns", "reports", "handoffs", "enrollments", "opportunities"):
        answer = client.get(f"/{path}/{quote(value, safe='')}")
        assert answer.status_code in (400, 404, 422), (path, answer.text)
    assert len(client.get("/leads").json()["items"]) == 1


@pytest.mark.acceptance(row=22)
@pytest.mark.parametrize("value", [one for one in HOSTILE if one.isprintable()])
def test_stored_hostile_value_comes_back_as_it_is(client: httpx.Client, value: str) -> None:
    made = client.post(
        "/leads", json={"email": JANE, "source": value, "fields": {"company": value}, "lists": [value[:150]]}
    )
    assert made.status_code == 201, made.text
    found = client.get("/leads", params={"source": value[:320]}).json()["items"]
    assert [one["fields"]["company"] for one in found] == ([value.strip()] if len(value) <= 320 else [])


@pytest.mark.acceptance(row=22)
@pytest.mark.parametrize(
    ("rule", "status"),
    [
        ('company == "\'; DROP TABLE lead; --"', 200),
        ("company == '%'", 200),
        ("company in (\"' OR 1=1\", 'x')", 200),
        ("__import__('os')", 422),
        ("1 == 1 or" * 300, 422),
    ],
)
def test_rule_with_hostile_texts_is_a_rule_or_refused(client: httpx.Client, rule: str, status: int) -> None:
    client.post("/leads", json={"email": JANE})
    answer = client.get("/leads", params={"where": rule})
    assert answer.status_code == status, answer.text
    assert answer.json().get("items", []) == []
    assert len(client.get("/leads").json()["items"]) == 1


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "ü",
        "bnVsbA",
        written_cursor(Cursor("created", "'; --", 1)),
        written_cursor(Cursor("created", None, -1)),
        written_cursor(Cursor("email", None, 1)),
        "W10",
    ],
)
def test_forged_cursor_is_refused(client: httpx.Client, cursor: str) -> None:
    assert client.get("/leads", params={"cursor": cursor}).status_code == 422


def test_nothing_but_what_is_asked_comes_out_of_the_store(client: httpx.Client, world: World) -> None:
    """A cursor says only where to go on: with any number in it the filters hold."""
    client.post("/leads", json={"email": JANE, "source": "web"})
    forged = written_cursor(Cursor("created", None, 0))
    assert client.get("/leads", params={"cursor": forged, "source": "other"}).json()["items"] == []


@pytest.mark.acceptance(row=30)
def test_formulas_in_a_report_are_neutralised_in_csv() -> None:
    columns = (Column("theme", "Theme"), Column("n", "N", Kind.COUNT), Column("change", "Change", Kind.NUMBER))
    rows = tuple((cell, -5, -0.5) for cell in ("=cmd()", "+1", "-1", "@x", "\tx", "\rx", "plain"))
    table = Table(columns, rows, caption="=HYPERLINK()")
    told = as_csv(Report("themes", "Themes", (table, table)), "EUR")
    lines = told.split("\r\n")
    assert lines[0] == "'=HYPERLINK()"
    assert lines[2:5] == ["'=cmd(),-5,-0.5", "'+1,-5,-0.5", "'-1,-5,-0.5"]
    assert all(neutralised(cell[0]) in told for cell in rows)
