"""Find every mistake in campaigns, templates and config.

Nothing is written or sent. Where the home has leads already, fields that many of them lack are told too. Mails are
judged for what mail programs, screen readers and mailboxes make of them. A warning that is meant is silenced in its
file, with the reason: silence = { W512 = "our brand's grey" }. Ends with 1 if there are errors; warnings alone end
with 0, unless --strict is given.

Examples:

  ripeline check
  ripeline check --explain W512      why a finding is told, and how to mend it
  ripeline check --coverage          also how many mails each theme has for each stage
  ripeline check --format github     as annotations of a pull request
"""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli.coverage_table import coverage_lines
from engine.cli.explanation import explanation_lines
from engine.cli.home import HERE, HomeOption, root_of
from engine.cli.problems import Format, show_report
from engine.cli.reading import checked
from engine.cli.screen import say, show, width
from engine.service.coverage import coverage


def command(
    home: HomeOption = HERE,
    form: Annotated[Format, typer.Option("--format", help="For people, for programs, or for GitHub.")] = Format.TEXT,
    with_coverage: Annotated[bool, typer.Option("--coverage", help="Also the table of themes and stages.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="End with 1 on warnings too.")] = False,
    code: Annotated[str, typer.Option("--explain", metavar="CODE", help="Explain a code, and check nothing.")] = "",
) -> None:
    """Check, show, and end accordingly."""
    if code:
        show(explanation_lines(code))
        return
    report = checked(root_of(home))
    table = coverage(report.campaigns.values(), report.config.check.stages) if with_coverage else None
    show_report(report, form, table)
    if table is not None and form is Format.TEXT:
        say()
        show(coverage_lines(table, width()))
    if not report.usable or (strict and report.warnings):
        raise typer.Exit(1)
