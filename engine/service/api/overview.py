"""Campaigns and reports for other programs."""

from __future__ import annotations

from engine.domain.refusals import MissingError
from engine.errors import did_you_mean
from engine.service.home import Home
from engine.service.reports.formats import as_csv
from engine.service.reports.registry import make_report, offered
from engine.service.reports.report import Asked, Report
from engine.service.status import CampaignState, status_of


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
        return tuple(offered())

    def report(self, name: str, asked: Asked) -> Report:
        """Make a report.

        Raises:
            MissingError: there is none of this name.
            RipelineError: it cannot be made as it was asked for.
        """
        if name not in offered():
            hint = did_you_mean(name, offered()) or f"there are: {', '.join(offered())}"
            raise MissingError(f"there is no report '{name[:60]}'; {hint}")
        return make_report(self._home, name, asked)

    def table(self, report: Report) -> str:
        """The report as CSV, as `ripeline report` writes it."""
        return as_csv(report, self._home.config.reports.currency)
