"""A report for other programs: CSV for spreadsheets, plain values for JSON and the API; cells as people read them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from io import StringIO

from engine.inbound.leadfiles.rows import neutralised
from engine.service.reports.report import Cell, Column, Kind, Report, Table

_DIGITS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV"), 0),
    **dict.fromkeys(("XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
"""Digits of the smallest unit where they are not two (ISO 4217)."""
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def as_values(report: Report) -> dict[str, object]:
    """The report for programs. Keys are stable: new ones may come, none goes or changes its meaning.

    Shares are 0 to 1, money whole numbers of the currency's smallest unit, lengths of time days, dates ISO 8601; null
    is what is not known.
    """
    return {
        "report": report.name,
        "title": report.title,
        "tables": [_table_values(table) for table in report.tables],
        "notes": list(report.notes),
    }


def _table_values(table: Table) -> dict[str, object]:
    return {
        "caption": table.caption,
        "columns": [{"name": one.name, "title": one.title, "kind": one.kind.value} for one in table.columns],
        "rows": [dict(zip((one.name for one in table.columns), map(_plain, row), strict=True)) for row in table.rows],
    }


def _plain(cell: Cell) -> str | int | float | None:
    return cell.isoformat() if isinstance(cell, date) else cell


def as_csv(report: Report, currency: str) -> str:
    """The tables under each other, with an empty line and their caption between them where there are several.

    Money stands in whole units of the currency here, as spreadsheets want it. What a spreadsheet would run as a formula
    gets an apostrophe before it.
    """
    out = StringIO()
    writer = csv.writer(out)
    for number, table in enumerate(report.tables):
        if number:
            writer.writerow([])
        if len(report.tables) > 1:
            writer.writerow([neutralised(table.caption)])
        writer.writerow([column.name for column in table.columns])
        for row in table.rows:
            writer.writerow(_csv_row(table, row, currency))
    return out.getvalue()


def _csv_row(table: Table, row: tuple[Cell, ...], currency: str) -> Iterator[str]:
    for column, cell in zip(table.columns, row, strict=True):
        match cell:
            case None:
                yield ""
            case str():
                yield neutralised(cell)
            case int() | float() if column.kind is Kind.MONEY:
                digits = minor_digits(currency)
                yield f"{cell / 10**digits:.{digits}f}"
            case float():
                yield f"{cell:.6g}" if abs(cell) < 100_000 else f"{cell:.0f}"
            case _:
                yield str(cell)


def minor_digits(currency: str) -> int:
    """How many digits the smallest unit of a currency takes (ISO 4217): 2 for EUR, 0 for JPY."""
    return _DIGITS.get(currency.upper(), 2)


def told(cell: Cell, column: Column, currency: str = "") -> str:
    """A cell as people read it: `1,204`, `4.5%`, `EUR 1,200`, `2.5 h`, `3 Nov 2026`; a dash for what is not known."""
    if cell is None:
        return "–"
    if isinstance(cell, date):
        return f"{cell.day} {_MONTHS[cell.month - 1]} {cell.year}"
    if isinstance(cell, str):
        return cell
    return _figure(float(cell), column.kind, currency)


def _figure(value: float, kind: Kind, currency: str) -> str:
    match kind:
        case Kind.SHARE:
            return told_share(value)
        case Kind.MONEY:
            return f"{currency} {value / 10 ** minor_digits(currency):,.0f}".strip()
        case Kind.DAYS:
            return told_days(value)
        case _ if value.is_integer():
            return f"{value:,.0f}"
        case _:
            return f"{value:,.1f}"


def told_share(share: float) -> str:
    """`12%`, `4.5%`, `0.25%`: as many digits as a reader can use."""
    percent = share * 100
    if percent == 0 or abs(percent) >= 9.95:
        return f"{percent:.0f}%"
    return f"{percent:.1f}%" if abs(percent) >= 0.95 else f"{percent:.2f}%"


def told_days(days: float) -> str:
    """A length of time in the unit that suits it: `40 s`, `12 min`, `3.5 h`, `4.2 days`."""
    seconds = days * 86_400
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3_600:
        return f"{seconds / 60:.0f} min"
    if seconds < 86_400:
        return f"{seconds / 3_600:.1f} h"
    return "1 day" if round(days, 1) == 1 else f"{days:,.1f} days"
