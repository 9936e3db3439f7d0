"""Reports as CSV, as values for programs, and as people read them."""

from __future__ import annotations

import csv
from datetime import date
from io import StringIO

import pytest

from engine.service.reports.formats import as_csv, as_values, told
from engine.service.reports.report import Cell, Column, Kind, Report, Table

TABLE = Table(
    (
        Column("who", "who"),
        Column("n", "leads", Kind.COUNT),
        Column("share", "share", Kind.SHARE),
        Column("worth", "worth", Kind.MONEY),
        Column("on", "on", Kind.DAY),
    ),
    (('=HYPERLINK("http://evil.example")', -3, 0.125, 123_456, date(2026, 11, 3)), ("ann", None, None, None, None)),
)
REPORT = Report("some", "Some report", (TABLE,), ("A note.",))


@pytest.mark.acceptance(30)
def test_a_formula_in_a_report_is_neutralised_in_csv_and_a_negative_figure_stays_one() -> None:
    rows = list(csv.reader(StringIO(as_csv(REPORT, "EUR"))))
    assert rows[0] == ["who", "n", "share", "worth", "on"]
    assert rows[1] == ['\'=HYPERLINK("http://evil.example")', "-3", "0.125", "1234.56", "2026-11-03"]
    assert rows[2] == ["ann", "", "", "", ""]


def test_money_in_csv_has_the_digits_of_its_currency() -> None:
    assert "123456," in as_csv(REPORT, "JPY")
    assert "123.456," in as_csv(REPORT, "KWD")


def test_values_keep_their_units_for_programs() -> None:
    values = as_values(REPORT)
    assert values["report"] == "some"
    [table] = values["tables"]  # type: ignore[misc]
    assert table["columns"][3] == {"name": "worth", "title": "worth", "kind": "money"}
    assert table["rows"][0]["worth"] == 123_456
    assert table["rows"][0]["on"] == "2026-11-03"
    assert table["rows"][1]["n"] is None


@pytest.mark.parametrize(
    ("cell", "kind", "words"),
    [
        (1204, Kind.COUNT, "1,204"),
        (0.5, Kind.SHARE, "50%"),
        (0.045, Kind.SHARE, "4.5%"),
        (0.0025, Kind.SHARE, "0.25%"),
        (0, Kind.SHARE, "0%"),
        (120_000, Kind.MONEY, "EUR 1,200"),
        (30 / 86_400, Kind.DAYS, "30 s"),
        (0.25, Kind.DAYS, "6.0 h"),
        (1.0, Kind.DAYS, "1 day"),
        (12.34, Kind.DAYS, "12.3 days"),
        (date(2026, 11, 3), Kind.DAY, "3 Nov 2026"),
        (None, Kind.COUNT, "–"),
        (2.5, Kind.NUMBER, "2.5"),
    ],
)
def test_cells_are_told_in_the_unit_that_suits_them(cell: Cell, kind: Kind, words: str) -> None:
    assert told(cell, Column("x", "x", kind), "EUR") == words
