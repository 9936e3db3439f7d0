"""import and export: summaries a person can act on, and files that a spreadsheet cannot turn against them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.cli.life import ripeline


def test_import_says_what_it_did_and_where_rejects_are(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    leads = home / "fair.csv"
    leads.write_text("email,first_name,Notiz\njane@x.example,Jane,hi\nno address,Bob,\n", "utf-8")
    assert ripeline("import", str(leads), "--list", "fair", home=home) == 0
    shown = capsys.readouterr().out
    assert "fair.csv  2 rows, utf-8" in shown
    assert "  1  new\n" in shown
    assert "  1  rejected\n" in shown
    assert f"rejected rows, with the reason before each: {home / 'fair.rejects.csv'}" in shown
    assert "row 3  email is no mail address: an email address must have an @-sign" in shown
    assert "not stored: Notiz" in shown
    assert ripeline("import", str(leads), home=home) == 0
    assert "  1  unchanged\n" in capsys.readouterr().out


def test_a_file_of_which_no_row_can_be_used_ends_with_1(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    leads = home / "fair.csv"
    leads.write_text("email\nno address\n", "utf-8")
    assert ripeline("import", str(leads), home=home) == 1
    assert "  1  rejected\n" in capsys.readouterr().out


def test_columns_are_mapped_by_hand(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    leads = home / "fair.csv"
    leads.write_text("Adresse,Firma\njane@x.example,Northwind\n", "utf-8")
    assert ripeline("import", str(leads), "--map", "Adresse=email", "--map", "Firma=company", home=home) == 0
    assert "Firma    →  company" in capsys.readouterr().out
    assert ripeline("import", str(leads), "--map", "Adresse", home=home) == 1
    assert '--map "Adresse" is not understood; write "Column=field"' in capsys.readouterr().err


def test_dry_run_changes_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ripeline("import", str(home / "leads.csv"), "--dry-run", home=home) == 0
    assert "(dry run: nothing was written)" in capsys.readouterr().out
    assert ripeline("export", home=home) == 0
    assert "0 leads exported." in capsys.readouterr().err


def test_events_are_imported_for_known_leads(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ripeline("import", str(home / "leads.csv"), home=home) == 0
    events = home / "attended.csv"
    events.write_text("email\njane@northwind.example\nnobody@x.example\n", "utf-8")
    given = ("--event", "webinar_attended", "--at", "2026-11-03")
    assert ripeline("import", str(events), *given, home=home) == 0
    shown = capsys.readouterr().out
    assert "attended.csv  2 rows of events" in shown
    assert "nobody here is known by" in shown
    assert ripeline("why", "jane park", home=home) == 0
    assert "webinar_attended" in capsys.readouterr().out
    assert ripeline("import", str(events), "--event", "x", "--at", "soon", home=home) == 1
    assert "--at 'soon' is no date" in capsys.readouterr().err


@pytest.mark.acceptance(row=30)
def test_formula_in_a_lead_is_neutralised_in_the_export(home: Path, tmp_path: Path) -> None:
    leads = home / "evil.csv"
    leads.write_text("email,first_name,company\njane@x.example,\"=cmd|' /C calc'!A0\",@SUM(1)\n", "utf-8")
    assert ripeline("import", str(leads), home=home) == 0
    out = tmp_path / "out.csv"
    assert ripeline("export", str(out), home=home) == 0
    (row,) = csv.DictReader(io.StringIO(out.read_text("utf-8")))
    assert row["first_name"].startswith("'=")
    assert row["company"].startswith("'@")
    assert out.stat().st_mode & 0o077 == 0


def test_export_by_list_and_rule(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ripeline("import", str(home / "leads.csv"), "--list", "spring", home=home) == 0
    capsys.readouterr()
    assert (
        ripeline("export", "--where", "source == 'web' and first_name == 'jane'", "--format", "jsonl", home=home) == 0
    )
    captured = capsys.readouterr()
    assert captured.out.count("\n") == 1
    assert "jane@northwind.example" in captured.out
    assert captured.err == "1 lead exported.\n"
    assert ripeline("export", "--list", "autumn", home=home) == 0
    assert capsys.readouterr().err == "0 leads exported.\n"


@pytest.mark.acceptance(row=22)
def test_mistaken_rule_is_shown_at_its_place_and_never_reaches_the_database(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ripeline("export", "--where", "1=1; drop table lead", home=home) == 1
    assert "--where:1:" in capsys.readouterr().out
    assert ripeline("export", "--where", "sourc == 'web'", home=home) == 1
    shown = capsys.readouterr().out
    assert "unknown name 'sourc'" in shown
    assert "^^^^^" in shown


def test_missing_file_is_told(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ripeline("import", "gone.csv", home=home) == 1
    assert "gone.csv cannot be opened" in capsys.readouterr().err


@pytest.mark.acceptance(row=40)
def test_person_is_exported_erased_and_stays_suppressed_when_imported_again(
    home: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    jane, leads, about = "jane@northwind.example", str(home / "leads.csv"), tmp_path / "jane.json"
    assert ripeline("import", leads, home=home) == 0
    assert ripeline("export", str(about), "--about", jane, home=home) == 0
    assert f"All that is known of {jane} (" in capsys.readouterr().err
    found = json.loads(about.read_text("utf-8"))
    assert [row["email"] for row in found["leads"]] == [jane]
    assert about.stat().st_mode & 0o777 == 0o600
    assert ripeline("erase", jane, "--yes", "--reason", "asked by letter", home=home) == 0
    shown = capsys.readouterr().out
    assert "  1  identities\n" in shown
    assert "Not reached: backups" in shown
    assert ripeline("why", jane, home=home) == 1
    assert ripeline("import", leads, home=home) == 0
    capsys.readouterr()
    assert ripeline("suppress", jane, "--show", home=home) == 0
    assert "erased: asked by letter" in capsys.readouterr().out


def test_erasing_asks_first(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("typer.confirm", lambda *_args, **_more: False)
    assert ripeline("import", str(home / "leads.csv"), home=home) == 0
    assert ripeline("erase", "jane@northwind.example", home=home) == 1
    assert ripeline("why", "jane@northwind.example", home=home) == 0


def test_everything_about_a_person_is_not_shown_on_the_screen(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ripeline("export", "--about", "jane@northwind.example", home=home) == 1
    assert "name a file for it" in capsys.readouterr().err


def test_keys_are_shown_and_rotated(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ripeline("keys", home=home) == 0
    assert "Key 1 signs; 1 key verifies." in capsys.readouterr().out
    assert ripeline("keys", "--rotate", home=home) == 0
    assert "Key 2 signs as soon as the daemon is started again" in capsys.readouterr().out
    assert ripeline("keys", home=home) == 0
    assert "Key 2 signs; 2 keys verify." in capsys.readouterr().out


DEALS = """id,email,amount,stage,opened_at,outcome,closed_at
7,jane@northwind.example,"12,500.00",Proposal,2026-10-02,won,2026-10-20
8,who@elsewhere.example,5,Proposal,2026-10-02,open,
"""


def test_deals_and_costs_are_imported_and_told(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ripeline("import", str(home / "leads.csv"), home=home) == 0
    deals, costs = home / "deals.csv", home / "costs.csv"
    deals.write_text(DEALS, "utf-8")
    costs.write_text("day,source,amount\n2026-10-01,fair,99.50\n", "utf-8")
    capsys.readouterr()
    assert ripeline("import-deals", str(deals), "--dry-run", home=home) == 0
    assert "deals.csv  2 deals of csv (dry run: nothing was written)" in capsys.readouterr().out
    assert ripeline("import-deals", str(deals), "--source", "erp", home=home) == 0
    shown = capsys.readouterr().out
    assert "deals.csv  2 deals of erp\n  2  new\n" in shown
    assert "  1  of nobody who is known here (row 3): counted, but credited to no campaign" in shown
    assert ripeline("import-costs", str(costs), home=home) == 0
    assert "costs.csv  1 cost, 99.50 EUR together\n  1  new\n" in capsys.readouterr().out
    assert ripeline("why", "jane@northwind.example", home=home) == 0
    story = " ".join(capsys.readouterr().out.split())
    assert "deal opened 12,500.00 EUR, Proposal, erp 7" in story
    assert "deal won 12,500.00 EUR, Proposal, erp 7" in story


def test_a_file_of_deals_with_mistakes_is_shown_with_all_of_them(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deals = home / "deals.csv"
    deals.write_text(DEALS.replace("open,", "lots,").replace("2026-10-20", "2026-10-01"), "utf-8")
    assert ripeline("import-deals", str(deals), home=home) == 1
    shown = capsys.readouterr()
    told = shown.out + shown.err
    assert "deals.csv:2:1  E505  closed_at: lies before the deal was opened" in told
    assert "deals.csv:3:1  E503  outcome: 'lots' is no outcome" in told


def test_two_leads_become_one_after_a_question(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    leads = home / "both.csv"
    leads.write_text("email,first_name\njane@x.example,Jane\njane@gmail.example,\n", "utf-8")
    assert ripeline("import", str(leads), home=home) == 0
    assert ripeline("merge", "jane@x.example", "jane@gmail.example", home=home) == 1
    assert ripeline("export", home=home) == 0
    assert "2 leads exported." in capsys.readouterr().err
    assert ripeline("merge", "jane@gmail.example", "jane@x.example", "--yes", home=home) == 0
    assert "Both are Jane <jane@x.example> now." in capsys.readouterr().out
    assert ripeline("merge", "jane@x.example", "jane@gmail.example", "--yes", home=home) == 1
    assert "'jane@x.example' and 'jane@gmail.example' are one lead already" in capsys.readouterr().err
    assert ripeline("why", "jane@gmail.example", home=home) == 0
    shown = capsys.readouterr().out
    assert "Jane" in shown
    assert "merged" in shown
    assert "with jane@gmail.example" in shown
