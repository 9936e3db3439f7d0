"""What came of it all: reports on leads, campaigns, sales and money. Without a name, the reports there are.

Every report is read from counts that the daemon keeps, so it is quick however many leads there are; the newest minutes
may not be in it yet. Days are those of the company's zone, the first and the last one included.

`--format csv` is for spreadsheets (what one would run as a formula gets an apostrophe before it), `--format json` for
programs: shares are 0 to 1, money is in the smallest unit of the currency, lengths of time are days.

Examples:

  ripeline report
  ripeline report funnel --by theme
  ripeline report campaigns --since 4w
  ripeline report forecast --keep
  ripeline report digest --to boss@acme.example
  ripeline report sales --first 2026-10-01 --last 2026-12-31 --format csv --out sales.csv
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.digest_command import HELP, digest
from engine.cli.home import HERE, HomeOption, opened
from engine.cli.report_lines import report_lines
from engine.cli.screen import as_json, columns, console, say, show
from engine.errors import RipelineError
from engine.service.home import Home
from engine.service.reports.formats import as_csv, as_values
from engine.service.reports.registry import ReportError, days_since, entry_of, make_report, offered
from engine.service.reports.report import Asked, Report


class ReportFormat(StrEnum):
    """How the report is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def command(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="Which report; without it, they are listed.")] = "",
    home: HomeOption = HERE,
    first: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="The first day: 2026-10-01.")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="The last day; today by default.")
    ] = None,
    since: Annotated[str, typer.Option(metavar="TIME", help="The last 7d, 4w …, instead of --first.")] = "",
    by: Annotated[str, typer.Option(metavar="WHAT", help="A line for each: theme, source, campaign, owner …")] = "",
    model: Annotated[str, typer.Option(metavar="NAME", help="Of attribution: how a deal is divided.")] = "",
    campaign: Annotated[str, typer.Option(metavar="CAMPAIGN", help="This campaign only, where a report can.")] = "",
    keep: Annotated[
        bool, typer.Option("--keep", help="Of forecast: make one anew, and keep it to be judged by what comes.")
    ] = False,
    to: Annotated[str, typer.Option(metavar="ADDRESS", help="Of digest: send it there now.")] = "",
    due: Annotated[
        bool, typer.Option("--due", help="Of digest: send this week's to those of [reports] digest_to without it.")
    ] = False,
    form: Annotated[ReportFormat, typer.Option("--format", help="How it is written.")] = ReportFormat.TABLE,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it to a file.")] = None,
) -> None:
    """List the reports, or make and show one."""
    if not name:
        _list()
        return
    if name == "digest":
        digest(opened(home), to, out, due=due)
        return
    if to or due:
        raise ReportError(f"--to and --due are for the digest; '{name}' is written by --out FILE")
    entry_of(name)
    place = opened(home)
    if keep:
        _forecast(place, name)
    given = {"by": by, "model": model, "campaign": campaign}
    asked = Asked(*_days(place, first, last, since), {key: value for key, value in given.items() if value})
    _tell(place, make_report(place, name, asked), form, out)


def _list() -> None:
    helps = {**{name: entry.help for name, entry in offered().items()}, "digest": HELP}
    show(columns([[(name, "bold"), (told, "")] for name, told in helps.items()], indent=2))
    say()
    say("ripeline report NAME shows one; --since 4w, --by …, --format csv|json, --out FILE", "dim")


def _forecast(place: Home, name: str) -> None:
    """Make a forecast and keep it.

    Raises:
        ReportError: another report was asked for.
    """
    if name != "forecast":
        raise ReportError(f"--keep is for the forecast; '{name}' is made anew each time")
    from engine.rehearsal.sales_forecast import keep_sales_forecast

    keep_sales_forecast(place, os.cpu_count() or 1)


def _days(place: Home, first: datetime | None, last: datetime | None, since: str) -> tuple[date | None, date | None]:
    """The days that are asked for.

    Raises:
        ReportError: they contradict each other.
    """
    if since and first is not None:
        raise ReportError("--first and --since both say when it begins; leave one out")
    begin = first.date() if first is not None else None
    if since:
        begin = days_since(since, place.clock.now().astimezone(place.zone).date())
    return begin, last.date() if last is not None else None


def _tell(place: Home, report: Report, form: ReportFormat, out: Path | None) -> None:
    currency = place.config.reports.currency
    if form is ReportFormat.TABLE and out is None:
        show(report_lines(report, currency))
        return
    content = _writers(report, currency)[form]()
    if out is None:
        typer.echo(content, nl=False)
        return
    write_file(out, content)
    console(errors=True).print(f"Wrote {out}")


def _writers(report: Report, currency: str) -> dict[ReportFormat, Callable[[], str]]:
    return {
        ReportFormat.TABLE: lambda: "".join(
            "".join(words for words, _ in line).rstrip() + "\n" for line in report_lines(report, currency)
        ),
        ReportFormat.CSV: lambda: as_csv(report, currency),
        ReportFormat.JSON: lambda: as_json(as_values(report)) + "\n",
    }


def write_file(path: Path, content: str) -> None:
    """Write a file.

    Raises:
        RipelineError: it cannot be written.
    """
    try:
        path.write_text(content, "utf-8", newline="")
    except OSError as fault:
        raise RipelineError(f"{path} cannot be written: {fault.strerror or fault}") from fault
