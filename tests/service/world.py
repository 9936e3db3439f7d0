"""A whole home on a stepped clock, with a real SMTP server at the other end: imported leads, ticks, mails, hits."""

from __future__ import annotations

import asyncio
import itertools
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from functools import cached_property
from pathlib import Path
from typing import Any

from engine.authoring.home import read_home
from engine.clock import SteppedClock
from engine.config.model import Config, Relay
from engine.domain.journey.decision import Line
from engine.domain.traffic import Hit, HitKind
from engine.processes.sender import mailer_for
from engine.runtime.sender import SendingLine
from engine.service.apply import apply
from engine.service.check import check
from engine.service.deliver import Dispatch
from engine.service.home import Home, open_home
from engine.service.import_leads import import_file
from engine.service.leave import Leave
from engine.service.prospect import Prospect, prospect
from engine.service.running import Runner
from engine.service.tick import Ticked, take_hits, tick
from engine.smtp.mailer import Mailer
from engine.store.alerts import open_alerts
from engine.store.database import reading
from engine.store.deliveries import attempts_of, deliveries_of, next_delivery_instant
from engine.store.events import events_of, next_settling_instant
from engine.store.handoffs import next_clock
from engine.store.journey import next_due_instant, story_of
from engine.store.leads import find_lead
from engine.store.permission import suppressions_of
from tests.smtpserver import SmtpServer

MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)

CONFIG = """
[company]
name = "Acme"
postal_address = "1 Main St, Springfield"
[sender]
default = "Ann Lee <ann@acme.example>"
verified_domains = ["acme.example"]
owners = { bea = "Bea Day <bea@acme.example>", carl = "Carl <carl@elsewhere.example>" }
[caps]
marketing = ["9 per day"]
[[relay]]
name = "main"
port = 2525
tls = "none"
"""

DRIP = """
title = "Drip"
theme = "data"
state = "live"
enter = "source == 'web'"
backfill = true
from = { owner = true, else = "Ann Lee <ann@acme.example>" }
[stage.aware]
advance = "clicked('first', link='go')"
exhausted = "exit"
[[stage.aware.step]]
email = "first"
[[stage.aware.step]]
email = "second"
wait = "2d"
thread = "first"
[stage.ripe]
exhausted = "exit"
[[stage.ripe.step]]
email = "third"
"""

CHOICE = """
title = "Choice"
theme = "choice"
state = "live"
enter = "source == 'choice'"
backfill = true
[stage.only]
exhausted = "exit"
[[stage.only.step]]
email = "offer"
variants = { subject = ["Your list rots", "What does a dead lead cost?"] }
"""

ORDER = """
title = "Order"
theme = "order"
state = "live"
on = "event('ordered')"
key = "trigger.number"
[stage.only]
exhausted = "exit"
[[stage.only.step]]
email = "receipt"
kind = "operational"
[[stage.only.step]]
email = "dated"
at = "1 day before trigger.day 10:00"
late = "send"
expires = "3h"
kind = "operational"
"""

BODY = """<!doctype html><html><head><title>Acme</title></head><body>
<p>{words}</p>
<p><a href="https://acme.example/go" data-link="go">Go</a> <a href="https://acme.example/more" data-link="more">More</a>
<a href="https://acme.example/last">Last</a></p>
<p>{{{{ company.postal_address }}}} <a href="{{{{ unsubscribe_url }}}}">Unsubscribe</a></p>
</body></html>
"""


def template(subject: str, words: str) -> str:
    return f'+++\nsubject = "{subject}"\npreheader = "News"\n+++\n{BODY.format(words=words)}'


TEMPLATES = {
    "data/aware/first.html": template("Your data", "Hello {{ lead.first_name }}."),
    "data/aware/second.html": template("A second look", "Still there?"),
    "data/ripe/third.html": template("Let us talk", "Ready?"),
    "choice/only/offer.html": template("An offer", "Hello."),
    "choice/only/offer.de.html": template("Ein Angebot", "Guten Tag."),
    "order/only/receipt.html": template("Your order {{ trigger.number }}", "Thank you."),
    "order/only/dated.html": template("Tomorrow", "It comes tomorrow."),
}

CAMPAIGNS = {"drip": DRIP, "choice": CHOICE, "order": ORDER}


def lay_out(folder: Path) -> None:
    """The files of the home, applied once: tests copy it with its store, its keys and its compiled mails."""
    for name, text in {
        "config.toml": CONFIG,
        **{f"campaigns/{name}.toml": text for name, text in CAMPAIGNS.items()},
        **{f"templates/{name}": text for name, text in TEMPLATES.items()},
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    report = check(folder)
    assert report.usable, report.problems
    home = open_home(folder, report.config, SteppedClock(MONDAY))
    apply(home, prospect(home, report, Runner(home)), "the test")
    assert home.identity and home.keys
    home.store.dispose()


@dataclass
class World:
    """One home in play. Every step is a real service; only the clock is the test's."""

    path: Path
    server: SmtpServer
    changes: dict[str, Any] = field(default_factory=dict)
    relays: Sequence[Relay] = ()
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    @cached_property
    def clock(self) -> SteppedClock:
        return SteppedClock(MONDAY)

    @cached_property
    def config(self) -> Config:
        main = Relay(name="main", host="127.0.0.1", port=self.server.port, tls="none", connections=2)
        found = read_home(self.path).config
        return found.model_copy(update={"relay": tuple(self.relays) or (main,), **self.changes})

    @cached_property
    def home(self) -> Home:
        return open_home(self.path, self.config, self.clock)

    @cached_property
    def runner(self) -> Runner:
        return Runner(self.home)

    @cached_property
    def loop(self) -> asyncio.Runner:
        return asyncio.Runner()

    @cached_property
    def writer(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(1)

    @cached_property
    def dispatch(self) -> Dispatch:
        return Dispatch(self.home, "node:1", self.runner)

    @cached_property
    def mailer(self) -> Mailer:
        async def make() -> Mailer:
            return mailer_for(self.home, self.writer)

        return self.loop.run(make())

    def close(self) -> None:
        if "mailer" in self.__dict__:
            self.loop.run(self.mailer.close(drain=True))
        self.loop.close()
        self.writer.shutdown()
        self.home.store.dispose()

    # what happens

    def take_in(self, *rows: str, columns: str = "email,first_name,source") -> None:
        """Import leads, one a row."""
        file = self.path / f"leads-{next(self._numbers)}.csv"
        file.write_text("\n".join([columns, *rows]), "utf-8")
        import_file(self.home.store, file, self.config, self.home.keys.addresses, self.clock.now())

    def tick(self) -> Ticked:
        return tick(self.home, self.runner.current(), self.clock.now())

    def send(self) -> None:
        """Send what is due now."""
        self.loop.run(SendingLine(self.dispatch, self.mailer, 2, self.writer).run_dry())

    def go(self) -> None:
        """Decide and send what is due now, and decide on what was sent."""
        self.tick()
        self.send()
        self.tick()

    def later(self, resolution: timedelta = timedelta(seconds=1), **span: float) -> None:
        """Let time pass, stopping at each instant at which something is due, `resolution` apart at least."""
        end = self.clock.now() + timedelta(**span)
        while (instant := self._next()) is not None and instant <= end:
            before = self.clock.now()
            if instant <= before:  # it is kept waiting by something else than time
                resolution = max(resolution, timedelta(minutes=30))
            self.clock.step_to(min(max(instant, before + resolution), end))
            self.go()
            if self.clock.now() == end:
                return
        self.clock.step_to(end)
        self.go()

    def _next(self) -> datetime | None:
        with reading(self.home.store) as connection:
            found = (
                next_due_instant(connection),
                next_delivery_instant(connection),
                next_settling_instant(connection),
                next_clock(connection),
            )
        return min((instant for instant in found if instant is not None), default=None)

    def hit(self, delivery: int, kind: HitKind = HitKind.CLICK, link: int | None = 0, **more: Any) -> None:
        """The tracker's daemon takes in one hit."""
        values = {"at": self.clock.now(), "user_agent": BROWSER, "network": "203.0.113.0/24", "visitor": "v1", **more}
        found = Hit(f"h{next(self._numbers)}", kind, delivery, link=link if kind is HitKind.CLICK else None, **values)
        take_hits(self.home, self.runner.current(), [found])

    def unsubscribe(self, delivery: int) -> None:
        Leave(self.home).unsubscribe(delivery, "one-click", self.clock.now(), {})

    def rewrite(self, name: str, change: Callable[[str], str]) -> Prospect:
        """Change a file, and say what applying it would do."""
        file = self.path / name
        file.write_text(change(file.read_text("utf-8")), "utf-8")
        return self.prospect()

    def prospect(self) -> Prospect:
        return prospect(self.home, check(self.path), self.runner)

    def apply(self, plan: Prospect) -> int:
        return apply(self.home, plan, "the test")

    # what came of it

    def lead(self, name: str) -> Any:
        with reading(self.home.store) as connection:
            return find_lead(connection, name)

    def mails(self, name: str) -> list[Any]:
        """The lead's deliveries, oldest first."""
        with reading(self.home.store) as connection:
            return deliveries_of(connection, self.lead(name).id)

    def states(self, name: str) -> list[tuple[str, str]]:
        return [(row.step, row.state) for row in self.mails(name)]

    def attempts(self, delivery: int) -> list[Any]:
        with reading(self.home.store) as connection:
            return attempts_of(connection, delivery)

    def events(self, name: str) -> list[Any]:
        with reading(self.home.store) as connection:
            return events_of(connection, self.lead(name).id)

    def story(self, name: str) -> list[Line]:
        with reading(self.home.store) as connection:
            return story_of(connection, self.lead(name).id)

    def suppressions(self, name: str) -> list[tuple[str, str]]:
        with reading(self.home.store) as connection:
            return [(row.scope, row.reason) for row in suppressions_of(connection, self.lead(name).address_hash)]

    def alerts(self) -> list[str]:
        """The subjects of the alerts that are open."""
        with reading(self.home.store) as connection:
            return [row.subject for row in open_alerts(connection)]

    def received(self, name: str = "") -> list[EmailMessage]:
        """The mails that the server took, of one recipient or all."""
        wanted = [mail for mail in self.server.accepted if not name or name in mail.recipients]
        found: list[Any] = [message_from_bytes(mail.message, policy=SMTP) for mail in wanted]
        return found

    def subjects(self, name: str = "") -> list[str]:
        return [str(mail["Subject"]) for mail in self.received(name)]


BROWSER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
)


def copied(base: Path, folder: Path) -> Path:
    return Path(shutil.copytree(base, folder))
