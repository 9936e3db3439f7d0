"""`ripeline run`: the daemon with its chores, and the commands of its child processes."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from engine.errors import ProblemsError
from engine.garbage import settle
from engine.processes.monitor import Monitor
from engine.processes.opening import open_for_work
from engine.runtime.daemon import Chores, Daemon
from engine.runtime.logfile import DAEMON
from engine.service.alerts import end_trouble, raise_alert
from engine.service.apply import apply
from engine.service.check import CheckReport, check
from engine.service.crm.pull import CrmReader
from engine.service.file_stamps import Stamps, stamps
from engine.service.home import Home
from engine.service.housekeeping import keep_house
from engine.service.operator import OperatorBell
from engine.service.outbox import Postman
from engine.service.prospect import prospect
from engine.service.readiness import SPOOL_AGE
from engine.service.relays import relay_settings
from engine.service.reports.send_digest import digest_is_due
from engine.service.running import Runner
from engine.service.sales.room import keep_sales_ready
from engine.service.scores import keep_scores
from engine.service.tick import take_hits
from engine.store.database import StoreError
from engine.web.server import Role, listen
from engine.web.spool import drain, oldest_age

log = logging.getLogger("ripeline.daemon")

API = Role.configured("API", "api")


def run_daemon(path: Path, *, tracker: bool) -> None:
    """Run the home until SIGTERM or Ctrl-C.

    Raises:
        RipelineError: the home or a relay's settings or secrets are unusable; said here, since a sender could only end
            and be started again.
    """
    home = open_for_work(path, DAEMON)
    _tell_where_logs_are(home)
    relay_settings(home.config, home.path)
    runner = Runner(home)
    watcher = Watcher(home, runner) if home.config.apply.safe else None
    monitor = Monitor(home)
    post = DigestPost(home)
    chores = Chores(
        drain=lambda: drain_spool(home, runner, monitor.worked),
        tell=OperatorBell(home).ring,
        watch=watcher.look if watcher else None,
        keep=lambda: _keep(home, runner, post),
        beside=lambda: _beside(home, monitor, tracker=tracker),
        carry=Outside(home).look,
    )
    settle()
    Daemon(home, runner, chores, list(_commands(home, tracker=tracker)), monitor).run()


def _keep(home: Home, runner: Runner, post: DigestPost) -> None:
    """Send the digest when its day has come, count, forget, and let scores fade."""
    post.look()
    now = home.clock.now()
    keep_house(home, now)
    keep_sales_ready(home, now)
    keep_scores(home, runner.current().programme, now)


class Outside:
    """What waits for other programs: letters to carry, and the CRM to be read. Neither's trouble keeps the other."""

    def __init__(self, home: Home) -> None:
        self._post = Postman(home, Runner(home))
        self._crm = CrmReader(home)

    def look(self) -> None:
        """Carry what is due, then read what is due."""
        try:
            self._post.round()
        finally:
            self._crm.round()


class DigestPost:
    """Starts a process that sends the weekly digest when it is due: drawing and forecasting would hold up the tick."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._child: subprocess.Popen[bytes] | None = None

    def look(self) -> bool:
        """Start one if a digest is due and none is at work; whether one was started."""
        if self._child is not None and self._child.poll() is None:
            return False
        if self._child is not None and self._child.returncode:
            log.warning("the weekly digest was not sent; it is tried again (ripeline report digest --due says why)")
        self._child = None
        if not digest_is_due(self._home):
            return False
        command = (sys.executable, "-m", "engine.app", "report", "digest", "--due", "--home", str(self._home.path))
        self._child = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603
        return True


def _tell_where_logs_are(home: Home) -> None:
    """Who starts the daemon in a terminal would see nothing otherwise."""
    if home.config.logs.file:
        sys.stderr.write(f"ripeline: the log is in {home.path / home.config.logs.file}, and beside it\n")


@contextmanager
def _beside(home: Home, monitor: Monitor, *, tracker: bool) -> Iterator[None]:
    _ports_are_free(home, tracker=tracker)
    with monitor.answering():
        yield


def _ports_are_free(home: Home, *, tracker: bool) -> None:
    """Ask for the children's ports before they start: one that cannot have its port would only end again and again.

    Raises:
        RipelineError: another program has one.
    """
    if tracker:
        listen(home.config.tracking.host, home.config.tracking.port).close()
    if home.config.api.enabled:
        listen(home.config.api.host, home.config.api.port, role=API).close()


def _commands(home: Home, *, tracker: bool) -> Iterator[tuple[str, Sequence[str]]]:
    base = (sys.executable, "-m", "engine.app")
    where = ("--home", str(home.path))
    for number in range(1, home.config.delivery.senders + 1):
        yield f"sender-{number}", (*base, "send", *where, f"sender-{number}")
    for number in range(1, home.config.tracking.workers + 1) if tracker else ():
        yield f"tracker-{number}", (*base, "serve", *where)
    if home.config.api.enabled:
        yield "api", (*base, "serve", "--api", *where)


def drain_spool(home: Home, runner: Runner, worked: Callable[[], None] = lambda: None) -> int:
    """Take the tracker's hits in; a segment goes only after its hits are committed. How many hits were new.

    `worked` is called after each segment.
    """
    new = 0
    try:
        for batch in drain(home.spool):
            new += take_hits(home, runner.current(), list(batch.hits))
            batch.done()
            worked()
            if batch.damaged:
                text = f"{batch.damaged} lines of the tracker's spool are damaged; they are kept in {batch.path.name}"
                raise_alert(home, "spool:damaged", text, home.clock.now())
    finally:
        _watch_age(home)
    return new


def _watch_age(home: Home) -> None:
    """Unsubscribes may wait in the spool: that nobody drains it is told, by the log alone if the store is away."""
    now = home.clock.now()
    age = oldest_age(home.spool, now)
    if age <= SPOOL_AGE:
        end_trouble(home, "spool:age", now)
        return
    told = f"the tracker's hits wait since {age.total_seconds():.0f} s; is the store away?"
    try:
        raise_alert(home, "spool:age", told, now)
    except StoreError:
        log.error("%s", told)


class Watcher:
    """Watches the files: safe changes apply by themselves, others wait for a person, broken ones change nothing."""

    def __init__(self, home: Home, runner: Runner) -> None:
        self._home = home
        self._runner = runner
        self._seen: Stamps = {}

    def look(self) -> None:
        """Apply the files if they changed since the last look and the change is safe."""
        now = stamps(self._home.path)
        if now == self._seen:
            return
        self._seen = now
        report = check(self._home.path)
        if not report.usable:
            log.warning("the files have %d mistakes; what runs is unchanged (see `ripeline check`)", report.errors)
            return
        try:
            self._apply_if_safe(report)
        except StoreError:
            self._seen = {}  # the store was away: the next look tries again
            raise

    def _apply_if_safe(self, report: CheckReport) -> None:
        try:
            plan = prospect(self._home, report, self._runner)
        except ProblemsError as error:
            log.warning("%s; what runs is unchanged", error)
            return
        if plan.nothing_new:
            return
        if plan.safe:
            number = apply(self._home, plan, "the daemon, watching the files")
            log.info("bundle %d applied: %d changes, all safe", number, len(plan.difference.changes))
        else:
            log.warning("a change touches leads and waits for a person: run `ripeline apply`")
