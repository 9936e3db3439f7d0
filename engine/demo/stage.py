"""The demo's stage: a temporary home with the shipped campaigns, its tracker, its inbox and a stepped clock."""

from __future__ import annotations

import asyncio
import csv
import heapq
import shutil
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from engine.authoring.home import read_home
from engine.clock import SteppedClock
from engine.config.model import Config, Relay
from engine.demo.inbox import Inbox
from engine.demo.people import Act, Deed, Person, Reader, make_people
from engine.demo.product import after_click, attendance, trials
from engine.processes.daemon import drain_spool
from engine.processes.sender import mailer_for
from engine.processes.tracker import tracker_site_of
from engine.runtime.sender import SendingLine
from engine.service.apply import apply
from engine.service.check import check
from engine.service.deliver import Dispatch
from engine.service.home import Home, open_home
from engine.service.import_leads import ImportOptions, import_file
from engine.service.prospect import prospect
from engine.service.record import Happening, record_event
from engine.service.running import Runner
from engine.service.starter import starter_files
from engine.service.tick import tick
from engine.smtp.mailer import Mailer
from engine.store.database import reading
from engine.store.deliveries import next_delivery_instant
from engine.store.events import next_settling_instant
from engine.store.journey import next_due_instant
from engine.web.server import ServerThread
from engine.web.spool import Spool

START = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
"""A Monday seventeen days before the shipped webinar."""

WEBINAR_STARTS = datetime(2026, 12, 10, 14, 0, tzinfo=UTC)
SEED = 8025
RESOLUTION = timedelta(minutes=10)
"""Instants closer together than this are taken together."""


@dataclass
class Stage:
    """Everything that plays."""

    home: Home
    runner: Runner
    clock: SteppedClock
    inbox: Inbox
    spool: Spool
    mailer: Mailer
    people: Sequence[Person]
    reader: Reader
    loop: asyncio.Runner
    writer: ThreadPoolExecutor
    client: httpx.Client
    acts: list[Act] = field(default_factory=list)
    happenings: list[tuple[datetime, str, Happening]] = field(default_factory=list)
    read: int = 0
    _hits: bool = False

    def step(self, end: datetime) -> datetime | None:
        """Do everything that is due now, and step the clock to the next due instant; None when `end` is reached."""
        if self._hits:
            self.spool.rotate()
            drain_spool(self.home, self.runner)
            self._hits = False
        tick(self.home, self.runner.current(), self.clock.now())
        self._send()
        instant = self._next()
        if instant is None or instant > end:
            return None
        self._live_until(max(instant, self.clock.now() + RESOLUTION))
        return self.clock.now()

    def _live_until(self, instant: datetime) -> None:
        """Let people and machines act, each at its own time, and step the clock there."""
        while self.acts and self.acts[0].at <= instant:
            act = heapq.heappop(self.acts)
            self.clock.step_to(act.at)
            target = _perform(self.client, act)
            self._hits = True
            if target and act.human:
                self._go_on(act, target)
        self.clock.step_to(instant)
        while self.happenings and self.happenings[0][0] <= instant:
            record_event(self.home, heapq.heappop(self.happenings)[2])

    def _send(self) -> None:
        with reading(self.home.store) as connection:
            due = next_delivery_instant(connection)
        if due is None or due > self.clock.now():
            return
        line = SendingLine(Dispatch(self.home, "demo", self.runner), self.mailer, 4, self.writer)
        self.loop.run(line.run_dry())
        for mail in self.inbox.since(self.read):
            for act in self.reader.read(mail, self.clock.now()):
                heapq.heappush(self.acts, act)
            self.read = mail.number + 1

    def expect(self, happenings: Iterable[Happening]) -> None:
        """These things will happen outside of mail."""
        for happening in happenings:
            heapq.heappush(self.happenings, (happening.at, happening.source_id, happening))

    def _go_on(self, act: Act, target: str) -> None:
        """Who follows a link may fill in the form behind it, and come to the webinar."""
        person = self.reader.person(act.who)
        for happening in after_click(person, target, self.clock.now(), SEED):
            self.expect([happening])
            attends = attendance(person, WEBINAR_STARTS, SEED)
            if happening.name == "webinar_registered" and attends is not None:
                self.expect([attends])

    def _next(self) -> datetime | None:
        with reading(self.home.store) as connection:
            instants = [
                next_due_instant(connection),
                next_delivery_instant(connection),
                next_settling_instant(connection),
                self.acts[0].at if self.acts else None,
                self.happenings[0][0] if self.happenings else None,
            ]
        return min((instant for instant in instants if instant is not None), default=None)


def _perform(client: httpx.Client, act: Act) -> str:
    """Make the request; where a redirect leads, which nobody follows as it is outside of this machine."""
    headers = {"user-agent": act.agent} if act.agent else {}
    if act.deed is Deed.POST:
        client.post(act.address, data={"List-Unsubscribe": "One-Click"}, headers=headers)
        return ""
    answer = client.get(act.address, headers=headers)
    return str(answer.headers.get("location", ""))


@contextmanager
def set_stage(folder: Path, count: int) -> Iterator[Stage]:
    """Build the demo's world in `folder` and take it down again."""
    clock = SteppedClock(START)
    inbox = Inbox()
    port = inbox.start()
    try:
        home = _home(folder, clock, port)
        app, spool = tracker_site_of(home, "demo")
        with (
            ServerThread(app) as tracker,
            asyncio.Runner() as loop,
            ThreadPoolExecutor(1) as writer,
            httpx.Client(timeout=10, trust_env=False) as client,
        ):
            home = _with_tracker(home, tracker.url)
            runner = Runner(home)
            people = make_people(count, SEED)
            apply(home, prospect(home, check(folder), runner), "demo")
            _fill(home, people)
            mailer = mailer_for(home, writer)
            reader = Reader(people, SEED)
            stage = Stage(home, runner, clock, inbox, spool, mailer, people, reader, loop, writer, client)
            stage.expect(trials(people, START, SEED))
            yield stage
            loop.run(mailer.close(drain=True))
    finally:
        inbox.stop()


def _home(folder: Path, clock: SteppedClock, port: int) -> Home:
    for source, name in starter_files():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    return open_home(folder, _config(read_home(folder).config, port), clock)


def _config(shipped: Config, port: int) -> Config:
    """The shipped config, mailing into the demo's inbox instead of diverting to the operator."""
    relay = Relay(name="inbox", host="127.0.0.1", port=port, tls="none", connections=4)
    safety = shipped.safety.model_copy(update={"deliver_to": ""})
    return shipped.model_copy(update={"relay": (relay,), "safety": safety})


def _with_tracker(home: Home, url: str) -> Home:
    tracking = home.config.tracking.model_copy(update={"base_url": url})
    config = home.config.model_copy(update={"tracking": tracking})
    return Home(home.path, config, home.store, home.clock)


def _fill(home: Home, people: Sequence[Person]) -> None:
    """Leads and their first events come in by import, as a marketer's would."""
    key, now = home.keys.addresses, home.clock.now()
    for name in sorted({person.source for person in people}):
        leads = home.path / f"{name}.csv"
        _write(leads, [person.row() for person in people if person.source == name])
        wanted = ImportOptions(list_name="events" if name == "fair" else "")
        import_file(home.store, leads, home.config, key, now, wanted)


def _write(path: Path, rows: Iterable[dict[str, str]]) -> None:
    found = list(rows)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(found[0]))
        writer.writeheader()
        writer.writerows(found)
