"""Costs of a file: what was spent on a campaign or a source, on which day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from engine.errors import Problem
from engine.inbound.books.sheet import Roles, Row, Sheet, read_sheet

ROLES: Roles = {
    "campaign": ("campaign", "campaignname"),
    "source": ("source", "channel", "leadsource", "event", "utmsource"),
    "day": ("day", "date", "on", "month", "period", "at"),
    "amount": ("amount", "cost", "costs", "spend", "amountspent", "value"),
    "currency": ("currency", "currencyisocode", "currencycode"),
    "note": ("note", "notes", "what", "description", "invoice"),
}


@dataclass(frozen=True, slots=True)
class CostRecord:
    """Money spent, in the smallest unit of `currency`; less than nothing is money that came back."""

    row: int
    campaign: str
    source: str
    day: date
    amount: int
    currency: str
    note: str = ""

    @property
    def key(self) -> tuple[str, str, date, str]:
        """By what a cost is known: imported again, it replaces what stood there."""
        return self.campaign, self.source, self.day, self.note


@dataclass(frozen=True, slots=True)
class CostFile:
    """The costs of a file, and everything wrong with it."""

    costs: tuple[CostRecord, ...]
    problems: tuple[Problem, ...]


def read_costs(path: Path, currency: str, wanted: Mapping[str, str] | None = None) -> CostFile:
    """All costs of a file, and all problems of all its rows.

    Raises:
        LeadFileError: the file cannot be read.
        MappingError: a column or meaning that `wanted` names does not exist.
    """
    sheet = read_sheet(path, ROLES, wanted)
    if sheet.rows and not _lacks_columns(sheet):
        costs = [cost for row in sheet.rows if (cost := _cost(row, currency)) is not None]
        _repeated(sheet, costs)
        return CostFile(tuple(costs), tuple(sorted(sheet.problems, key=lambda one: one.place)))
    return CostFile((), tuple(sheet.problems))


def _lacks_columns(sheet: Sheet) -> bool:
    known = set(sheet.rows[0].names)
    wanted = (("day", "on which day (day)"), ("amount", "how much was spent (amount)"))
    missing = [(role, what) for role, what in wanted if role not in known]
    if not {"campaign", "source"} & known:
        missing.append(("campaign", "on what money was spent (campaign or source)"))
    for role, what in missing:
        sheet.problem("E501", f"no column says {what}", hint=f'add one, or say which it is: --map "Column={role}"')
    return bool(missing)


def _cost(row: Row, home_currency: str) -> CostRecord | None:
    """The row's cost; None if it has problems, which are noted."""
    before = len(row.sheet.problems)
    currency = row.currency("currency", "amount", home_currency)
    day = row.instant("day")
    row.needed("day", "on which day")
    row.needed("amount", "how much was spent")
    amount = row.amount("amount", currency)
    campaign, source, note = (row.text(role) for role in ("campaign", "source", "note"))
    if not campaign and not source:
        row.sheet.problem("E502", "the row says not on what money was spent: a campaign or a source", row.number)
    if len(row.sheet.problems) > before or day is None or amount is None:
        return None
    return CostRecord(row.number, campaign, source, day.date(), amount, currency, note)


def _repeated(sheet: Sheet, costs: list[CostRecord]) -> None:
    met: dict[tuple[object, ...], int] = {}
    for cost in costs:
        first = met.setdefault(cost.key, cost.row)
        if first != cost.row:
            message = f"the same cost stands in row {first} already; tell them apart by a note, or add them up"
            sheet.problem("E504", message, cost.row)
