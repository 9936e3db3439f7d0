"""Scenarios of a copied campaign: those that do not fit its new values are taken out of their file."""

from __future__ import annotations

from pathlib import Path

from engine.authoring.toml_edit import without_tables
from engine.authoring.toml_layout import laid_out
from engine.rehearsal.scenarios import play_scenarios
from engine.service.check import check
from engine.service.new_files import scenarios_path


def keep_what_passes(home: Path, campaign: str) -> tuple[str, ...]:
    """Play a campaign's scenarios, and take those that fail out of its file, which goes if none is left; their names.

    Nothing is done where the home has mistakes, because then nothing can be played.
    """
    path = home / scenarios_path(campaign)
    report = check(home)
    if not report.usable or not report.scenarios.get(campaign):
        return ()
    (result,) = play_scenarios(report, campaign).campaigns
    failed = [verdict.scenario for verdict in result.verdicts if not verdict.passed]
    if len(failed) == len(result.verdicts):
        path.unlink()
    elif failed:
        lines = frozenset(scenario.place.line for scenario in failed)
        path.write_text(laid_out(without_tables(path.read_text("utf-8"), lines)), "utf-8")
    return tuple(scenario.name for scenario in failed)
