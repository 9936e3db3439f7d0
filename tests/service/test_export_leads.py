from __future__ import annotations

import csv
import io
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from sqlalchemy import Engine

from engine.errors import RipelineError
from engine.service.export_leads import export_file
from engine.service.import_leads import import_file
from engine.service.suppress import erase, export_lead, suppress, suppressed, unsuppress
from engine.store.database import reading
from engine.store.leads import count_leads, lead
from tests.service.leadstores import CONFIG, KEY, T0, fresh_sqlite, lead_called, take_in

FORMULAS = ("=cmd()", "+49 30", "-1", "@SUM(A1)", "'=x", "''+y", "'plain", '1;2|3,4 "q"')


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Engine]:
    with fresh_sqlite(tmp_path) as opened:
        yield opened


def fill(store: Engine, folder: Path) -> None:
    """Leads with every kind of value, a formula in each text, opt-outs, lists, further identities, none at all."""
    rows = [
        {
            "email": f"p{number}@acme.example",
            "userId": f"u{number}",
            "first_name": formula,
            "company": formula * 2,
            "employees": -1.5 if number % 2 else 1e14,
            "vip": number % 2 == 0,
            "seen": "2026-11-03T09:00:00Z",
            "tags": [formula, "b; c", "d"],
            "notes": "two\nlines",
            "source": formula,
            "country": "DE",
            "lifecycle": "mql",
            "lists": ["news", formula],
            "unsubscribed": number == 3,
        }
        for number, formula in enumerate(FORMULAS)
    ]
    rows.append({"anonymousId": "a-1"})
    lines = b"\n".join(orjson.dumps(row) for row in rows).decode()
    assert take_in(store, folder / "leads.jsonl", lines).rejected == 0


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))


@pytest.mark.acceptance(row=30)
def test_no_cell_of_an_export_runs_as_a_formula(store: Engine, tmp_path: Path) -> None:
    fill(store, tmp_path)
    path = tmp_path / "out.csv"
    assert export_file(store, path, CONFIG) == len(FORMULAS) + 1
    rows = table(path)
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert rows[0]["first_name"] == "'=cmd()"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["out.csv", "out.jsonl"])
def test_importing_an_export_changes_nothing(store: Engine, tmp_path: Path, name: str) -> None:
    fill(store, tmp_path)
    export_file(store, tmp_path / name, CONFIG)
    summary = import_file(store, tmp_path / name, CONFIG, KEY, T0 + timedelta(days=1))
    count = len(FORMULAS) + 1
    assert (summary.unchanged, summary.new, summary.updated, summary.rejected) == (count, 0, 0, 0)
    assert summary.tool == "Ripeline"


@pytest.mark.parametrize("name", ["out.csv", "out.jsonl"])
def test_an_export_moves_leads_whole_into_another_home(store: Engine, tmp_path: Path, name: str) -> None:
    fill(store, tmp_path)
    export_file(store, tmp_path / name, CONFIG)
    with fresh_sqlite(tmp_path, "other.db") as other:
        import_file(other, tmp_path / name, CONFIG, KEY, T0)
        for number in range(len(FORMULAS)):
            was, now = (lead_called(home, f"p{number}@acme.example") for home in (store, other))
            same = ("public_id", "fields", "folded", "source", "country", "lifecycle", "subscribed", "address_hash")
            assert [getattr(was, column) for column in same] == [getattr(now, column) for column in same]
            assert lead_called(other, f"userId:u{number}").id == now.id
        assert suppressed(other, KEY, "p3@acme.example")[0].reason == "unsubscribed"
        assert lead_called(other, "anonymousId:a-1") is not None


def test_an_export_can_be_of_a_list_or_of_a_condition(store: Engine, tmp_path: Path) -> None:
    fill(store, tmp_path)
    assert export_file(store, tmp_path / "a.csv", CONFIG, list_name="=cmd()") == 1
    assert export_file(store, tmp_path / "b.csv", CONFIG, list_name="x' OR '1'='1") == 0
    assert export_file(store, tmp_path / "c.csv", CONFIG, condition=lead.c.country == "DE") == len(FORMULAS)


def test_an_export_that_fails_leaves_the_old_file(store: Engine, tmp_path: Path) -> None:
    with pytest.raises(RipelineError, match="cannot be written"):
        export_file(store, tmp_path / "nowhere" / "out.csv", CONFIG)


@pytest.mark.acceptance(row=40)
def test_a_lead_is_handed_over_whole_erased_and_stays_suppressed(store: Engine, tmp_path: Path) -> None:
    fill(store, tmp_path)
    whole = orjson.loads(export_lead(store, "P2@acme.example"))
    assert whole["leads"][0]["fields"]["first_name"] == "-1"
    assert {row["value"] for row in whole["identities"]} == {"p2@acme.example", "u2"}
    assert {row["name"] for row in whole["lists"]} == {"news", "-1"}
    erase(store, KEY, "userId:u2", T0)
    assert b"p2@acme" not in b"".join(path.read_bytes() for path in [_vacuumed(store, tmp_path)])
    take_in(store, tmp_path / "again.csv", "email\np2@acme.example\n")
    assert not lead_called(store, "p2@acme.example").subscribed
    assert [found.reason for found in suppressed(store, KEY, "p2@acme.example")] == ["erased"]


def _vacuumed(store: Engine, folder: Path) -> Path:
    """A copy of the database without the pages that deleted rows leave behind."""
    with reading(store) as connection:
        assert count_leads(connection) == len(FORMULAS)
    path = folder / "copy.db"
    raw = store.raw_connection()
    raw.cursor().execute("VACUUM INTO ?", (str(path),))
    raw.close()
    return path


def test_addresses_are_suppressed_by_hand_and_given_back(store: Engine, tmp_path: Path) -> None:
    fill(store, tmp_path)
    assert suppress(store, KEY, ["P0@ACME.example", "stranger@acme.example"], T0) == 2
    assert suppress(store, KEY, ["p0@acme.example"], T0) == 0
    assert not lead_called(store, "p0@acme.example").subscribed
    assert suppressed(store, KEY, "stranger@acme.example")[0].source == "operator"
    assert unsuppress(store, KEY, "p0@acme.example")
    assert not unsuppress(store, KEY, "p0@acme.example")
    assert lead_called(store, "p0@acme.example").subscribed


@pytest.mark.parametrize(
    ("wrong", "words"), [("acme.example", "add it to \\[never_mail\\] domains"), ("jane", "is no mail address")]
)
def test_what_is_no_address_is_not_suppressed_and_says_why(store: Engine, wrong: str, words: str) -> None:
    with pytest.raises(RipelineError, match=words):
        suppress(store, KEY, ["jane@acme.example", wrong], T0)
    assert not suppressed(store, KEY, "jane@acme.example")


def test_nobody_is_told_as_nobody(store: Engine) -> None:
    for ask in (lambda: export_lead(store, "x@acme.example"), lambda: erase(store, KEY, "userId:9", T0)):
        with pytest.raises(RipelineError, match="nobody here is called"):
            ask()
