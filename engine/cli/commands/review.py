"""Write mails, journeys and plan as one file for the pull request.

The file is whole in itself: it needs no server, no script and no network, and holds nothing about real people. It
shows the findings of `check`, how scenarios ended, each campaign as a board, and every mail on a desktop and a phone.

With --against, the files are compared with those of another folder, such as a checkout of the main branch; without,
with what runs, if this home has a store. Then what changed is marked and comes first, mails as before and after. With
a store the plan is in it too: what applying does to the leads on their way, as counts. Ends with 1 if the files have
errors; what can be read is written all the same.

Examples:

  ripeline review
  ripeline review --against ../main --out review.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.home import HERE, HomeOption, has_store, root_of
from engine.cli.reading import winners_here
from engine.cli.screen import Line, counted, say
from engine.clock import SystemClock
from engine.errors import ProblemsError, RipelineError
from engine.service.check import CheckReport, check

if TYPE_CHECKING:  # the store's toolkit is loaded only where there is a store
    from engine.rehearsal.review import Baseline
    from engine.rehearsal.scenarios import Result


@dataclass(frozen=True)
class _Beside:
    """What is known beside the files: what they are compared with, and the plan."""

    baseline: Baseline | None = None
    plan: tuple[Line, ...] = ()


def command(
    home: HomeOption = HERE,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write it.")] = Path("review.html"),
    against: Annotated[Path | None, typer.Option(metavar="DIR", help="Compare with the home in this folder.")] = None,
) -> None:
    """Check, compare, write."""
    root = root_of(home)
    report = check(root)
    beside = _Beside(_other(against)) if against is not None else _Beside()
    if has_store(root, report.config):
        beside = _with_store(root, report, beside)
    html = _page(report, beside)
    _write(out, html)
    size = len(html.encode()) / 1024
    say(f"Written to {out}, {size:,.0f} KB", "bold")
    if not report.usable:
        say(f"The files have {counted(report.errors, 'error')}; `ripeline check` shows where.", "red")
        raise typer.Exit(1)


def _other(folder: Path) -> Baseline:
    from engine.rehearsal.review import Baseline

    return Baseline(f"the files in {folder.resolve().name}", check(root_of(folder)))


def _with_store(root: Path, report: CheckReport, beside: _Beside) -> _Beside:
    """What runs, to compare with where nothing else is named, and the plan; without both if the store is away."""
    from engine.cli.plan_lines import plan_lines
    from engine.rehearsal.review import Baseline
    from engine.service.home import open_home
    from engine.service.prospect import prospect
    from engine.service.running import Runner
    from engine.service.running_files import running_files
    from engine.store.database import StoreError

    try:
        place = open_home(root, report.config)
        runner = Runner(place)
        running = runner.current()
        baseline = beside.baseline
        if baseline is None and running.programme.bundle:
            name = f"what runs (bundle {running.programme.bundle})"
            baseline = Baseline(name, running_files(place, running), runs=True)
        if not report.usable:
            return _Beside(baseline)
        plan = prospect(place, report, runner)
        lines = () if plan.nothing_new else tuple(plan_lines(place, plan, running.programme, names=False))
        return _Beside(baseline, lines)
    except (StoreError, ProblemsError) as error:
        typer.secho(f"Reviewed without the leads: {error}", fg="yellow", err=True)
        return beside


def _page(report: CheckReport, beside: _Beside) -> str:
    from engine.rehearsal.review import review
    from engine.rehearsal.review_page import review_page
    from engine.rehearsal.scenarios import play_scenarios

    winners = winners_here(report.root, report.config)
    with_scenarios = report.usable and any(report.scenarios.values())
    played = play_scenarios(report, winners=winners) if with_scenarios else None
    found = review(report, SystemClock().now(), beside.baseline, winners)
    return review_page(found, beside.plan, tuple(_told(played)), played)


def _told(played: Result | None) -> Iterator[Line]:
    from engine.cli.scenario_report import told_result

    yield from told_result(played) if played is not None else ()


def _write(path: Path, html: str) -> None:
    try:
        path.write_text(html, "utf-8")
    except OSError as error:
        raise RipelineError(f"{path} cannot be written: {error.strerror or error}") from error
