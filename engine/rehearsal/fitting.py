"""Scenarios of a copied campaign: those that do not fit its new values are taken out of their file."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from engine.authoring.toml_edit import without_tables
from engine.authoring.toml_layout import laid_out
from engine.domain.scenario import Scenario
from engine.rehearsal.scenarios import play_scenarios
from engine.service.check import check
from engine.service.new_campaign import first_scenario
from engine.service.new_files import scenarios_path


def keep_what_passes(home: Path, campaign: str, today: date) -> tuple[str, ...]:
    """Play a campaign's scenarios, and take those that fail out of its file; their names.

    If none is left, or there was none, one to start from is written, if the campaign does what that says. Nothing is
    done where the home has mistakes, because then nothing can be played.
    """
    path = home / scenarios_path(campaign)
    failed, passed = _played(home, campaign) if path.is_file() else ([], 0)
    if failed and passed:
        lines = frozenset(scenario.place.line for scenario in failed)
        path.write_text(laid_out(without_tables(path.read_text("utf-8"), lines)), "utf-8")
    elif failed or not path.is_file():
        path.write_bytes(first_scenario(campaign, today))
        if _played(home, campaign)[0]:
            path.unlink()
    return tuple(scenario.name for scenario in failed)


def _played(home: Path, campaign: str) -> tuple[list[Scenario], int]:
    """The scenarios that failed, and how many passed."""
    report = check(home)
    if not report.usable or not report.scenarios.get(campaign):
        return [], 0
    (result,) = play_scenarios(report, campaign).campaigns
    failed = [verdict.scenario for verdict in result.verdicts if not verdict.passed]
    return failed, len(result.verdicts) - len(failed)
