"""Play the scenarios of campaigns: these mails, at these times, for this lead.

A scenario stands in campaigns/NAME.test.toml beside the campaign. It is played through the daemon's own decisions and
renderer on a virtual clock; nothing is sent or written. Ends with 1 if one fails, and with 2 if there are none.

Examples:

  ripeline test
  ripeline test clean-data -k pricing
  ripeline test --junit results.xml
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.home import HERE, HomeOption, refused, root_of
from engine.cli.reading import winners_here
from engine.cli.scenario_report import told_result
from engine.cli.screen import as_json, show
from engine.errors import RipelineError
from engine.rehearsal.junit import as_junit, as_values
from engine.rehearsal.scenarios import NothingToPlayError, Result, play_scenarios
from engine.service.check import check

EXIT_FAILED = 1
_NOTHING = "this home has no scenarios yet; docs/how-to/test-a-campaign.md shows how to write some"
_NOTHING_CALLED = "no scenario has '{}' in its name"


def command(
    campaign: Annotated[str, typer.Argument(metavar="[CAMPAIGN]", help="Only this campaign's scenarios.")] = "",
    home: HomeOption = HERE,
    part: Annotated[str, typer.Option("-k", metavar="TEXT", help="Only scenarios with this in their name.")] = "",
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the results as JUnit's XML.")] = None,
    json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Check, play, show, and end accordingly."""
    report = check(root_of(home))
    if not report.usable:
        raise refused([problem for problem in report.problems if problem.is_error], report.root, report.texts)
    result = play_scenarios(report, campaign, part, winners_here(report.root, report.config))
    if junit is not None:
        _write(junit, result)
    if not result.scenarios:
        raise NothingToPlayError(_NOTHING_CALLED.format(part) if part else _NOTHING)
    if json:
        typer.echo(as_json(as_values(result)))
    else:
        show(told_result(result))
    if result.failed:
        raise typer.Exit(EXIT_FAILED)


def _write(path: Path, result: Result) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(as_junit(result))
    except OSError as error:
        raise RipelineError(f"{path} cannot be written: {error.strerror or error}") from error
