"""Importing costs from a file: what was spent on campaigns and sources. Doing it again changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from engine.authoring.home import CAMPAIGNS
from engine.domain.money import converted
from engine.errors import Problem, ProblemsError, did_you_mean
from engine.inbound.books.costs import CostFile, CostRecord, read_costs
from engine.inbound.books.sheet import place_of
from engine.service.home import Home
from engine.service.revenue.record_opportunity import not_convertible
from engine.service.themes import campaign_themes
from engine.store.costs import campaigns_ever, put_costs
from engine.store.database import reading, writing


@dataclass(frozen=True, slots=True)
class CostImportSummary:
    """What an import did, or would do: costs that are new, costs that stood here before; their sum."""

    rows: int
    new: int
    known: int
    total: int
    dry_run: bool = False


class _NothingWrittenError(Exception):
    """Ends the transaction of a dry run."""


def import_costs(
    home: Home, path: Path, wanted: Mapping[str, str] | None = None, *, dry_run: bool = False
) -> CostImportSummary:
    """Take the costs of a file; one that is known by the same campaign, source, day and note takes a new amount.

    Raises:
        ProblemsError: rows cannot be used; all problems of all rows, and nothing was written.
        RipelineError: the file cannot be read.
    """
    found = read_costs(path, home.config.reports.currency, wanted)
    problems = [*found.problems, *_problems(home, path, found)]
    if problems:
        raise ProblemsError(sorted(problems, key=lambda one: one.place))
    rows = [_values(home, one) for one in found.costs]
    new = 0
    try:
        with writing(home.store) as connection:
            new = put_costs(connection, rows)
            if dry_run:
                raise _NothingWrittenError
    except _NothingWrittenError:
        pass
    return CostImportSummary(len(rows), new, len(rows) - new, sum(row["amount"] for row in rows), dry_run)


def _problems(home: Home, path: Path, found: CostFile) -> Iterator[Problem]:
    with reading(home.store) as connection:
        known = campaigns_ever(connection) | campaign_themes(connection).keys()
    known |= {path.stem for path in (home.path / CAMPAIGNS).glob("*.toml")}  # money is spent before a campaign runs
    for one in found.costs:
        why = not_convertible(one.currency, home.config.reports)
        if why:
            yield Problem("E503", f"the currency {why}", place_of(path, one.row))
        if one.campaign and one.campaign not in known:
            hint = did_you_mean(one.campaign, known - {""}) or "what is no campaign of this home is a source"
            message = f"there is no campaign '{one.campaign}' here, and there was none"
            yield Problem("E506", message, place_of(path, one.row), hint)


def _values(home: Home, one: CostRecord) -> dict[str, Any]:
    reports = home.config.reports
    amount = one.amount
    if one.currency != reports.currency:
        rate = Decimal(str(reports.rates[one.currency]))
        amount = converted(one.amount, one.currency, rate, reports.currency)
    return {
        "campaign": one.campaign,
        "source": one.source,
        "day": one.day,
        "note": one.note,
        "amount": amount,
        "currency": reports.currency,
    }
