"""Opening a home for a process: its config, checked, and its store."""

from __future__ import annotations

from pathlib import Path

from engine.authoring.home import read_home
from engine.config.model import Config
from engine.errors import ProblemsError
from engine.runtime.instruments import share_counts
from engine.runtime.lifeline import child_name, end_with_supervisor
from engine.runtime.logfile import log_file
from engine.runtime.logs import set_up_logs
from engine.service.home import Home, open_home


def open_for_work(path: Path, process: str = "") -> Home:
    """The home at `path`, with logs as its config wants them; `process` is the name of one that is nobody's child.

    Raises:
        ProblemsError: config.toml has mistakes.
        RipelineError: there is no home, or its store or its log file cannot be opened.
    """
    config = usable_config(path)
    file = log_file(config.logs, path.resolve(), process or child_name())
    set_up_logs(config.logs.format, personal_data=config.logs.personal_data, file=file)
    end_with_supervisor()
    return open_home(path.resolve(), config)


def metrics_folder(home: Home) -> Path:
    """Where the home's child processes share what they count."""
    return home.var / "metrics"


def share_metrics(home: Home) -> None:
    """Let the daemon show what this process counts, if the daemon started it and shows metrics at all."""
    if home.config.metrics.enabled and child_name():
        share_counts(metrics_folder(home), child_name())


def usable_config(path: Path) -> Config:
    """The home's config.

    Raises:
        ProblemsError: it has mistakes; all of them are told.
    """
    found = read_home(path)
    if not found.config_usable:
        raise ProblemsError(p for p in found.problems if p.is_error and p.place.path == "config.toml")
    return found.config
