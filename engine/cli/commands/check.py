"""Find every mistake in campaigns, templates and config.

Nothing is written or sent. Where the home has leads already, fields that many of them lack are told too. Ends with 1 if
there are errors; warnings alone end with 0.

Examples:

  ripeline check
  ripeline check --format github     as annotations of a pull request
"""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli.home import HERE, HomeOption, root_of
from engine.cli.problems import Format, show_report
from engine.cli.reading import checked


def command(
    home: HomeOption = HERE,
    form: Annotated[Format, typer.Option("--format", help="For people, for programs, or for GitHub.")] = Format.TEXT,
) -> None:
    """Check, show, and end accordingly."""
    report = checked(root_of(home))
    show_report(report, form)
    if not report.usable:
        raise typer.Exit(1)
