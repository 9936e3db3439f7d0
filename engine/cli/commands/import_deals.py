"""Import deals (CSV, JSONL): what came of leads, and what it brought.

Exports of Salesforce and HubSpot are recognised by their headings. Everything is checked first: if anything is wrong
with any row, all of it is told and nothing is written. Importing a file again changes nothing; a deal that has changed
is updated, by its id.

Examples:

  ripeline import-deals opportunities.csv
  ripeline import-deals deals.csv --source erp --map "Auftrag=id" --map "Wert=amount"
  ripeline import-deals deals.csv --dry-run
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.commands.import_ import wanted_columns
from engine.cli.home import HERE, HomeOption, opened
from engine.cli.screen import Line, columns, counted, show
from engine.service.revenue.import_deals import DealImportSummary, import_deals


def command(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="CSV or JSON lines; also gzipped.")],
    home: HomeOption = HERE,
    source: Annotated[
        str, typer.Option(metavar="NAME", help="Whose ids these are, where the headings do not say it.")
    ] = "",
    mapping: Annotated[
        list[str] | None, typer.Option("--map", metavar="COLUMN=WHAT", help="What a column means; may be repeated.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and compare, change nothing.")] = False,
) -> None:
    """Import one file after another, each with its summary."""
    place = opened(home)
    wanted = wanted_columns(mapping or [])
    for file in files:
        show(told(file, import_deals(place, file, source, wanted, dry_run=dry_run)))


def told(file: Path, found: DealImportSummary) -> Iterator[Line]:
    """What an import of deals did."""
    mode = " (dry run: nothing was written)" if found.dry_run else ""
    yield [(file.name, "bold"), (f"  {counted(found.rows, 'deal')} of {found.source}{mode}", "")]
    rows = [(found.new, "new", "green"), (found.changed, "changed", ""), (found.unchanged, "unchanged", "")]
    if found.events:
        rows.append((found.events, "written on leads as events, which wakes them", ""))
    if found.unknown:
        rows.append((found.unknown, _nobody(found), "yellow"))
    yield from columns([[(f"{count:,}", "bold"), (words, style)] for count, words, style in rows], indent=2)


def _nobody(found: DealImportSummary) -> str:
    first = ", ".join(str(row) for row in found.first_unknown)
    more = " …" if found.unknown > len(found.first_unknown) else ""
    return f"of nobody who is known here (row {first}{more}): counted, but credited to no campaign"
