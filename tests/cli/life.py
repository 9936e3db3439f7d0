"""A small home in a folder, and a month in it played with the real services: checked, applied, imported, mailed."""

from __future__ import annotations

import asyncio
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType

from engine.cli.home import config_of
from engine.cli.main import run
from engine.clock import SteppedClock
from engine.domain.traffic import Hit, HitKind
from engine.runtime.sender import SendingLine
from engine.service.apply import apply
from engine.service.check import check
from engine.service.deliver import Dispatch
from engine.service.home import Home, open_home
from engine.service.import_leads import import_file
from engine.service.mail_cache import FILE as MAILS_KEPT
from engine.service.prospect import prospect
from engine.service.relays import relay_settings, routes
from engine.service.running import Runner
from engine.service.tick import take_hits, tick
from engine.smtp.mailer import Mailer, RelaySet
from engine.store.database import reading
from engine.store.deliveries import next_delivery_instant
from engine.store.events import next_settling_instant
from engine.store.journey import next_due_instant
from tests.smtpserver import SmtpServer

ROOT = Path(__file__).parents[2]
START = datetime(2026, 11, 2, 9, tzinfo=UTC)

CONFIG = """\
test_recipients = ["tester@acme.example"]

[company]
name = "Acme"
postal_address = "1 Main St, Springfield"
zone = "Europe/Berlin"

[sender]
default = "Ann Lee <ann@acme.example>"
verified_domains = ["acme.example"]

[tracking]
quarantine = "60s"

[[relay]]
name = "mx1"
host = "127.0.0.1"
port = {port}
tls = "none"
"""

CAMPAIGN = """\
title = "Clean data closes deals"
theme = "dq"
state = "live"
enter = "source == 'web'"
exit = "replied"
backfill = true

[stage.aware]
advance = "clicked('decay', link='checklist')"
exhausted = { after = "14d", go = "exit" }

[[stage.aware.step]]
email = "decay"
wait = "10m"

[[stage.aware.step]]
email = "cost"
wait = "3d"

[stage.ready]
exhausted = "exit"

[[stage.ready.step]]
email = "talk"
wait = "1d"
"""

MAILS = {
    "aware/decay": "Why data decays",
    "aware/cost": "What a dead lead costs",
    "ready/talk": "Shall we talk?",
}

LEADS = """\
email,first_name,last_name,company,source
jane@northwind.example,Jane,Park,Northwind,web
bob@globex.example,Bob,Ross,Globex,web
eve@initech.example,Eve,Low,Initech,fair
"""


def write_home(folder: Path, port: int = 2525, campaign: str = CAMPAIGN) -> Path:
    """A home with one campaign of three mails."""
    (folder / "campaigns").mkdir(parents=True)
    (folder / "config.toml").write_text(CONFIG.format(port=port), "utf-8")
    (folder / "campaigns" / "clean.toml").write_text(campaign, "utf-8")
    (folder / "leads.csv").write_text(LEADS, "utf-8")
    for name in ("layouts", "partials"):
        shutil.copytree(ROOT / "templates" / name, folder / "templates" / name)
    for kept in _COMPILED:
        (folder / MAILS_KEPT).parent.mkdir(parents=True)
        (folder / MAILS_KEPT).write_bytes(kept)
    for name, subject in MAILS.items():
        path = folder / "templates" / "dq" / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            f'+++\nsubject = "{subject}"\npreheader = "In two minutes"\n+++\n'
            "Hi {{ lead.first_name or 'there' }},\n\n"
            "get the [checklist](https://acme.example/checklist){link=checklist} "
            "or look at [prices](https://acme.example/prices){link=prices}.\n",
            "utf-8",
        )
    return folder


def keep_compiled(folder: Path) -> None:
    """Compile the mails once, for all homes that are written from here on."""
    if not _COMPILED:
        check(write_home(folder))
        _COMPILED.append((folder / MAILS_KEPT).read_bytes())


_COMPILED: list[bytes] = []


def ripeline(*arguments: str, home: Path | None = None) -> int:
    """Run a command in this process; its exit code."""
    where = ("--home", str(home)) if home is not None else ()
    return run([arguments[0], *where, *arguments[1:]])


_INSTANTS = (next_due_instant, next_delivery_instant, next_settling_instant)


class _NoAlarm:
    def relay_paused(self, relay: str, reason: str, retry_at: datetime) -> None:
        raise AssertionError(f"relay {relay} {reason}")

    def relay_resumed(self, relay: str) -> None: ...


class Life:
    """A home that runs on a stepped clock, with a real SMTP server behind it."""

    def __init__(self, folder: Path, campaign: str = CAMPAIGN) -> None:
        self._stack = ExitStack()
        self.server = self._stack.enter_context(SmtpServer())
        self.path = write_home(folder, self.server.port, campaign)
        self.clock = SteppedClock(START)
        self.home: Home = open_home(self.path, config_of(self.path), self.clock)
        self.runner = Runner(self.home)

    def __enter__(self) -> Life:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None) -> None:
        self.home.store.dispose()
        self._stack.close()

    def apply(self) -> int:
        return apply(self.home, prospect(self.home, check(self.path), self.runner), "ann")

    def take_in_leads(self) -> None:
        home = self.home
        import_file(home.store, self.path / "leads.csv", home.config, home.keys.addresses, self.clock.now())

    def play_until(self, end: datetime) -> None:
        """Step from one due instant to the next; everything that is due is done."""
        while True:
            looked = tick(self.home, self.runner.current(), self.clock.now()).did_something
            if self.send() or looked:
                continue
            with reading(self.home.store) as connection:
                instants = [instant(connection) for instant in _INSTANTS]
            now = self.clock.now()
            due = min((instant for instant in instants if instant is not None and instant > now), default=None)
            if due is None or due > end:
                break
            self.clock.step_to(due)
        self.clock.step_to(end)

    def send(self) -> int:
        """Send everything that is due now; how many mails the server took."""
        before = len(self.server.accepted)
        asyncio.run(self._send())
        return len(self.server.accepted) - before

    async def _send(self) -> None:
        config = self.home.config
        relays = RelaySet(relay_settings(config, self.path), routes(config), self.clock, _NoAlarm())
        mailer = Mailer(relays, self.clock)
        with ThreadPoolExecutor(1) as writer:
            await SendingLine(Dispatch(self.home, "n1", self.runner), mailer, 2, writer).run_dry()
        await mailer.close(drain=True)

    def hit(
        self, kind: HitKind, delivery: int, agent: str, link: int | None = None, after: timedelta = timedelta()
    ) -> None:
        """Somebody, or some program, asks the tracker."""
        at = self.clock.now() + after
        key = f"{kind}-{delivery}-{link}-{at.isoformat()}-{agent}"
        found = Hit(key, kind, delivery, at, link, "https://acme.example/", "GET", agent, "192.0.2.0/24", "visitor")
        take_hits(self.home, self.runner.current(), [found])
