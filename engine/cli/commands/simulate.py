"""Play months of all leads on a virtual clock, and show what would come; nothing is sent, and no store is written.

Each lead, or one made up, is played by the daemon's own decisions. It opens and clicks as the home's history tells, or
as is assumed where there is too little of it; so does sales answer for those who are handed over, and they go on. The
output says which. Shown are the mails of each week and the busiest
hour against the relays' limits, every campaign's funnel with its spread, mails that caps held, runs that paused for
another campaign, and where leads stand still. The same seed and start give the same figures.

Examples:

  ripeline simulate --days 90 --html forecast.html
  ripeline simulate --leads 10000 --arrivals 50/day --event demo_booked=2%
  ripeline simulate --lead jane@northwind.example --days 30      what Jane gets, and how likely
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from engine.cli.home import HERE, HomeOption, has_store, refused, root_of
from engine.cli.screen import as_json, doing, say, show
from engine.cli.simulation_lines import calendar_lines, simulation_lines
from engine.clock import SystemClock
from engine.domain.timing import zone_named
from engine.errors import RipelineError
from engine.rehearsal.mails import Letterbox
from engine.rehearsal.simulation.assembly import assemble
from engine.rehearsal.simulation.calendar import Calendar, calendar
from engine.rehearsal.simulation.figures import Figures
from engine.rehearsal.simulation.honesty import people_told
from engine.rehearsal.simulation.named import example_names, facts_of, in_hand_at_start
from engine.rehearsal.simulation.page import calendar_page, simulation_page
from engine.rehearsal.simulation.setup import Setup
from engine.rehearsal.simulation.simulation import Crowd, simulate
from engine.rehearsal.simulation.unmade import unmade
from engine.rehearsal.simulation.values import as_values, calendar_values
from engine.rehearsal.simulation.wishes import Wishes, parse_answer, parse_arrivals, parse_chance, parse_share
from engine.service.check import CheckReport, check
from engine.service.home import Home, open_to_read


def command(
    home: HomeOption = HERE,
    days: Annotated[int, typer.Option(min=1, max=730, help="How many days to play.")] = 90,
    leads: Annotated[int, typer.Option(min=0, max=1_000_000, help="So many made-up leads, instead of the home's.")] = 0,
    arrivals: Annotated[str, typer.Option(metavar="RATE", help="Made-up leads who come in besides: 50/day.")] = "",
    event: Annotated[
        list[str] | None, typer.Option(metavar="NAME=SHARE", help="Happens to this share of leads: demo_booked=2%.")
    ] = None,
    opens: Annotated[str, typer.Option(metavar="SHARE", help="The share of mails that is opened: 35%.")] = "",
    clicks: Annotated[str, typer.Option(metavar="SHARE", help="The share of mails that is clicked: 4%.")] = "",
    sales: Annotated[
        list[str] | None,
        typer.Option(metavar="ANSWER=SHARE", help="This share of hand-offs ends so: accepted=60%, or a reason."),
    ] = None,
    drafts: Annotated[bool, typer.Option("--drafts", help="Play drafts as if they were live.")] = False,
    lead: Annotated[str, typer.Option(metavar="LEAD", help="The calendar of this lead alone.")] = "",
    futures: Annotated[int, typer.Option(min=1, max=10_000, help="With --lead: how many futures to play.")] = 200,
    sample: Annotated[int, typer.Option(min=1, help="At most so many of the home's leads are played.")] = 10_000,
    start: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], metavar="DAY", help="Begin then (UTC); now by default."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed is another future.")] = 1,
    processes: Annotated[
        int, typer.Option(min=0, max=64, help="Processes that play; 0: as many as the machine has.")
    ] = 0,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a report with pictures: one file.")] = None,
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="Write all figures, for programs.")] = None,
) -> None:
    """Check, play, show, and write the files that are wanted."""
    wishes = Wishes(
        start=start.replace(tzinfo=UTC) if start is not None else SystemClock().now(),
        days=days,
        seed=seed,
        leads=leads,
        sample=sample,
        arrivals=parse_arrivals(arrivals) if arrivals else None,
        drafts=drafts,
        chances=tuple(parse_chance(one) for one in event or ()),
        opens=parse_share(opens, "--opens") if opens else None,
        clicks=parse_share(clicks, "--clicks") if clicks else None,
        sales=tuple(parse_answer(one) for one in sales or ()),
    )
    report = _checked(root_of(home))
    place = open_to_read(report.root, report.config) if has_store(report.root, report.config) else None
    setup, crowd = assemble(report, place, wishes)
    if lead:
        facts = facts_of(place, lead)
        found = calendar(setup, facts, Letterbox(report), futures, in_hand=in_hand_at_start(place, facts))
        _show_one(setup, found, html, json)
    else:
        _play_all(place, setup, crowd, processes or os.cpu_count() or 1, html, json)


def _checked(root: Path) -> CheckReport:
    """The files as they are. The leads are not counted for this check: that would bring their store up to date."""
    report = check(root)
    if not report.usable:
        raise refused([problem for problem in report.problems if problem.is_error], report.root, report.texts)
    return report


def _play_all(
    place: Home | None, setup: Setup, crowd: Crowd, processes: int, html: Path | None, json: Path | None
) -> None:
    """Play everybody and show what came."""
    with doing() as progress:
        found = simulate(setup, crowd, place.path if place is not None else None, processes, progress)
    figures = Figures(found)
    rules = unmade(setup, made_up=not crowd.whole)
    names = example_names(place, found)
    show(simulation_lines(figures, rules, names))
    _write({html: lambda: simulation_page(figures, rules, names), json: lambda: as_json(as_values(figures, rules))})


def _show_one(setup: Setup, found: Calendar, html: Path | None, json: Path | None) -> None:
    zone = zone_named(setup.config.company.zone) or ZoneInfo("UTC")
    for told in people_told(setup):
        say(told, "dim")
    show(calendar_lines(found, zone, setup.start, setup.days))
    _write({html: lambda: calendar_page(setup, found), json: lambda: as_json(calendar_values(setup, found))})


def _write(files: Mapping[Path | None, Callable[[], str]]) -> None:
    """Write the files that are wanted.

    Raises:
        RipelineError: one cannot be written.
    """
    for path, content in files.items():
        if path is None:
            continue
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content(), "utf-8")
        except OSError as error:
            raise RipelineError(f"{path} cannot be written: {error.strerror or error}") from error
        say(f"Wrote {path}", "dim")
