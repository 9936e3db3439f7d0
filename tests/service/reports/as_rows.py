"""Reports as tests compare them: each table by its caption, each row by its first cells."""

from __future__ import annotations

from typing import Any

from engine.service.reports.report import Report


def rows_of(report: Report, caption: str = "") -> list[dict[str, Any]]:
    """The rows of the table with this caption, by the names of the columns."""
    (table,) = (one for one in report.tables if one.caption == caption)
    assert all(len(row) == len(table.columns) for row in table.rows)
    return [dict(zip((column.name for column in table.columns), row, strict=True)) for row in table.rows]
