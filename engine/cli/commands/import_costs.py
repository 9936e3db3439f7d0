"""Import costs (CSV, JSONL): what was spent on campaigns, fairs and other sources.

Columns: day, amount, and campaign or source; currency and note if you like. Everything is checked first: if anything is
wrong with any row, all of it is told and nothing is written. A cost that is known by the same campaign, source, day and
note takes the new amount.

Examples:

  ripeline import-costs costs.csv
  ripeline import-costs ads.csv --map "Spend (EUR)=amount" --dry-run
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.commands.import_ import wanted_columns
from engine.cli.home import HERE, HomeOption, opened
from engine.cli.screen import Line, columns, counted, show
from engine.domain.money import told as told_amount
from engine.service.revenue.import_costs import CostImportSummary, import_costs


def command(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="CSV or JSON lines; also gzipped.")],
    home: HomeOption = HERE,
    mapping: Annotated[
        list[str] | None, typer.Option("--map", metavar="COLUMN=WHAT", help="What a column means; may be repeated.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and compare, change nothing.")] = False,
) -> None:
    """Import one file after another, each with its summary."""
    place = opened(home)
    wanted = wanted_columns(mapping or [])
    for file in files:
        summary = import_costs(place, file, wanted, dry_run=dry_run)
        show(told(file, summary, place.config.reports.currency))


def told(file: Path, found: CostImportSummary, currency: str) -> Iterator[Line]:
    """What an import of costs did."""
    mode = " (dry run: nothing was written)" if found.dry_run else ""
    sum_ = told_amount(found.total, currency)
    yield [(file.name, "bold"), (f"  {counted(found.rows, 'cost')}, {sum_} together{mode}", "")]
    rows = [(found.new, "new", "green"), (found.known, "known before", "")]
    yield from columns([[(f"{count:,}", "bold"), (words, style)] for count, words, style in rows], indent=2)
