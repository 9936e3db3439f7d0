"""`ripeline demo`: plays a month and tells what happened, while it happens and at the end."""

from __future__ import annotations

import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table

from engine.cli.screen import bar
from engine.cli.story import print_story
from engine.demo.inbox_site import inbox_site
from engine.demo.people import Temper
from engine.demo.stage import START, Stage, set_stage
from engine.errors import RipelineError
from engine.service.funnel import CampaignFunnel, funnels
from engine.store.database import reading
from engine.store.deliveries import state_counts
from engine.store.events import event_counts
from engine.store.funnel import entered
from engine.web.server import ServerThread

INBOX_PORT = 8025
BAR = 24
DAY_BAR = 16
BUSY_DAY = 112  # mails of a day that fill its bar


def show_demo(*, stay: bool, days: int, leads: int) -> None:
    """Play `days` days with `leads` leads; with `stay` the inbox stays open until Ctrl-C."""
    console = Console()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # however it ends, the temporary home goes
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ripeline-demo-") as folder:
        console.print(
            f"[bold]Ripeline demo[/] · {leads} leads, the shipped campaigns, {days} days on a stepped clock\n"
        )
        with set_stage(Path(folder), leads) as stage:
            _play(stage, days, console)
            _tell(stage, console)
            seconds = time.monotonic() - began
            console.print(f"\n{days} days in {seconds:.0f} seconds, by the services that `ripeline run` runs.")
            _stay_open(stage, console, stay=stay)


def _play(stage: Stage, days: int, console: Console) -> None:
    """Step through the month; one line a day."""
    end = START + timedelta(days=days)
    today, before = START, _figures(stage)
    _print_head(console)
    running: datetime | None = START
    while running is not None:
        running = stage.step(end)
        if running is None or running.date() != today.date():
            now = _figures(stage)
            _print_day(console, today, before, now)
            before, today = now, running or end


def _figures(stage: Stage) -> dict[str, int]:
    with reading(stage.home.store) as connection:
        events = {(kind, actor): count for kind, actor, count in event_counts(connection)}
        return {
            "entered": sum(entered(connection).values()),
            "mails": state_counts(connection).get("sent", 0),
            "opens": events.get(("open", "human"), 0),
            "clicks": events.get(("click", "human"), 0),
            "machines": events.get(("open", "machine"), 0) + events.get(("click", "machine"), 0),
            "unsubscribed": events.get(("unsubscribe", "human"), 0),
        }


def _print_head(console: Console) -> None:
    console.print(f"{'':11}{'mails':<{DAY_BAR + 4}}  opens  clicks  machines  entered  unsubscribed", style="dim")


def _print_day(console: Console, day: datetime, before: dict[str, int], now: dict[str, int]) -> None:
    """A day in 80 columns, as many as a pipe or a small terminal has."""
    more = {name: now[name] - before[name] for name in now}
    shown = bar(min(more["mails"], BUSY_DAY), BUSY_DAY, DAY_BAR)
    console.print(
        f"{day:%a %e %b} [green]{shown:<{DAY_BAR}}[/]{more['mails']:>4} {more['opens']:>6} {more['clicks']:>7} "
        f"[dim]{more['machines']:>9}[/] {more['entered'] or '':>8} {more['unsubscribed'] or '':>13}".rstrip(),
        highlight=False,
    )


def _tell(stage: Stage, console: Console) -> None:
    """The funnel of each campaign, one lead's story, and the scanner that fooled nobody."""
    for funnel in funnels(stage.home, stage.runner.current().programme):
        console.print(_funnel_table(funnel))
    hero = _hero(stage)
    if hero:
        console.print(f"\n[bold]One lead's story[/] – what `ripeline why {hero}` tells:\n", highlight=False)
        print_story(stage.home, stage.runner, hero, console)
    _tell_of_machines(stage, console)


def _funnel_table(funnel: CampaignFunnel) -> Table:
    title = f"\n{funnel.title} – {funnel.entered} entered, {funnel.goal} reached the goal"
    table = Table(title=title, title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0))
    for name in ("stage", "", "leads", "mails", "opened", "clicked", "here now"):
        table.add_column(name, justify="left" if name in ("stage", "") else "right", style="dim" if not name else None)
    for stage in funnel.stages:
        share = stage.came / funnel.entered if funnel.entered else 0
        shown = f"[green]{'█' * round(share * BAR):<{BAR}}[/]"
        figures = (stage.came, stage.mails, stage.opened, stage.clicked, stage.here)
        table.add_row(stage.stage, shown, *(str(figure) for figure in figures))
    return table


def _hero(stage: Stage) -> str:
    """The keen lead with the most mails, whose story is worth reading."""
    keen = {person.email for person in stage.people if person.temper is Temper.KEEN and person.source == "whitepaper"}
    counts: dict[str, int] = {}
    for mail in stage.inbox.all():
        if mail.recipient in keen:
            counts[mail.recipient] = counts.get(mail.recipient, 0) + 1
    return max(counts, key=lambda who: (counts[who], who), default="")


def _tell_of_machines(stage: Stage, console: Console) -> None:
    scanned = [person for person in stage.people if person.temper is Temper.SCANNED]
    clicks = _figures(stage)["machines"]
    console.print(
        f"\n[bold]{len(scanned)} leads sit behind a scanner[/] that follows every link of every mail within seconds. "
        f"{clicks} opens and clicks were recognised as machines'; not one of them moved a lead.",
        highlight=False,
    )


def _stay_open(stage: Stage, console: Console, *, stay: bool) -> None:
    count = f"{len(stage.inbox.all()):,}"
    with _inbox_server(stage) as url:
        if not stay:
            console.print(f"{count} mails were sent. Without --exit you could look at all of them now.")
            return
        console.print(f"\nLook at all {count} mails: [bold]{url}[/] (Ctrl-C ends)", highlight=False)
        sys.stdout.flush()
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            console.print("\nGone, with everything that it made.")


@contextmanager
def _inbox_server(stage: Stage) -> Iterator[str]:
    """The inbox's page on its usual port, or on a free one."""
    app = inbox_site(stage.inbox)
    try:
        server = ServerThread(app, port=INBOX_PORT)
    except RipelineError:
        server = ServerThread(app)
    with server:
        yield server.url
