"""Checking a home's files, with what is known of its real leads."""

from __future__ import annotations

from pathlib import Path

import typer

from engine.authoring.home import Home as HomeFiles
from engine.cli.home import has_store
from engine.cli.problems import show_report
from engine.clock import SystemClock
from engine.config.model import Config
from engine.domain.journey.programme import Winners
from engine.errors import RipelineError
from engine.service.check import CheckReport, LeadStatistics, check


def checked(root: Path) -> CheckReport:
    """What a check of this home finds."""
    return check(root, statistics_of=_statistics)


def usable(root: Path) -> CheckReport:
    """What a check of this home finds, where it can be applied; with mistakes they are shown and the command ends."""
    report = checked(root)
    if not report.usable:
        show_report(report)
        raise typer.Exit(1)
    return report


def _statistics(files: HomeFiles) -> LeadStatistics | None:
    """Counts over the home's leads; None where there are none yet, or their store is away: files need no store."""
    if not files.config_usable or not has_store(files.root, files.config):
        return None
    from engine.service.home import open_home
    from engine.service.lead_statistics import StoredLeads
    from engine.store.database import StoreError

    try:
        home = open_home(files.root, files.config)
    except StoreError as error:
        typer.secho(f"Checked without the leads: {error}", fg="yellow", err=True)
        return None
    return StoredLeads(home.store, files.campaigns, files.config, SystemClock().now())


def winners_here(root: Path, config: Config) -> Winners:
    """The variants that this home has chosen for every lead to come; none where its store is away or not there yet."""
    if not has_store(root, config):
        return {}
    from engine.service.home import open_to_read
    from engine.service.running import winners_of

    try:
        return winners_of(open_to_read(root, config))
    except RipelineError as error:
        typer.secho(f"Without the winners of experiments: {error}", fg="yellow", err=True)
        return {}
