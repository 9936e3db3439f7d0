"""Campaigns and reports for other programs."""

from __future__ import annotations

import csv
import importlib
import importlib.util
from collections.abc import Iterable
from datetime import date
from io import StringIO
from typing import Any

from engine.domain.refusals import MissingError
from engine.errors import did_you_mean
from engine.inbound.leadfiles.rows import neutralised
from engine.service.home import Home
from engine.service.reports.report import Asked, Cell, Report
from engine.service.status import CampaignState, status_of

_PACKAGE = "engine.service.reports"
NAMES = (
    *("funnel", "themes", "campaigns", "sales", "forecast", "lifecycle", "unowned"),
    *("attribution", "revenue", "lift", "experiments", "accounts"),
)
"""The reports, each a function of its name in a module of its name."""


class OverviewDesk:
    """What the API tells of the home as a whole."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def campaigns(self) -> tuple[CampaignState, ...]:
        """Every campaign with the leads in it."""
        return status_of(self._home, self._home.clock.now()).campaigns

    def campaign(self, name: str) -> CampaignState:
        """One campaign.

        Raises:
            MissingError: there is none of this name.
        """
        found = {one.name: one for one in self.campaigns()}
        if name not in found:
            raise MissingError(f"there is no campaign '{name[:60]}'. {did_you_mean(name, found)}".rstrip())
        return found[name]

    def reports(self) -> tuple[str, ...]:
        """The reports that there are."""
        return tuple(name for name in NAMES if importlib.util.find_spec(f"{_PACKAGE}.{name}") is not None)

    def report(self, name: str, asked: Asked) -> Report:
        """Make a report.

        Raises:
            MissingError: there is none of this name.
            RipelineError: it cannot be made as it was asked for.
        """
        known = self.reports()
        if name not in known:
            hint = did_you_mean(name, known) or f"there are: {', '.join(known)}"
            raise MissingError(f"there is no report '{name[:60]}'; {hint}")
        made: Report = getattr(importlib.import_module(f"{_PACKAGE}.{name}"), name)(self._home, asked)
        return made


def as_csv(report: Report) -> str:
    """The report's tables below each other; what a spreadsheet would run as a formula gets an apostrophe before it."""
    out = StringIO()
    writer = csv.writer(out)
    for number, table in enumerate(report.tables):
        if number:
            writer.writerow([])
        if table.caption:
            writer.writerow([neutralised(table.caption)])
        writer.writerow([neutralised(column.name) for column in table.columns])
        writer.writerows(_cells(row) for row in table.rows)
    return out.getvalue()


def _cells(row: Iterable[Cell]) -> list[Any]:
    """Texts neutralised; numbers as they are, as a minus before one is no formula."""
    return [neutralised(one) if isinstance(one, str) else _plain(one) for one in row]


def _plain(cell: Cell) -> Any:
    if cell is None:
        return ""
    return cell.isoformat() if isinstance(cell, date) else cell
